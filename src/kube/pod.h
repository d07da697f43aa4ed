#ifndef SRC_KUBE_POD_H
#define SRC_KUBE_POD_H

/*
 * What would become of a pod that asks for injection?  It is created with dryRun=All: the API server asks
 * everything that it would ask for a real one, and keeps nothing.
 *
 * The pod fits Pod Security `restricted` and a quota, and names an image that nobody pulls.  Needs the right
 * to create pods in that namespace.  Source: Kubernetes API concepts, "Dry-run".
 */

#include "kube/kube.h"

#define KUBE_WORDS_MAX 1000u /* bytes of the API server's answer that are told */
#define KUBE_POD_AGENTS 2u

/* Borrowed for the call. */
struct kube_pod_question {
    struct slice namespace;
    struct slice prefix;                 /* of annotations, with its slash */
    struct slice labels;                 /* name=value, with commas between; may be empty */
    const char *volume;                  /* what an injected pod has */
    const char *agents[KUBE_POD_AGENTS]; /* names of containers, of which it has one at least */
};

struct kube_pod_answer {
    bool has_volume, has_agent;
};

/*
 * 0: it would be created as *ret says.  -1: *words, which the caller has initialised, gets what the API server
 * said, in one line; it stays empty when there is no such answer, and *err has why.
 */
int kube_pod_try(struct kube_client *c, const struct kube_pod_question *q,
                 struct kube_pod_answer *ret, struct buf *words, enum kube_failure *ret_failure,
                 struct error *err) __attribute__((warn_unused_result));

#endif
