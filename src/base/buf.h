#ifndef SRC_BASE_BUF_H
#define SRC_BASE_BUF_H

/*
 * struct buf: a growing byte buffer with a hard maximum and a sticky failure.
 *
 * Appending never returns an error: once memory or the maximum is exhausted the buffer is marked,
 * ignores what follows, and buf_check() says so once, at the end.  That keeps writers straight-line.
 * One owner, one thread.  The contents are not NUL-terminated unless buf_cstr() is used; room for
 * the NUL does not count against the maximum.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/error.h"
#include "base/str.h"

enum buf_failure { BUF_OK, BUF_NOMEM, BUF_FULL };

#define BUF_MAX (SIZE_MAX / 4) /* a larger maximum is taken as this */

struct buf {
    char *data; /* NULL, or cap + 1 bytes */
    size_t len;
    size_t cap;
    size_t max;
    enum buf_failure failure;
    bool is_secret; /* memory is wiped before it is given back */
};

/* An empty buffer that may grow to max bytes; allocates nothing.  buf_done() frees the contents. */
void buf_init(struct buf *b, size_t max);

/* The same for tokens, keys and whatever holds them: no copy of ours stays in freed memory. */
void buf_init_secret(struct buf *b, size_t max);

void buf_done(struct buf *b);

/* An empty buffer over the caller's memory of max + 1 bytes; it allocates nothing and is not done. */
static inline struct buf buf_over(char *memory, size_t max)
{
    return (struct buf){ .data = memory, .cap = max, .max = max };
}

/* Forgets contents and failure, keeps the memory. */
void buf_clear(struct buf *b);

/* Empties the buffer, and gives its memory back when that is more than `keep` bytes. */
void buf_trim(struct buf *b, size_t keep);

/* Makes room for n more bytes; false (and the failure mark) when that is not possible. */
bool buf_grow(struct buf *b, size_t n);

static inline bool buf_reserve(struct buf *b, size_t n)
{
    return (b->cap - b->len >= n && b->failure == BUF_OK) || buf_grow(b, n);
}

static inline void buf_put(struct buf *b, const char *data, size_t len)
{
    if (len == 0 || !buf_reserve(b, len))
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static inline void buf_put_slice(struct buf *b, struct slice s)
{
    buf_put(b, s.ptr, s.len);
}

static inline void buf_put_char(struct buf *b, char c)
{
    if (!buf_reserve(b, 1))
        return;
    b->data[b->len++] = c;
}

/* Appends a string literal. */
#define buf_put_lit(b, literal) buf_put((b), "" literal, sizeof(literal) - 1)

/* Appends formatted text; for messages and numbers, never for JSON with user data in it. */
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Appends a decimal number. */
void buf_put_int(struct buf *b, long long value);

static inline struct slice buf_slice(const struct buf *b)
{
    return (struct slice){ b->data ? b->data : "", b->len };
}

/* The contents as a NUL-terminated string (the NUL is not counted), or NULL after a failure. */
const char *buf_cstr(struct buf *b);

/* 0, or -1 with ERROR_NOMEM or ERROR_LIMIT ("what is larger than N bytes"). */
int buf_check(const struct buf *b, const char *what, struct error *err)
    __attribute__((warn_unused_result));

#endif
