#ifndef SRC_SERVER_THROTTLE_H
#define SRC_SERVER_THROTTLE_H

/*
 * struct throttle: at most `per_second` events in each second; the others are counted.
 *
 * Any thread may ask.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct throttle {
    pthread_mutex_t lock;
    unsigned per_second;
    int64_t second;
    unsigned passed;
    uint64_t suppressed;
};

void throttle_init(struct throttle *t, unsigned per_second);
void throttle_done(struct throttle *t);

/*
 * True when an event at now_us (monotonic microseconds) may pass.  *ret_suppressed then is how many
 * were held back since the last report, and is forgotten here.
 */
bool throttle_pass(struct throttle *t, int64_t now_us, uint64_t *ret_suppressed);

/* Takes what is left to report, at the end. */
uint64_t throttle_take_suppressed(struct throttle *t);

#endif
