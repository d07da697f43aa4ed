#include "support/promise.h"

#include <stdio.h>
#include <stdlib.h>

void promise_check(bool holds, const char *file, int line, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "%s:%d: broken: %s\n", file, line, what);
    abort();
}

bool promise_is_line(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];
        unsigned char before = i > 0 ? (unsigned char)text.ptr[i - 1] : 0;
        if (byte < 0x20 || byte == 0x7f || (before == 0xc2 && byte < 0xa0))
            return false;
    }
    return true;
}
