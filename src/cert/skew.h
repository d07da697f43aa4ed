#ifndef SRC_CERT_SKEW_H
#define SRC_CERT_SKEW_H

/* Two clocks that differ by too much: when that is to be told.  Pure; our own time is monotonic microseconds. */

#include <stdbool.h>
#include <stdint.h>

#define SKEW_TOLD_ABOVE ((int64_t)300)          /* seconds */
#define SKEW_REPEAT_US ((int64_t)600 * 1000000) /* between two times that it is told */

struct skew {
    bool was_told;
    int64_t told_us;
};

/* `ahead` (negative: behind) was seen at now_us: true when somebody is to be told now. */
bool skew_note(struct skew *s, int64_t ahead, int64_t now_us);

#endif
