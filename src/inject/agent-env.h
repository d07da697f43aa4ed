#ifndef SRC_INJECT_AGENT_ENV_H
#define SRC_INJECT_AGENT_ENV_H

/* The environment of the agent's containers, in upstream's order. */

#include "inject/plan.h"
#include "json/write.h"

/* Writes the array of variables. 0, or -1 with a denial or failure in e. */
int agent_env_write(struct evaluation *e, const struct plan *plan, struct slice config,
                    struct json_writer *w) __attribute__((warn_unused_result));

#endif
