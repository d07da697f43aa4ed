#ifndef SRC_BASE_CLEANUP_H
#define SRC_BASE_CLEANUP_H

/*
 * Scope-bound release.  A variable marked CLEANUP(fn) is owned by its scope and never holds a
 * borrowed pointer; steal_ptr() hands it on.
 */

#include <stdlib.h>
#include <unistd.h>

#define DEFINE_CLEANUP(fn, type)             \
    static inline void fn##_cleanup(type *p) \
    {                                        \
        if (*p)                              \
            fn(*p);                          \
    }                                        \
    struct fn##_cleanup_needs_semicolon

#define CLEANUP(fn) __attribute__((cleanup(fn##_cleanup)))

#define steal_ptr(p)                \
    __extension__({                 \
        __typeof__(p) taken_ = (p); \
        (p) = NULL;                 \
        taken_;                     \
    })

static inline void cleanup_free_fn(void *p)
{
    free(*(void **)p);
}

static inline void cleanup_close_fn(const int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_close __attribute__((cleanup(cleanup_close_fn)))

#endif
