#ifndef SRC_CERT_CONTEST_H
#define SRC_CERT_CONTEST_H

/*
 * Does somebody else fight for the caBundle?  Overwrites are noted with their time; too many in a minute
 * are a contest, which ends after a minute without one.  Pure; times are monotonic microseconds.
 */

#include <stdbool.h>
#include <stdint.h>

/*
 * Our own writes are a second apart, so that somebody who only reacts to them comes to no more than 60
 * overwrites a minute, and to half of that when reading and writing take a second as well.
 */
#define CONTEST_OVERWRITES_MAX 30u
#define CONTEST_SPAN_US ((int64_t)60 * 1000000)

struct contest {
    int64_t times[CONTEST_OVERWRITES_MAX]; /* of the last overwrites, a ring */
    unsigned next, count;
    bool is_on;
};

/* Somebody overwrote what we had written. True when that makes it a contest. */
bool contest_note(struct contest *c, int64_t now_us);

/* True while it goes on. */
bool contest_is_on(struct contest *c, int64_t now_us);

#endif
