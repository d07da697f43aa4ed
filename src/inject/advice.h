#ifndef SRC_INJECT_ADVICE_H
#define SRC_INJECT_ADVICE_H

/*
 * Admission warnings: what upstream passes over in silence.  Nothing here changes a decision.
 */

#include "inject/plan.h"

/* About names: unknown ones, and per-secret ones whose secret is not declared (after STEP_BUILD). */
void advise_on_names(struct evaluation *e);

/* About the finished plan: containers, combinations, destinations, values that only the agent judges. */
void advise_on_plan(struct evaluation *e, const struct plan *plan);

/* A part of it: values that are passed on unchecked. */
void advise_on_values(struct evaluation *e);

/* For the documentation: does the row warn without its secret, or about a value the agent refuses? */
bool advice_needs_secret(enum annotation_id id);
bool advice_checks_value(enum annotation_id id);

#endif
