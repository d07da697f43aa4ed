#ifndef SRC_SERVER_HANDLER_H
#define SRC_SERVER_HANDLER_H

/* What the routes do: each answers one complete, accepted request; see route_handler_fn. */

#include "server/route.h"

/* The engine over the body; one log line and the counts of the decision. */
route_handler_fn handle_mutate;

/* 204: who can shake hands is ready. */
route_handler_fn handle_health;

/* The metrics as text. */
route_handler_fn handle_metrics;

struct metrics;

/* Labels the series of decisions; once, at start. */
void handler_label_decisions(struct metrics *m);

/* Frees a worker thread's working memory; a destructor for pthread_key_create(). */
void handler_free_scratch(void *scratch);

#endif
