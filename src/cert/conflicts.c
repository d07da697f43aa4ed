#include "cert/conflicts.h"

int64_t conflicts_next(struct conflicts *c, int64_t now_us, uint32_t random)
{
    if (c->in_row == 0)
        c->since_us = now_us;
    if (c->in_row < CONFLICTS_QUICK) {
        c->in_row++;
        return 0;
    }
    return backoff_next(&c->backoff, CONFLICTS_FIRST_US, CONFLICTS_LONGEST_US, random);
}

bool conflicts_last(const struct conflicts *c, int64_t now_us)
{
    return c->in_row > 0 && now_us - c->since_us >= CONFLICTS_TOLD_AFTER_US;
}

void conflicts_end(struct conflicts *c)
{
    *c = (struct conflicts){ 0 };
}
