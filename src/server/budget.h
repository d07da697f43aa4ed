#ifndef SRC_SERVER_BUDGET_H
#define SRC_SERVER_BUDGET_H

/*
 * struct budget: how many bytes all requests of a server may hold together, bodies that arrive and
 * answers that are not sent yet.
 *
 * What is large may have one half of it, what is small all of it: whoever fills it with large things
 * leaves room for small ones, which most reviews are.  Any thread; no locks.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#define BUDGET_SMALL_MAX ((size_t)64 << 10) /* bytes of a body or an answer that is small */

struct budget {
    atomic_size_t used;
    size_t max, large_max; /* SIZE_MAX: no limit */
};

/* max bytes, but never less than two of the largest; 0 is no limit. */
void budget_init(struct budget *b, size_t max, size_t largest);

/* Takes n more bytes for something that has `whole` bytes with them; false when there is no room. */
bool budget_take(struct budget *b, size_t n, size_t whole);

void budget_give(struct budget *b, size_t n);

/* Half of what large things may have is in use: who is slow has to go. */
bool budget_is_short(struct budget *b);

#endif
