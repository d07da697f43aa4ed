#ifndef TESTS_SUPPORT_TRUST_OBJECT_H
#define TESTS_SUPPORT_TRUST_OBJECT_H

/*
 * A MutatingWebhookConfiguration in memory, as far as cert/trust sees it.  What it cannot hold aborts.
 * One owner, one thread.
 */

#include "base/buf.h"
#include "kube/webhook.h"

#define TRUST_OBJECT_ENTRIES_MAX 4
#define TRUST_OBJECT_ANNOTATIONS_MAX 64

struct trust_object {
    size_t entry_count;
    struct buf bundles[TRUST_OBJECT_ENTRIES_MAX]; /* PEM */
    bool is_base64[TRUST_OBJECT_ENTRIES_MAX];
    size_t annotation_count;
    struct buf names[TRUST_OBJECT_ANNOTATIONS_MAX], values[TRUST_OBJECT_ANNOTATIONS_MAX];
    unsigned version; /* counts writes */

    struct kube_webhook view; /* made by trust_object_view() */
    struct kube_webhook_entry entries[TRUST_OBJECT_ENTRIES_MAX];
    struct kube_annotation annotations[TRUST_OBJECT_ANNOTATIONS_MAX];
};

void trust_object_init(struct trust_object *o, size_t entry_count);
void trust_object_done(struct trust_object *o);

/* Appends to the bundle of an entry. */
void trust_object_add(struct trust_object *o, size_t entry, struct slice text);

/* Sets an annotation; an absent value removes it. */
void trust_object_annotate(struct trust_object *o, struct slice name, struct slice value);

/* Absent when there is none. */
struct slice trust_object_annotation(const struct trust_object *o, struct slice name);

/* What a reader gets; valid until the next change. */
const struct kube_webhook *trust_object_view(struct trust_object *o);

/* What the API server makes of a patch. */
void trust_object_patch(struct trust_object *o, const struct kube_webhook_change *change);

/* The same contents? */
bool trust_object_equal(const struct trust_object *a, const struct trust_object *b);
void trust_object_copy(struct trust_object *to, const struct trust_object *from);

#endif
