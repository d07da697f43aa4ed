#ifndef SRC_METRICS_NAMESPACE_SET_H
#define SRC_METRICS_NAMESPACE_SET_H

/*
 * struct namespace_set: gives each of the first METRICS_NAMESPACES_MAX names a number.
 *
 * Names stay for the life of the set.  Any thread may call any function but init and done; only a new
 * name takes the lock.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/str.h"
#include "metrics/metric-table.h"

#define NAMESPACE_SLOTS 2048u /* a power of two, at least twice METRICS_NAMESPACES_MAX */
#define NAMESPACE_OTHER METRICS_NAMESPACES_MAX

struct namespace_set {
    pthread_mutex_t lock; /* of writers */
    atomic_uint count;
    _Atomic uint16_t slots[NAMESPACE_SLOTS]; /* number + 1; 0: free */
    char *names[METRICS_NAMESPACES_MAX];
};

void namespace_set_init(struct namespace_set *set);
void namespace_set_done(struct namespace_set *set);

/* The name's number, NAMESPACE_OTHER when the set is full, the name too long or memory gone. */
unsigned namespace_set_number(struct namespace_set *set, struct slice name);

/* How many names have a number. */
unsigned namespace_set_count(struct namespace_set *set);

/* The name with that number (below the count, or NAMESPACE_OTHER). */
struct slice namespace_set_name(struct namespace_set *set, unsigned number);

#endif
