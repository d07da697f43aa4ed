#ifndef SRC_SERVER_HANDLER_H
#define SRC_SERVER_HANDLER_H

/* What the routes do: each answers one complete, accepted request; see route_handler_fn. */

#include "server/route.h"

struct slice;

/*
 * The engine over the body, which is borrowed for the call; one log line and the counts of the
 * decision.  What came out is kept for handle_mutate().
 */
void handle_review(struct request *req, struct slice body);

/* Answers what was decided, now at the latest. */
route_handler_fn handle_mutate;

/* 204 while the process lives. */
route_handler_fn handle_live;

/* 204, or 503 from the begin of the drain on. */
route_handler_fn handle_ready;

/* The version as a JSON object. */
route_handler_fn handle_version;

/* The metrics as text. */
route_handler_fn handle_metrics;

struct metrics;

/* Labels the series of decisions; once, at start. */
void handler_label_decisions(struct metrics *m);

#endif
