#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define BUF_FIRST_SIZE 256

void buf_init(struct buf *b, size_t max)
{
    *b = (struct buf){ .max = max < BUF_MAX ? max : BUF_MAX };
}

void buf_init_secret(struct buf *b, size_t max)
{
    buf_init(b, max);
    b->is_secret = true;
}

static void release(struct buf *b)
{
    if (b->is_secret && b->data)
        explicit_bzero(b->data, b->cap + 1);
    free(b->data);
}

void buf_done(struct buf *b)
{
    release(b);
    *b = (struct buf){ .max = b->max, .is_secret = b->is_secret };
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failure = BUF_OK;
}

void buf_trim(struct buf *b, size_t keep)
{
    if (b->cap > keep)
        buf_done(b);
    buf_clear(b);
}

static bool fail(struct buf *b, enum buf_failure why)
{
    if (b->failure == BUF_OK)
        b->failure = why;
    return false;
}

/* realloc() may leave the old bytes behind, so secrets move by hand. */
static char *resize(struct buf *b, size_t size)
{
    if (!b->is_secret)
        return realloc(b->data, size);
    char *data = malloc(size);
    if (!data)
        return NULL;
    if (b->len > 0)
        memcpy(data, b->data, b->len);
    release(b);
    return data;
}

bool buf_grow(struct buf *b, size_t n)
{
    if (b->failure != BUF_OK)
        return false;
    if (b->cap - b->len >= n)
        return true;
    if (n > b->max - b->len)
        return fail(b, BUF_FULL);
    size_t cap = b->cap < BUF_FIRST_SIZE ? BUF_FIRST_SIZE : b->cap;
    while (cap < b->len + n)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    char *data = resize(b, cap + 1); /* one for the NUL of printf and buf_cstr() */
    if (!data)
        return fail(b, BUF_NOMEM);
    b->data = data;
    b->cap = cap;
    return true;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(NULL, 0, fmt, args);
    va_end(args);
    if (n < 0)
        (void)fail(b, BUF_NOMEM);
    if (n <= 0 || !buf_reserve(b, (size_t)n))
        return;
    va_start(args, fmt);
    (void)vsnprintf(b->data + b->len, (size_t)n + 1, fmt, args);
    va_end(args);
    b->len += (size_t)n;
}

void buf_put_int(struct buf *b, long long value)
{
    char digits[24];
    char *p = digits + sizeof(digits);
    unsigned long long rest = value < 0 ? 0 - (unsigned long long)value : (unsigned long long)value;
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    if (value < 0)
        *--p = '-';
    buf_put(b, p, (size_t)(digits + sizeof(digits) - p));
}

const char *buf_cstr(struct buf *b)
{
    if (b->failure != BUF_OK)
        return NULL;
    if (!b->data)
        return "";
    b->data[b->len] = '\0';
    return b->data;
}

int buf_check(const struct buf *b, const char *what, struct error *err)
{
    switch (b->failure) {
    case BUF_OK:
        return 0;
    case BUF_NOMEM:
        return error_nomem(err);
    case BUF_FULL:
    default:
        return error_set(err, ERROR_LIMIT, "%s is larger than %zu bytes", what, b->max);
    }
}
