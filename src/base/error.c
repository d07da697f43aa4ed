#include "base/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* What the header tells the analyser instead. */
#undef error_set
#undef error_wrap
#undef error_nomem

/* clang-format off */
static const struct error_info infos[ERROR__COUNT] = {
    [ERROR_NONE]     = { "none",      200, 0 },
    [ERROR_NOMEM]    = { "no-memory", 503, 1 },
    [ERROR_SYNTAX]   = { "syntax",    400, 3 },
    [ERROR_SHAPE]    = { "shape",     400, 3 },
    [ERROR_LIMIT]    = { "limit",     413, 3 },
    [ERROR_USAGE]    = { "usage",     400, 2 },
    [ERROR_IO]       = { "io",        500, 3 },
    [ERROR_CRYPTO]   = { "crypto",    500, 1 },
    [ERROR_INTERNAL] = { "internal",  500, 1 },
};
/* clang-format on */

const struct error_info *error_info(enum error_code code)
{
    assert(code < ERROR__COUNT);
    return &infos[code];
}

/* Ends a message that did not fit, in front of a whole character. */
static void mark_cut(char *msg)
{
    static const char mark[] = "...";
    size_t at = ERROR_MSG_MAX - sizeof(mark);
    while (at > 0 && ((unsigned char)msg[at] & 0xc0) == 0x80)
        at--;
    memcpy(msg + at, mark, sizeof(mark));
}

/* Writes into msg from offset `at`, marking what did not fit. */
static void __attribute__((format(printf, 3, 0)))
format_at(char *msg, size_t at, const char *fmt, va_list args)
{
    int n = vsnprintf(msg + at, ERROR_MSG_MAX - at, fmt, args);
    if (n < 0)
        msg[at] = '\0';
    else if ((size_t)n >= ERROR_MSG_MAX - at)
        mark_cut(msg);
}

int error_set(struct error *err, enum error_code code, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err->code = code;
    format_at(err->msg, 0, fmt, args);
    va_end(args);
    return -1;
}

int error_wrap(struct error *err, const char *fmt, ...)
{
    struct error inner = *err;
    va_list args;
    va_start(args, fmt);
    format_at(err->msg, 0, fmt, args);
    va_end(args);
    size_t at = strlen(err->msg);
    int n = snprintf(err->msg + at, ERROR_MSG_MAX - at, ": %s", inner.msg);
    if (n < 0 || (size_t)n >= ERROR_MSG_MAX - at)
        mark_cut(err->msg);
    return -1;
}

int error_nomem(struct error *err)
{
    return error_set(err, ERROR_NOMEM, "out of memory");
}
