#ifndef SRC_KUBE_ACCESS_H
#define SRC_KUBE_ACCESS_H

/*
 * May we?  Asks the API server what RBAC says, without trying (SelfSubjectAccessReview; every
 * authenticated account may ask this).  Source: Kubernetes API reference, authorization.k8s.io/v1.
 */

#include "kube/kube.h"

/* Whether `verb` is allowed on the MutatingWebhookConfiguration `name`. */
int kube_may_webhook(struct kube_client *c, const char *verb, struct slice name, bool *ret,
                     enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

#endif
