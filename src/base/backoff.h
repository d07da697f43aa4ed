#ifndef SRC_BASE_BACKOFF_H
#define SRC_BASE_BACKOFF_H

/* Waits that double, with jitter, so that replicas do not try again in step. Pure. */

#include <stdint.h>

struct backoff {
    int64_t last; /* 0: no failure yet; any unit, the caller's */
};

static inline void backoff_reset(struct backoff *b)
{
    b->last = 0;
}

/*
 * The next wait: `first`, then twice the last one, never more than `longest`; give or take a quarter, by
 * `random` (any 32 bits).
 */
int64_t backoff_next(struct backoff *b, int64_t first, int64_t longest, uint32_t random);

#endif
