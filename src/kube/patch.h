#ifndef SRC_KUBE_PATCH_H
#define SRC_KUBE_PATCH_H

/*
 * The text of a strategic merge patch: caBundles by webhook name, our own annotations, nothing else.
 *
 * Source: Kubernetes API conventions, "Strategic Merge Patch"; the merge key of webhooks is their name.
 */

#include "base/buf.h"
#include "kube/object.h"

#define KUBE_PATCH_MAX ((size_t)3 << 20) /* bytes; the API server takes no larger request */

/* What to write; all borrowed. */
struct kube_webhook_change {
    const struct slice
        *ca_bundles; /* PEM, one for each entry of the object read; an absent one leaves
                                       its entry as it is, and so does NULL for all of them */
    const struct kube_annotation *annotations; /* to set; an absent value removes it */
    size_t annotation_count;
};

/*
 * Appends the patch, with the resourceVersion that was read as precondition.  Annotations that are to be
 * removed and are not there are left out.  -1 with ERROR_USAGE for an annotation without our prefix,
 * ERROR_LIMIT when the patch is larger than KUBE_PATCH_MAX or the buffer, ERROR_NOMEM.  Pure.
 */
int kube_patch_put(const struct kube_webhook *seen, const struct kube_webhook_change *change,
                   struct buf *out, struct error *err) __attribute__((warn_unused_result));

#endif
