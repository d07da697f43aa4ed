#include "metrics/namespace-set.h"

#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

void namespace_set_init(struct namespace_set *set)
{
    *set = (struct namespace_set){ .count = 0 };
    pthread_rwlock_init(&set->lock, NULL);
}

void namespace_set_done(struct namespace_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        free(set->names[i]);
    pthread_rwlock_destroy(&set->lock);
}

static unsigned hash(struct slice name)
{
    unsigned h = FNV_BASIS;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.ptr[i]) * FNV_PRIME;
    return h;
}

/* The slot that holds name, or the free one where it belongs. */
static uint16_t *find_slot(struct namespace_set *set, struct slice name)
{
    unsigned at = hash(name) % NAMESPACE_SLOTS;
    while (set->slots[at] != 0 && !slice_equal(slice_of(set->names[set->slots[at] - 1u]), name))
        at = (at + 1) % NAMESPACE_SLOTS;
    return &set->slots[at];
}

static unsigned find(struct namespace_set *set, struct slice name)
{
    pthread_rwlock_rdlock(&set->lock);
    unsigned found = *find_slot(set, name);
    pthread_rwlock_unlock(&set->lock);
    return found;
}

static unsigned insert(struct namespace_set *set, struct slice name)
{
    if (set->count == METRICS_NAMESPACES_MAX)
        return 0;
    char *copy = strndup(name.ptr, name.len);
    if (!copy)
        return 0;
    set->names[set->count++] = copy;
    return set->count;
}

unsigned namespace_set_number(struct namespace_set *set, struct slice name)
{
    if (!slice_is_present(name))
        name = SLICE("");
    if (name.len > METRICS_NAMESPACE_LEN_MAX || memchr(name.ptr, '\0', name.len))
        return NAMESPACE_OTHER;
    unsigned found = find(set, name);
    if (found == 0) {
        pthread_rwlock_wrlock(&set->lock);
        uint16_t *slot = find_slot(set, name);
        if (*slot == 0)
            *slot = (uint16_t)insert(set, name);
        found = *slot;
        pthread_rwlock_unlock(&set->lock);
    }
    return found == 0 ? NAMESPACE_OTHER : found - 1;
}

unsigned namespace_set_count(struct namespace_set *set)
{
    pthread_rwlock_rdlock(&set->lock);
    unsigned count = set->count;
    pthread_rwlock_unlock(&set->lock);
    return count;
}

struct slice namespace_set_name(struct namespace_set *set, unsigned number)
{
    if (number >= METRICS_NAMESPACES_MAX)
        return SLICE("other");
    pthread_rwlock_rdlock(&set->lock);
    struct slice name = slice_of(set->names[number]);
    pthread_rwlock_unlock(&set->lock);
    return name;
}
