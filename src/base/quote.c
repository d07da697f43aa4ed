#include "base/quote.h"

/* Writes the escape of one byte; its length. */
static size_t put_escape(char *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[256] = {
        ['\a'] = 'a', ['\b'] = 'b', ['\f'] = 'f', ['\n'] = 'n',  ['\r'] = 'r',
        ['\t'] = 't', ['\v'] = 'v', ['"'] = '"',  ['\\'] = '\\',
    };
    out[0] = '\\';
    if (named[c] != 0) {
        out[1] = named[c];
        return 2;
    }
    out[1] = 'x';
    out[2] = hex[c >> 4];
    out[3] = hex[c & 15];
    return 4;
}

struct slice quote_go(struct arena *arena, struct slice text)
{
    char *out = arena_alloc(arena, 4 * text.len + 2);
    size_t len = 0;
    if (!out)
        return SLICE_ABSENT;
    out[len++] = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || c == '"' || c == '\\')
            len += put_escape(out + len, c);
        else
            out[len++] = (char)c;
    }
    out[len++] = '"';
    return (struct slice){ out, len };
}
