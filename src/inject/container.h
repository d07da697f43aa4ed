#ifndef SRC_INJECT_CONTAINER_H
#define SRC_INJECT_CONTAINER_H

/*
 * The agent's containers, vault-agent-init and vault-agent, as JSON text.
 */

#include "inject/plan.h"
#include "json/write.h"

/* What both containers have alike, written once: from image to resources, with one gap. */
struct container_parts {
    struct buf text;
    size_t gap; /* where the arguments go with a ConfigMap, the configuration without one */
};

/* Fills the parts; text is the caller's buffer, cleared.  0, or -1 with a denial or failure in e. */
int container_prepare(struct evaluation *e, const struct plan *plan, struct container_parts *parts)
    __attribute__((warn_unused_result));

/* Appends one container to w.  `config` is its agent configuration (unused with a ConfigMap). */
void container_write(const struct plan *plan, const struct container_parts *parts,
                     enum agent_role role, struct slice config, struct json_writer *w);

/* The mounts of the secrets, which the pod's own containers get as well: one call per place.
 * Writes the i-th mount, i < 1 + plan->custom_count. */
void container_write_secrets_mount(const struct plan *plan, unsigned i, struct json_writer *w);

#endif
