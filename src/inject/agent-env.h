#ifndef SRC_INJECT_AGENT_ENV_H
#define SRC_INJECT_AGENT_ENV_H

/* The environment of the agent's containers, in upstream's order. */

#include "inject/plan.h"
#include "json/write.h"

/*
 * Writes the array of variables, without a ConfigMap with an empty VAULT_CONFIG: *ret_config is the
 * place in w->out between its quotes.  0, or -1 with a denial or failure in e.
 */
int agent_env_write(struct evaluation *e, const struct plan *plan, struct json_writer *w,
                    size_t *ret_config) __attribute__((warn_unused_result));

#endif
