#ifndef SRC_BASE_ARENA_H
#define SRC_BASE_ARENA_H

/*
 * struct arena: memory that lives as long as one request.
 *
 * Pieces keep their address until arena_clear(); the memory itself is kept for the next request (up
 * to ARENA_KEEP bytes).  One owner, one thread.  Failing allocations return NULL: callers turn that
 * into ERROR_NOMEM or ERROR_LIMIT by arena_error().
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define ARENA_KEEP ((size_t)1 << 20)
#define ARENA_MAX (SIZE_MAX / 8) /* a larger bound is taken as this */

struct arena_block;

struct arena {
    struct arena_block *blocks; /* newest first */
    size_t used;                /* bytes handed out since the last clear */
    size_t max;                 /* bound of `used` */
    int full;                   /* the bound was hit, as opposed to missing memory */
    int starved;                /* memory was missing at least once since the last clear */
};

void arena_init(struct arena *a, size_t max);
void arena_clear(struct arena *a);
void arena_done(struct arena *a);

/* n bytes, aligned for any type, not zeroed; NULL when memory or the bound is exhausted. */
void *arena_alloc(struct arena *a, size_t n) __attribute__((warn_unused_result));

/* A copy of s, or an absent slice. */
struct slice arena_copy(struct arena *a, struct slice s) __attribute__((warn_unused_result));

/* Text made by printf rules, or an absent slice. */
struct slice arena_printf(struct arena *a, const char *fmt, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

struct slice arena_vprintf(struct arena *a, const char *fmt, va_list args)
    __attribute__((format(printf, 2, 0), warn_unused_result));

/* Why the last allocation failed; always returns -1. */
int arena_error(const struct arena *a, struct error *err);

#endif
