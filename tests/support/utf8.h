#ifndef TESTS_SUPPORT_UTF8_H
#define TESTS_SUPPORT_UTF8_H

#include <stdbool.h>

#include "base/str.h"

/* Is the text valid UTF-8? */
bool utf8_is_valid(struct slice text);

#endif
