/*
 * The text of an API server's answer: an error that says why, or an object within the limits of which a
 * patch can be made that is JSON, names each webhook as the object does and touches nothing else.
 */

#include <stdint.h>

#include "http/reply.h"
#include "kube/patch.h"
#include "support/promise.h"

#define BUNDLE "-----BEGIN CERTIFICATE-----\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_object(const struct kube_webhook *w)
{
    promise(w->name.len > 0 && w->uid.len > 0 && w->resource_version.len > 0, "what names it");
    promise(w->entry_count <= KUBE_WEBHOOKS_MAX && w->annotation_count <= KUBE_ANNOTATIONS_MAX,
            "the limits");
    for (size_t i = 0; i < w->entry_count; i++) {
        const struct kube_webhook_entry *e = &w->entries[i];
        promise(e->name.len > 0 && slice_is_present(e->ca_bundle), "an entry's texts");
        promise(e->ca_is_base64 || e->ca_bundle.len == 0, "no text without base64");
        for (size_t j = 0; j < i; j++)
            promise(!slice_equal(e->name, w->entries[j].name), "names are unique");
    }
    for (size_t i = 0; i < w->annotation_count; i++)
        promise(slice_has_prefix(w->annotations[i].name, SLICE(KUBE_ANNOTATION_PREFIX)),
                "annotations are ours");
}

static void check_patch_tree(const struct kube_webhook *w, const json_t *tree)
{
    struct error err = ERROR_INIT;
    struct slice text;
    promise(json_object_size(tree) == (w->entry_count > 0 ? 2 : 1), "nothing else in the patch");
    promise(reply_string(tree, "metadata.resourceVersion", &text, &err) == 0 &&
                slice_equal(text, w->resource_version),
            "the precondition");
    promise(json_object_size(reply_find(tree, "metadata.annotations")) == w->annotation_count,
            "each annotation is removed");
    promise(json_array_size(reply_find(tree, "webhooks")) == w->entry_count, "each entry is there");
    for (size_t i = 0; i < w->entry_count; i++) {
        const json_t *one = json_array_get(reply_find(tree, "webhooks"), i);
        promise(reply_string(one, "name", &text, &err) == 0 &&
                    slice_equal(text, w->entries[i].name),
                "the entry's name");
        promise(json_object_size(one) == 2 &&
                    json_object_size(reply_find(one, "clientConfig")) == 1 &&
                    json_is_string(reply_find(one, "clientConfig.caBundle")),
                "its caBundle alone");
    }
}

static void check_patch(const struct kube_webhook *w)
{
    struct slice bundles[KUBE_WEBHOOKS_MAX];
    struct kube_annotation gone[KUBE_ANNOTATIONS_MAX];
    struct kube_webhook_change change = { bundles, gone, w->annotation_count };
    struct error err = ERROR_INIT;
    struct buf out;
    for (size_t i = 0; i < w->entry_count; i++)
        bundles[i] = SLICE(BUNDLE);
    for (size_t i = 0; i < w->annotation_count; i++)
        gone[i] = (struct kube_annotation){ w->annotations[i].name, SLICE_ABSENT };
    buf_init(&out, KUBE_PATCH_MAX);
    if (kube_patch_put(w, &change, &out, &err) == 0) {
        json_t *tree = NULL;
        promise(reply_parse(buf_slice(&out), &tree, &err) == 0, "the patch is JSON");
        check_patch_tree(w, tree);
        json_decref(tree);
    } else {
        promise(err.code == ERROR_LIMIT, "only the limit stops a patch");
    }
    buf_done(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kube_webhook *w = NULL;
    struct error err = ERROR_INIT;
    if (kube_webhook_parse((struct slice){ (const char *)data, size }, &w, &err) < 0) {
        promise(err.code == ERROR_SYNTAX || err.code == ERROR_SHAPE || err.code == ERROR_LIMIT,
                "a reason that is the text's");
        promise(err.msg[0] != 0, "words for it");
        return 0;
    }
    check_object(w);
    check_patch(w);
    kube_webhook_free(w);
    return 0;
}
