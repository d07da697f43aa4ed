#include "cert/conflicts.h"

int64_t conflicts_next(struct conflicts *c, uint32_t random)
{
    if (c->in_row < CONFLICTS_QUICK) {
        c->in_row++;
        return 0;
    }
    return backoff_next(&c->backoff, CONFLICTS_FIRST_US, CONFLICTS_LONGEST_US, random);
}

void conflicts_end(struct conflicts *c)
{
    *c = (struct conflicts){ 0 };
}
