#include "metrics/metric-table.h"

#include <assert.h>
#include <stddef.h>

static const uint32_t bounds_ms[] = { 5,   10,   25,   50,   75,   100,   250,
                                      500, 1000, 2500, 5000, 7500, 10000, 0 };
static_assert(sizeof(bounds_ms) / sizeof(bounds_ms[0]) - 1 <= METRICS_BUCKETS_MAX, "buckets");

static const struct metric infos[METRIC__COUNT] = {
#define METRIC(id, kind, name, labels, bounds, help) \
    [METRIC_##id] = { name, help, labels, bounds, METRIC_##kind },
#include "metrics/metric.def"
#undef METRIC
};

const struct metric *metric_info(enum metric_id id)
{
    assert(id < METRIC__COUNT);
    return &infos[id];
}
