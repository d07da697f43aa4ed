#ifndef SRC_SERVER_REFUSAL_H
#define SRC_SERVER_REFUSAL_H

/* The HTTP statuses of refused requests, as numbers for the metric. */

struct metrics;

/* The index of a status in METRIC_REFUSED; statuses without one share the last. */
unsigned refusal_index(unsigned status);

/* Labels the series; once, at start. */
void refusal_label(struct metrics *m);

#endif
