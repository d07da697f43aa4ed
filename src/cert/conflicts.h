#ifndef SRC_CERT_CONFLICTS_H
#define SRC_CERT_CONFLICTS_H

/* Writes that were refused because somebody else wrote first: when to read and try again.  Pure; microseconds. */

#include "base/backoff.h"

#define CONFLICTS_QUICK 3u /* in a row that are tried again at once: a refused write is no write */
#define CONFLICTS_FIRST_US ((int64_t)50 * 1000)
#define CONFLICTS_LONGEST_US ((int64_t)1000 * 1000)

struct conflicts {
    unsigned in_row;
    struct backoff backoff;
};

/* One more: the wait until the next try. `random`: as backoff_next() has it. */
int64_t conflicts_next(struct conflicts *c, uint32_t random);

/* There is nothing to be written any more. */
void conflicts_end(struct conflicts *c);

#endif
