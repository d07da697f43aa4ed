#ifndef SRC_CERT_PACE_H
#define SRC_CERT_PACE_H

/*
 * When the publisher may read the webhook's object and write it: the one place where its waits are put together.
 * Pure; times are monotonic microseconds, `random` is 32 bits for jitter.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/backoff.h"
#include "cert/conflicts.h"
#include "cert/contest.h"

#define PACE_LOOK_SPAN_US ((int64_t)300 * 1000000) /* between looks when nobody tells of a change */
#define PACE_LOOK_LEAST_US ((int64_t)100 * 1000)   /* between looks when somebody does */
#define PACE_WRITE_LEAST_US ((int64_t)1000 * 1000)
#define PACE_CONTEST_LEAST_US ((int64_t)10 * 1000000) /* between writes while somebody fights */
#define PACE_FAILURE_FIRST_US ((int64_t)1000 * 1000)
#define PACE_FAILURE_LONGEST_US ((int64_t)30 * 1000000)
#define PACE_RETRY_AFTER_MAX_US ((int64_t)120 * 1000000)

struct pace {
    int64_t look_us;       /* the next look without another reason */
    int64_t not_before_us; /* no look before, whatever the reason */
    int64_t again_us;      /* after a failure no look before; pace_hurry() ends that */
    int64_t write_us;      /* no write before */
    struct backoff failures;
    struct conflicts conflicts;
    struct contest contest;
};

/* A look begins: plans the next one. */
void pace_looked(struct pace *p, int64_t now_us, uint32_t random);

/* True when a look is allowed now; it is `due` when there is no other reason. */
bool pace_may_look(const struct pace *p, int64_t now_us);
bool pace_is_due(const struct pace *p, int64_t now_us);

/* When the next look is allowed; INT64_MAX when it is now. */
int64_t pace_next(const struct pace *p, int64_t now_us);

/* There is something to write: true when that may be now, else a look follows when it may. */
bool pace_may_write(struct pace *p, int64_t now_us);
void pace_wrote(struct pace *p, int64_t now_us);

/* A call failed; the server wishes `wish_us` (0: nothing).  Returns the wait. */
int64_t pace_failed(struct pace *p, int64_t now_us, int64_t wish_us, uint32_t random);

/* A write was refused because somebody else wrote first.  True when that goes on for long, see cert/conflicts. */
bool pace_conflicted(struct pace *p, int64_t now_us, uint32_t random);

/* Nothing is left to be written, or it was. */
void pace_succeeded(struct pace *p);

/* Waits after failures are over. */
void pace_hurry(struct pace *p);

#endif
