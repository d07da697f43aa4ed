#include "base/backoff.h"

int64_t backoff_next(struct backoff *b, int64_t first, int64_t longest, uint32_t random)
{
    int64_t wait = b->last == 0 ? first : b->last > longest / 2 ? longest : b->last * 2;
    if (wait > longest)
        wait = longest;
    b->last = wait;
    int64_t half = wait / 2; /* of which the random part takes a share: 3/4 to 5/4 of wait */
    return wait - half / 2 + (int64_t)((double)half * ((double)random / 4294967296.0));
}
