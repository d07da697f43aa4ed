#ifndef SRC_KUBE_EVENT_H
#define SRC_KUBE_EVENT_H

/* Kubernetes Events (events.k8s.io/v1), for trouble that a person should see. Source: the API reference. */

#include "kube/kube.h"

#define KUBE_EVENT_NOTE_MAX 1024u /* bytes; the API's limit */
#define KUBE_EVENT_WORD_MAX \
    128u /* bytes of reason, action and reporting instance; the API's limit */

/* Borrowed for the call. */
struct kube_event {
    bool is_warning;
    const char *reason;                /* CamelCase, e.g. CertificateRenewalFailed */
    const char *action;                /* what was tried, CamelCase */
    struct slice note;                 /* cut at the limit, control characters escaped */
    struct slice namespace, pod;       /* where the program runs; the Event stands there */
    struct slice webhook, webhook_uid; /* the object it is about; absent: the pod */
    int64_t wall_us;
};

/*
 * Creates one, each with a name of its own: nothing is counted up or left out, so the caller limits how
 * often.  A 403 is KUBE_FORBIDDEN; callers pass over it in silence (upstream's RBAC has no Events).
 */
int kube_event_create(struct kube_client *c, const struct kube_event *event,
                      enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

#endif
