#ifndef SRC_METRICS_STORE_H
#define SRC_METRICS_STORE_H

/* The inside of struct metrics, shared by the counting and the printing half. */

#include <stdatomic.h>
#include <stdbool.h>

#include "base/str.h"
#include "metrics/metric-table.h"
#include "metrics/namespace-set.h"

struct metrics_series {
    struct slice labels[METRICS_LABELS_MAX];
    bool is_shown;
    _Atomic int64_t value;
};

struct metrics_histogram {
    _Atomic uint64_t buckets[METRICS_BUCKETS_MAX + 1]; /* not cumulative; the last is +Inf */
    _Atomic uint64_t sum;
};

struct metrics {
    _Atomic int64_t plain[METRIC__COUNT];
    struct metrics_series series[METRIC__COUNT][METRICS_SERIES_MAX];
    struct metrics_histogram histograms[METRIC__COUNT];
    struct namespace_set namespaces;
    _Atomic uint64_t pods[METRICS_NAMESPACES_MAX + 1][METRICS_POD__COUNT];
};

#endif
