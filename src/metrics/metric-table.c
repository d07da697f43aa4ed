#include "metrics/metric-table.h"

#include <assert.h>
#include <stddef.h>

static const uint32_t bounds_ms[] = { 5,   10,   25,   50,   75,   100,   250,
                                      500, 1000, 2500, 5000, 7500, 10000, 0 };
static const uint32_t bounds_us[] = { 50,     100,     250,     500,      1000,   2500,
                                      5000,   10000,   25000,   50000,    100000, 250000,
                                      500000, 1000000, 2500000, 10000000, 0 };
static const uint32_t bounds_left[] = { 10000,   100000,  500000,   1000000,  2000000,
                                        5000000, 9000000, 10000000, 30000000, 0 };
static_assert(sizeof(bounds_ms) / sizeof(bounds_ms[0]) - 1 <= METRICS_BUCKETS_MAX, "buckets");
static_assert(sizeof(bounds_us) / sizeof(bounds_us[0]) - 1 <= METRICS_BUCKETS_MAX, "buckets");
static_assert(sizeof(bounds_left) / sizeof(bounds_left[0]) - 1 <= METRICS_BUCKETS_MAX, "buckets");

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

const char *metric_kind_word(enum metric_kind kind)
{
    static const char *const words[] = {
        [METRIC_COUNTER] = "counter",
        [METRIC_GAUGE] = "gauge",
        [METRIC_HISTOGRAM] = "histogram",
        [METRIC_SECONDS] = "histogram",
    };
    return words[kind];
}
