#ifndef SRC_KUBE_OBJECT_H
#define SRC_KUBE_OBJECT_H

/*
 * struct kube_webhook: what of a MutatingWebhookConfiguration matters to its owner.
 *
 * Source: Kubernetes API reference, MutatingWebhookConfiguration v1; "Server-Side Apply", managedFields.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define KUBE_WEBHOOKS_MAX 64u     /* entries of a configuration */
#define KUBE_ANNOTATIONS_MAX 256u /* annotations with our prefix */
#define KUBE_ANNOTATION_PREFIX "keyhook/"

struct kube_webhook_entry {
    struct slice name;
    struct slice host;      /* NAME.NAMESPACE.svc that the API server asks for; absent with a URL */
    struct slice ca_bundle; /* decoded: PEM text as it is there; empty when absent */
    bool ca_is_base64;      /* false: what was there is not base64 (ca_bundle is empty then) */
};

struct kube_annotation {
    struct slice name, value;
};

/*
 * Everything belongs to the object; kube_webhook_free() frees it all.  Texts are not NUL-terminated.
 *
 * other_manager is only a hint: who empties a caBundle by an update owns no field by that, so the object
 * does not tell (who does it by server-side apply is told).
 */
struct kube_webhook {
    struct slice name, uid, resource_version;
    struct kube_webhook_entry *entries; /* in the order of the object; names are unique */
    size_t entry_count;                 /* 0 is possible: an object without webhooks */
    struct kube_annotation
        *annotations; /* those with our prefix; what is beyond the limit is passed over */
    size_t annotation_count;
    struct slice other_manager; /* newest manager of a caBundle other than ours; or absent */
    void *memory;
};

/*
 * From the text of the API server's answer.  -1 with ERROR_SYNTAX (no JSON), ERROR_SHAPE (another kind;
 * a member that is missing or of another type; an entry without a name, or two with one name: which is
 * named), ERROR_LIMIT (entries, annotations), ERROR_NOMEM.  Pure.
 */
int kube_webhook_parse(struct slice json, struct kube_webhook **ret, struct error *err)
    __attribute__((warn_unused_result));
void kube_webhook_free(struct kube_webhook *w);

DEFINE_CLEANUP(kube_webhook_free, struct kube_webhook *);

#endif
