#ifndef SRC_METRICS_METRIC_TABLE_H
#define SRC_METRICS_METRIC_TABLE_H

/* What is counted: the rows of metric.def and their limits. */

#include <stdbool.h>
#include <stdint.h>

#define METRICS_SERIES_MAX 64u /* fixed series of one metric */
#define METRICS_LABELS_MAX 2u
#define METRICS_BUCKETS_MAX 24u
#define METRICS_NAMESPACES_MAX 1000u
#define METRICS_NAMESPACE_LEN_MAX 63u /* RFC 1123 label, as Kubernetes allows */

enum metric_id {
#define METRIC(id, kind, name, labels, bounds, help) METRIC_##id,
#include "metrics/metric.def"
#undef METRIC
    METRIC__COUNT
};

enum metric_kind {
    METRIC_COUNTER,
    METRIC_GAUGE,
    METRIC_HISTOGRAM,
    METRIC_SECONDS, /* a histogram of microseconds that is shown in seconds */
};

/* One row of metric.def. */
struct metric {
    const char *name;
    const char *help;
    const char *labels;     /* names, separated by commas, or "" */
    const uint32_t *bounds; /* of histograms: upper bounds, ascending, ended by 0 */
    enum metric_kind kind;
};

const struct metric *metric_info(enum metric_id id);

/* counter, gauge or histogram. */
const char *metric_kind_word(enum metric_kind kind);

static inline bool metric_is_histogram(const struct metric *m)
{
    return m->kind == METRIC_HISTOGRAM || m->kind == METRIC_SECONDS;
}

/* What is counted by namespace. */
enum metrics_pod {
    METRICS_INIT_AND_SIDECAR,
    METRICS_INIT_ONLY,
    METRICS_SIDECAR_ONLY,
    METRICS_FAILED,
    METRICS_POD__COUNT
};

#endif
