#include "server/throttle.h"

#define US_PER_SECOND 1000000

void throttle_init(struct throttle *t, unsigned per_second)
{
    *t = (struct throttle){ .per_second = per_second, .second = -1 };
    pthread_mutex_init(&t->lock, NULL);
}

void throttle_done(struct throttle *t)
{
    pthread_mutex_destroy(&t->lock);
}

static uint64_t take(struct throttle *t)
{
    uint64_t n = t->suppressed;
    t->suppressed = 0;
    return n;
}

bool throttle_pass(struct throttle *t, int64_t now_us, uint64_t *ret_suppressed)
{
    int64_t second = now_us / US_PER_SECOND;
    pthread_mutex_lock(&t->lock);
    if (second != t->second) {
        t->second = second;
        t->passed = 0;
    }
    bool passes = t->passed < t->per_second;
    if (passes) {
        t->passed++;
        *ret_suppressed = take(t);
    } else {
        t->suppressed++;
    }
    pthread_mutex_unlock(&t->lock);
    return passes;
}

uint64_t throttle_take_suppressed(struct throttle *t)
{
    pthread_mutex_lock(&t->lock);
    uint64_t n = take(t);
    pthread_mutex_unlock(&t->lock);
    return n;
}
