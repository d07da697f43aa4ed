#include "kube/patch.h"

#include "base/base64.h"
#include "base/text.h"

static void put_string(struct buf *out, struct slice text)
{
    buf_put_char(out, '"');
    text_put_json_replaced(out, text);
    buf_put_char(out, '"');
}

static bool is_there(const struct kube_webhook *seen, struct slice name)
{
    for (size_t i = 0; i < seen->annotation_count; i++)
        if (slice_equal(seen->annotations[i].name, name))
            return true;
    return false;
}

/* A null for what is not there could be kept by an API server, as an empty annotation. */
static int put_annotations(const struct kube_webhook *seen,
                           const struct kube_webhook_change *change, struct buf *out,
                           struct error *err)
{
    const char *before = ",\"annotations\":{";
    for (size_t i = 0; i < change->annotation_count; i++) {
        const struct kube_annotation *one = &change->annotations[i];
        bool is_removal = !slice_is_present(one->value);
        if (!slice_has_prefix(one->name, SLICE(KUBE_ANNOTATION_PREFIX)))
            return error_set(err, ERROR_USAGE, "an annotation '" SLICE_FMT "' is not ours to write",
                             SLICE_ARG(one->name));
        if (is_removal && !is_there(seen, one->name))
            continue;
        buf_put_slice(out, slice_of(before));
        put_string(out, one->name);
        buf_put_char(out, ':');
        if (is_removal)
            buf_put_lit(out, "null");
        else
            put_string(out, one->value);
        before = ",";
    }
    if (before[1] == 0)
        buf_put_char(out, '}');
    return 0;
}

static void put_bundles(const struct kube_webhook *seen, const struct slice *bundles,
                        struct buf *out)
{
    const char *before = ",\"webhooks\":[";
    for (size_t i = 0; bundles && i < seen->entry_count; i++) {
        if (!slice_is_present(bundles[i]))
            continue;
        buf_put_slice(out, slice_of(before));
        buf_put_lit(out, "{\"name\":");
        put_string(out, seen->entries[i].name);
        buf_put_lit(out, ",\"clientConfig\":{\"caBundle\":\"");
        base64_encode(out, bundles[i]);
        buf_put_lit(out, "\"}}");
        before = ",";
    }
    if (before[1] == 0)
        buf_put_char(out, ']');
}

int kube_patch_put(const struct kube_webhook *seen, const struct kube_webhook_change *change,
                   struct buf *out, struct error *err)
{
    size_t start = out->len;
    buf_put_lit(out, "{\"metadata\":{\"resourceVersion\":");
    put_string(out, seen->resource_version);
    if (put_annotations(seen, change, out, err) < 0)
        return -1;
    buf_put_char(out, '}');
    put_bundles(seen, change->ca_bundles, out);
    buf_put_char(out, '}');
    if (buf_check(out, "the patch", err) < 0)
        return -1;
    if (out->len - start > KUBE_PATCH_MAX)
        return error_set(err, ERROR_LIMIT, "the patch is larger than %zu bytes", KUBE_PATCH_MAX);
    return 0;
}
