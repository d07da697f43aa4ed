#ifndef SRC_INJECT_CONTAINER_H
#define SRC_INJECT_CONTAINER_H

/*
 * The agent's containers, vault-agent-init and vault-agent, as JSON text.
 */

#include "inject/plan.h"
#include "json/write.h"

/*
 * Appends one container to w.  `config` is its agent configuration (unused with a ConfigMap).  0, or -1
 * with a denial or failure in e.
 */
int container_write(struct evaluation *e, const struct plan *plan, enum agent_role role,
                    struct slice config, struct json_writer *w) __attribute__((warn_unused_result));

/* The mounts of the secrets, which the pod's own containers get as well: one call per place.
 * Writes the i-th mount, i < 1 + plan->custom_count. */
void container_write_secrets_mount(const struct plan *plan, unsigned i, struct json_writer *w);

#endif
