#ifndef SRC_KUBE_WEBHOOK_H
#define SRC_KUBE_WEBHOOK_H

/*
 * One MutatingWebhookConfiguration by name: read it, change it, wait for changes.
 *
 * The rights that these calls need may be limited to the one name (resourceNames): get, patch and watch
 * on mutatingwebhookconfigurations.  The watch selects by metadata.name, which is where the API server
 * takes the name from.  A name that can be none of an object is ERROR_USAGE and KUBE_LOCAL.
 *
 * Source: Kubernetes API concepts, "Efficient detection of changes"; RBAC, "Referring to resources".
 */

#include "kube/kube.h"
#include "kube/object.h"
#include "kube/patch.h"

/* GET by name. */
int kube_webhook_get(struct kube_client *c, struct slice name, struct kube_webhook **ret,
                     enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Strategic merge patch with the resourceVersion that was read as precondition.  KUBE_CONFLICT when the
 * object has changed since: read it again.  The object as it is after the write goes to *ret, if that is
 * not NULL; when the answer cannot be read, the failure is KUBE_PROTOCOL although the write took place.
 */
int kube_webhook_patch(struct kube_client *c, const struct kube_webhook *seen,
                       const struct kube_webhook_change *change, struct kube_webhook **ret,
                       enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Called for each line of a watch but bookmarks and errors, whatever it says; false ends the watch. */
typedef bool kube_watch_fn(void *arg);

/*
 * Waits for changes of the object by name until the server ends the watch (0), something fails, or
 * `changed` says so (0).  It is only a wake-up: what happened is to be read by kube_webhook_get().
 *
 * The watch starts at "now", and an object that exists gives a first line at once: what changed before
 * cannot be missed, and no version is kept that might have expired.  (The version of an object that
 * rarely changes has expired as soon as the API server restarts.)  KUBE_EXPIRED is still possible, from
 * a server that ends a watch so: watch again.  An object that is absent gives a line when it is made.
 * A line longer than KUBE_REPLY_MAX is KUBE_PROTOCOL, silence KUBE_UNREACHABLE.
 */
int kube_webhook_watch(struct kube_client *c, struct slice name, kube_watch_fn *changed, void *arg,
                       enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

#endif
