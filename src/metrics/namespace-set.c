#include "metrics/namespace-set.h"

#include <stdlib.h>
#include <string.h>

#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

void namespace_set_init(struct namespace_set *set)
{
    memset(set, 0, sizeof(*set));
    pthread_mutex_init(&set->lock, NULL);
}

void namespace_set_done(struct namespace_set *set)
{
    for (unsigned i = 0; i < set->count; i++)
        free(set->names[i]);
    pthread_mutex_destroy(&set->lock);
}

static unsigned hash(struct slice name)
{
    unsigned h = FNV_BASIS;
    for (size_t i = 0; i < name.len; i++)
        h = (h ^ (unsigned char)name.ptr[i]) * FNV_PRIME;
    return h;
}

/*
 * The slot that holds name, or the free one where it belongs.  A slot is written once, after its
 * name is in place: who sees the number sees the name.
 */
static _Atomic uint16_t *find_slot(struct namespace_set *set, struct slice name,
                                   unsigned *ret_found)
{
    for (unsigned at = hash(name) % NAMESPACE_SLOTS;; at = (at + 1) % NAMESPACE_SLOTS) {
        *ret_found = atomic_load_explicit(&set->slots[at], memory_order_acquire);
        if (*ret_found == 0 || slice_equal(slice_of(set->names[*ret_found - 1]), name))
            return &set->slots[at];
    }
}

/* Under the lock. */
static unsigned insert(struct namespace_set *set, struct slice name)
{
    unsigned found, count = atomic_load_explicit(&set->count, memory_order_relaxed);
    _Atomic uint16_t *slot = find_slot(set, name, &found);
    if (found != 0 || count == METRICS_NAMESPACES_MAX)
        return found;
    char *copy = malloc(name.len + 1);
    if (!copy)
        return 0;
    memcpy(copy, name.ptr, name.len);
    copy[name.len] = '\0';
    set->names[count] = copy;
    atomic_store_explicit(&set->count, count + 1, memory_order_release);
    atomic_store_explicit(slot, (uint16_t)(count + 1), memory_order_release);
    return count + 1;
}

unsigned namespace_set_number(struct namespace_set *set, struct slice name)
{
    if (!slice_is_present(name))
        name = SLICE("");
    if (name.len > METRICS_NAMESPACE_LEN_MAX || memchr(name.ptr, '\0', name.len))
        return NAMESPACE_OTHER;
    unsigned found;
    find_slot(set, name, &found);
    if (found == 0 && namespace_set_count(set) < METRICS_NAMESPACES_MAX) {
        pthread_mutex_lock(&set->lock);
        found = insert(set, name);
        pthread_mutex_unlock(&set->lock);
    }
    return found == 0 ? NAMESPACE_OTHER : found - 1;
}

unsigned namespace_set_count(struct namespace_set *set)
{
    return atomic_load_explicit(&set->count, memory_order_acquire);
}

struct slice namespace_set_name(struct namespace_set *set, unsigned number)
{
    return number >= METRICS_NAMESPACES_MAX ? SLICE("other") : slice_of(set->names[number]);
}
