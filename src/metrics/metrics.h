#ifndef SRC_METRICS_METRICS_H
#define SRC_METRICS_METRICS_H

/*
 * struct metrics: all numbers that the daemon counts; the table is metric.def.
 *
 * A plain metric is one number.  A labelled one is an array of series whose labels are fixed at
 * start; counting is one atomic addition.  Only the namespace label grows at run time, up to
 * METRICS_NAMESPACES_MAX values; what comes later, and names longer than METRICS_NAMESPACE_LEN_MAX,
 * count as `other`.  Every function may be called from any thread, except that labels are set before the first
 * count of their metric.
 *
 * Source: metric names, labels and buckets of vault_agent_injector_*: vault-k8s 1.7.6.
 */

#include <stdint.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "metrics/metric-table.h"

struct metrics;

struct metrics *metrics_new(void); /* NULL when memory is gone */
void metrics_free(struct metrics *m);

DEFINE_CLEANUP(metrics_free, struct metrics *);

/* Plain metrics. */
void metrics_add(struct metrics *m, enum metric_id id, int64_t delta);
void metrics_set(struct metrics *m, enum metric_id id, int64_t value);

/* Histograms; microseconds for METRIC_SECONDS. */
void metrics_observe(struct metrics *m, enum metric_id id, uint64_t value);

/*
 * Gives series `index` of a labelled metric its label values, in the order of the table, and makes it
 * visible (with 0).  The texts are borrowed for the life of m.
 */
void metrics_label(struct metrics *m, enum metric_id id, unsigned index, struct slice first,
                   struct slice second);

/* Adds one to a labelled series. */
void metrics_count(struct metrics *m, enum metric_id id, unsigned index);

/* Sets a labelled series, for gauges. */
void metrics_set_series(struct metrics *m, enum metric_id id, unsigned index, int64_t value);

/* Adds one for a pod of that namespace. The name is copied when it is new. */
void metrics_count_pod(struct metrics *m, enum metrics_pod what, struct slice namespace);

#endif
