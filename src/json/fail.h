#ifndef SRC_JSON_FAIL_H
#define SRC_JSON_FAIL_H

/* Errors that quote a piece of user text.  Internal to src/json. */

#include "base/error.h"
#include "base/str.h"

/* Sets before'quote'after, with the quote made printable and cut to TEXT_VALUE_MAX; returns -1. */
int json_fail(struct error *err, enum error_code code, const char *before, struct slice quote,
              const char *after);

/* error_wrap() with such a text as the context. */
int json_fail_in(struct error *err, const char *before, struct slice quote);

#ifdef __clang_analyzer__ /* see base/error.h */
#define json_fail(...)                \
    __extension__({                   \
        (void)json_fail(__VA_ARGS__); \
        -1;                           \
    })
#endif

#endif
