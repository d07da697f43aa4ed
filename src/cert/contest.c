#include "cert/contest.h"

bool contest_note(struct contest *c, int64_t now_us)
{
    int64_t oldest = c->times[c->next];
    bool is_full = c->count == CONTEST_OVERWRITES_MAX;
    bool was_on = c->is_on;
    c->times[c->next] = now_us;
    c->next = (c->next + 1) % CONTEST_OVERWRITES_MAX;
    c->count += !is_full;
    if (is_full && now_us - oldest < CONTEST_SPAN_US)
        c->is_on = true;
    return c->is_on && !was_on;
}

bool contest_is_on(struct contest *c, int64_t now_us)
{
    unsigned last = (c->next + CONTEST_OVERWRITES_MAX - 1) % CONTEST_OVERWRITES_MAX;
    if (c->is_on && now_us - c->times[last] >= CONTEST_SPAN_US)
        *c = (struct contest){ .is_on = false };
    return c->is_on;
}
