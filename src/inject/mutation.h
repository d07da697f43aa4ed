#ifndef SRC_INJECT_MUTATION_H
#define SRC_INJECT_MUTATION_H

/*
 * From plan to patch: volumes, mounts of the pod's own containers, the agent's containers, the status
 * annotation.
 */

#include "inject/container.h"
#include "inject/patch.h"
#include "inject/plan.h"

/* Working memory that the caller keeps between reviews; contents are overwritten. */
struct mutation_memory {
    struct buf config[2]; /* by enum agent_role: the agent configurations as written */
    struct container_parts parts;
    struct buf container; /* one container before its JSON patch */
    struct buf patched;   /* ... and after it */
    struct json_index container_index;
};

/*
 * Writes the whole patch to p (begun and ended here).  Afterwards m->config holds the configurations
 * (empty with a ConfigMap).  0, or -1 with a denial or failure in e.
 */
int mutation_write(struct evaluation *e, const struct plan *plan, struct mutation_memory *m,
                   struct patch *p, struct buf *out) __attribute__((warn_unused_result));

#endif
