#ifndef TESTS_SUPPORT_PROMISE_H
#define TESTS_SUPPORT_PROMISE_H

/* What fuzz entries demand; a broken promise is named on stderr and aborts. */

#include <stdbool.h>

#include "base/str.h"

/* Says what was promised and aborts, unless it holds. */
#define promise(holds, what) promise_check((holds), __FILE__, __LINE__, (what))
void promise_check(bool holds, const char *file, int line, const char *what);

/* No control characters, in text that is UTF-8? */
bool promise_is_line(struct slice text);

#endif
