#include "server/budget.h"

#include <stdint.h>

void budget_init(struct budget *b, size_t max, size_t largest)
{
    size_t half = max / 2 > largest ? max / 2 : largest;
    atomic_init(&b->used, 0);
    b->max = max == 0 ? SIZE_MAX : 2 * half;
    b->large_max = max == 0 ? SIZE_MAX : half;
}

bool budget_take(struct budget *b, size_t n, size_t whole)
{
    size_t max = whole > BUDGET_SMALL_MAX ? b->large_max : b->max;
    size_t used = atomic_load_explicit(&b->used, memory_order_relaxed);
    do {
        if (used > max || n > max - used)
            return false;
    } while (!atomic_compare_exchange_weak(&b->used, &used, used + n));
    return true;
}

void budget_give(struct budget *b, size_t n)
{
    if (n > 0)
        atomic_fetch_sub(&b->used, n);
}

bool budget_is_short(struct budget *b)
{
    return b->large_max != SIZE_MAX && atomic_load(&b->used) > b->large_max / 2;
}
