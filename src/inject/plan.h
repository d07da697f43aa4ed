#ifndef SRC_INJECT_PLAN_H
#define SRC_INJECT_PLAN_H

/*
 * struct plan: what will be added to the pod, as data; made from settings, read by the writers of
 * volumes, containers, agent configuration and patch.
 */

#include <stdbool.h>

#include "inject/evaluation.h"
#include "inject/names.h"

enum agent_role { AGENT_INIT, AGENT_SIDECAR };

struct plan {
    const struct settings *settings;
    const struct pod *pod;
    bool has_init;
    bool has_sidecar;
    struct names selected;      /* of agent-inject-containers, when it is given */
    bool cache_persists;        /* cache shared by init container and sidecar */
    struct slice *custom_paths; /* mount paths of vault-secrets-custom-<i>, sorted */
    unsigned custom_count;
    const struct pod_mount *aws_mount; /* IRSA token, or NULL */
};

/* 0, or -1 with a denial or failure in e. */
int plan_make(struct evaluation *e, struct plan *ret) __attribute__((warn_unused_result));

#endif
