#include "metrics/metrics.h"

#include <assert.h>
#include <stdlib.h>

#include "metrics/store.h"

struct metrics *metrics_new(void)
{
    struct metrics *m = calloc(1, sizeof(*m));
    if (m)
        namespace_set_init(&m->namespaces);
    return m;
}

void metrics_free(struct metrics *m)
{
    if (!m)
        return;
    namespace_set_done(&m->namespaces);
    free(m);
}

void metrics_add(struct metrics *m, enum metric_id id, int64_t delta)
{
    atomic_fetch_add_explicit(&m->plain[id], delta, memory_order_relaxed);
}

void metrics_set(struct metrics *m, enum metric_id id, int64_t value)
{
    atomic_store_explicit(&m->plain[id], value, memory_order_relaxed);
}

void metrics_observe(struct metrics *m, enum metric_id id, uint64_t value)
{
    const uint32_t *bounds = metric_info(id)->bounds;
    assert(bounds);
    unsigned at = 0;
    while (bounds[at] != 0 && value > bounds[at])
        at++;
    struct metrics_histogram *h = &m->histograms[id];
    atomic_fetch_add_explicit(&h->buckets[at], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum, value, memory_order_relaxed);
}

void metrics_label(struct metrics *m, enum metric_id id, unsigned index, struct slice first,
                   struct slice second)
{
    assert(index < METRICS_SERIES_MAX);
    struct metrics_series *series = &m->series[id][index];
    series->labels[0] = first;
    series->labels[1] = second;
    series->is_shown = true;
}

void metrics_count(struct metrics *m, enum metric_id id, unsigned index)
{
    assert(index < METRICS_SERIES_MAX);
    atomic_fetch_add_explicit(&m->series[id][index].value, 1, memory_order_relaxed);
}

void metrics_set_series(struct metrics *m, enum metric_id id, unsigned index, int64_t value)
{
    assert(index < METRICS_SERIES_MAX);
    atomic_store_explicit(&m->series[id][index].value, value, memory_order_relaxed);
}

void metrics_count_pod(struct metrics *m, enum metrics_pod what, struct slice namespace)
{
    unsigned number = namespace_set_number(&m->namespaces, namespace);
    atomic_fetch_add_explicit(&m->pods[number][what], 1, memory_order_relaxed);
}
