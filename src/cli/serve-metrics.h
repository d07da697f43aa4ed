#ifndef SRC_CLI_SERVE_METRICS_H
#define SRC_CLI_SERVE_METRICS_H

/* What the certificate's side counts, copied into the metrics. */

#include "cli/serve-cert.h"
#include "metrics/metrics.h"

/* Labels, before the first copy. */
void serve_metrics_label(struct metrics *m, const struct serve_cert *cert);

/* Copies; any thread. */
void serve_metrics_copy(struct metrics *m, const struct serve_cert *cert);

#endif
