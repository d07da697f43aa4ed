#include "cert/pace.h"

#define JITTER_SHARE 10 /* of a span between looks */

static int64_t most(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

void pace_looked(struct pace *p, int64_t now_us, uint32_t random)
{
    bool is_contested = contest_is_on(&p->contest, now_us);
    int64_t span =
        is_contested ? PACE_CONTEST_LEAST_US : PACE_LOOK_SPAN_US; /* so that its end is seen */
    p->not_before_us = now_us + (is_contested ? PACE_WRITE_LEAST_US : PACE_LOOK_LEAST_US);
    p->look_us = now_us + span - (int64_t)(random % (uint64_t)(span / JITTER_SHARE));
}

bool pace_may_look(const struct pace *p, int64_t now_us)
{
    return now_us >= most(p->not_before_us, p->again_us);
}

bool pace_is_due(const struct pace *p, int64_t now_us)
{
    return now_us >= p->look_us;
}

int64_t pace_next(const struct pace *p, int64_t now_us)
{
    return pace_may_look(p, now_us) ? INT64_MAX : most(p->not_before_us, p->again_us);
}

/* There is something to do as soon as the wait is over. */
static void pause_looks(struct pace *p, int64_t until_us)
{
    p->not_before_us = until_us;
    p->look_us = 0;
}

bool pace_may_write(struct pace *p, int64_t now_us)
{
    if (now_us >= p->write_us)
        return true;
    pause_looks(p, p->write_us);
    return false;
}

void pace_wrote(struct pace *p, int64_t now_us)
{
    p->write_us =
        now_us + (contest_is_on(&p->contest, now_us) ? PACE_CONTEST_LEAST_US : PACE_WRITE_LEAST_US);
}

int64_t pace_failed(struct pace *p, int64_t now_us, int64_t wish_us, uint32_t random)
{
    int64_t wait =
        backoff_next(&p->failures, PACE_FAILURE_FIRST_US, PACE_FAILURE_LONGEST_US, random);
    if (wish_us > wait)
        wait = wish_us < PACE_RETRY_AFTER_MAX_US ? wish_us : PACE_RETRY_AFTER_MAX_US;
    p->again_us = now_us + wait;
    p->look_us = 0;
    return wait;
}

bool pace_conflicted(struct pace *p, int64_t now_us, uint32_t random)
{
    pause_looks(p, now_us + conflicts_next(&p->conflicts, now_us, random));
    return conflicts_last(&p->conflicts, now_us);
}

void pace_succeeded(struct pace *p)
{
    p->again_us = 0;
    backoff_reset(&p->failures);
    conflicts_end(&p->conflicts);
}

void pace_hurry(struct pace *p)
{
    p->again_us = 0;
    backoff_reset(&p->failures);
}
