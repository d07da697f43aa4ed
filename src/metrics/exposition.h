#ifndef SRC_METRICS_EXPOSITION_H
#define SRC_METRICS_EXPOSITION_H

/* The metrics as text, for scrapers. Any thread; numbers that change meanwhile may be old or new. */

#include "base/buf.h"
#include "metrics/metrics.h"

#define EXPOSITION_MAX ((size_t)2 << 20)
#define EXPOSITION_MEDIA_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Appends the Prometheus text format, version 0.0.4; out's failure mark tells when that went wrong. */
void exposition_put(struct metrics *m, struct buf *out);

#endif
