#ifndef SRC_CERT_CONFLICTS_H
#define SRC_CERT_CONFLICTS_H

/*
 * Writes that were refused because somebody else wrote first: when to read and try again, and when it is no
 * coincidence any more.  Pure; monotonic microseconds.
 */

#include <stdbool.h>

#include "base/backoff.h"

#define CONFLICTS_QUICK 3u /* in a row that are tried again at once: a refused write is no write */
#define CONFLICTS_FIRST_US ((int64_t)50 * 1000)
#define CONFLICTS_LONGEST_US ((int64_t)1000 * 1000)
#define CONFLICTS_TOLD_AFTER_US ((int64_t)20 * 1000000) /* without a write that was taken */

struct conflicts {
    unsigned in_row;
    int64_t since_us; /* of the first of them */
    struct backoff backoff;
};

/* One more: the wait until the next try. `random`: as backoff_next() has it. */
int64_t conflicts_next(struct conflicts *c, int64_t now_us, uint32_t random);

/* True when there has been nothing else for CONFLICTS_TOLD_AFTER_US. */
bool conflicts_last(const struct conflicts *c, int64_t now_us);

/* There is nothing to be written any more. */
void conflicts_end(struct conflicts *c);

#endif
