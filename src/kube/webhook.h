#ifndef SRC_KUBE_WEBHOOK_H
#define SRC_KUBE_WEBHOOK_H

/*
 * One MutatingWebhookConfiguration: what of it matters to its owner, how to change that, and a watch.
 *
 * Source: Kubernetes API reference, MutatingWebhookConfiguration v1; "Strategic merge patch".
 */

#include "kube/kube.h"

struct kube_webhook_entry {
    struct slice name;
    struct slice ca_bundle; /* decoded: PEM text as it is there; empty when absent */
    bool ca_is_base64;      /* false: what was there is not base64 (ca_bundle is empty then) */
};

struct kube_annotation {
    struct slice name, value;
};

/* Everything belongs to the object; kube_webhook_free() frees it all. */
struct kube_webhook {
    struct slice name, uid, resource_version;
    struct kube_webhook_entry *entries;
    size_t entry_count;
    struct kube_annotation *annotations; /* those whose name starts with "keyhook/" */
    size_t annotation_count;
    struct slice
        other_manager; /* newest field manager of a caBundle that is not `ours`; or absent */
    void *memory;
};

/* GET by name. `ours` is our field manager, the first part of the user agent. */
int kube_webhook_get(struct kube_client *c, struct slice name, struct kube_webhook **ret,
                     enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* The same from text, for tests and tools. */
int kube_webhook_parse(struct slice json, struct kube_webhook **ret, struct error *err)
    __attribute__((warn_unused_result));
void kube_webhook_free(struct kube_webhook *w);
DEFINE_CLEANUP(kube_webhook_free, struct kube_webhook *);

/* What to write; all borrowed. */
struct kube_webhook_change {
    const struct slice
        *ca_bundles; /* one for each entry of the object read, PEM; absent: leave it */
    const struct kube_annotation *annotations; /* to set; an absent value removes it */
    size_t annotation_count;
};

/*
 * Strategic merge patch with the resourceVersion that was read as precondition.  KUBE_CONFLICT when the
 * object has changed since: read it again.  The object as it is after the write goes to *ret, if that is
 * not NULL.
 */
int kube_webhook_patch(struct kube_client *c, const struct kube_webhook *seen,
                       const struct kube_webhook_change *change, struct kube_webhook **ret,
                       enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Called for each line of a watch, whatever it says; false ends the watch. */
typedef bool kube_watch_fn(void *arg);

/*
 * Waits for changes of the object by name until the server ends the watch (0), something fails, or
 * `changed` says so.  It is only a wake-up: what happened is to be read by kube_webhook_get().
 */
int kube_webhook_watch(struct kube_client *c, struct slice name, kube_watch_fn *changed, void *arg,
                       enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

#endif
