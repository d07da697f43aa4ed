#include "kube/object.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/base64.h"
#include "http/reply.h"
#include "kube/kube.h"

#define KIND "MutatingWebhookConfiguration"
#define MEMORY_MAX (2 * KUBE_REPLY_MAX)

static struct slice text_of(const json_t *string)
{
    return (struct slice){ json_string_value(string), json_string_length(string) };
}

/* jansson's iterators change nothing, but ask for the right to. */
static json_t *to_walk(const json_t *tree)
{
    return (json_t *)(uintptr_t)tree;
}

static int copy(struct arena *arena, struct slice text, struct slice *ret, struct error *err)
{
    *ret = arena_copy(arena, text);
    return slice_is_present(*ret) ? 0 : arena_error(arena, err);
}

static int copy_member(struct arena *arena, const json_t *tree, const char *path, struct slice *ret,
                       struct error *err)
{
    struct slice text;
    if (reply_string(tree, path, &text, err) < 0)
        return -1;
    if (text.len == 0)
        return error_set(err, ERROR_SHAPE, "the reply's %s is empty", path);
    return copy(arena, text, ret, err);
}

/* Absent and null are the same; *ret is NULL then. */
static int find(const json_t *in, const char *path, bool is_array, const json_t **ret,
                struct error *err)
{
    const json_t *found = reply_find(in, path);
    if (json_is_null(found))
        found = NULL;
    if (found && !(is_array ? json_is_array(found) : json_is_object(found)))
        return error_set(err, ERROR_SHAPE, "the reply's %s is not %s", path,
                         is_array ? "an array" : "an object");
    *ret = found;
    return 0;
}

/* --- entries ----------------------------------------------------------------------------------- */

static int decode_bundle(struct arena *arena, struct slice text, struct kube_webhook_entry *entry,
                         struct error *err)
{
    size_t room = text.len / 4 * 3 + 4; /* line ends in the text make it less */
    char *memory = arena_alloc(arena, room + 1);
    if (!memory)
        return arena_error(arena, err);
    struct buf out = buf_over(memory, room);
    entry->ca_is_base64 = base64_decode(&out, text);
    entry->ca_bundle =
        entry->ca_is_base64 ? (struct slice){ memory, out.len } : (struct slice){ "", 0 };
    return 0;
}

/* What is odd here is the API server's affair: then there is no host. */
static int read_host(struct arena *arena, const json_t *client, struct kube_webhook_entry *entry,
                     struct error *err)
{
    static const struct slice end = SLICE_INIT(".svc");
    const json_t *name = reply_find(client, "service.name");
    const json_t *namespace = reply_find(client, "service.namespace");
    if (!json_is_string(name) || !json_is_string(namespace))
        return 0;
    size_t room = json_string_length(name) + json_string_length(namespace) + end.len + 1;
    char *memory = arena_alloc(arena, room + 1);
    if (!memory)
        return arena_error(arena, err);
    struct buf out = buf_over(memory, room);
    buf_put_slice(&out, text_of(name));
    buf_put_char(&out, '.');
    buf_put_slice(&out, text_of(namespace));
    buf_put_slice(&out, end);
    entry->host = (struct slice){ memory, out.len };
    return 0;
}

static int read_entry(struct arena *arena, const json_t *one, struct kube_webhook_entry *entry,
                      struct error *err)
{
    const json_t *client, *bundle;
    if (!json_is_object(one))
        return error_set(err, ERROR_SHAPE, "the entry is not an object");
    if (copy_member(arena, one, "name", &entry->name, err) < 0 ||
        find(one, "clientConfig", false, &client, err) < 0)
        return -1;
    entry->host = SLICE_ABSENT;
    if (read_host(arena, client, entry, err) < 0)
        return -1;
    bundle = reply_find(client, "caBundle");
    if (bundle && !json_is_string(bundle) && !json_is_null(bundle))
        return error_set(err, ERROR_SHAPE, "the reply's clientConfig.caBundle is not a string");
    return decode_bundle(arena, json_is_string(bundle) ? text_of(bundle) : SLICE(""), entry, err);
}

/* The API server does not let two through; a patch by name could not tell them apart. */
static int check_unique(const struct kube_webhook *w, struct error *err)
{
    for (size_t i = 1; i < w->entry_count; i++)
        for (size_t j = 0; j < i; j++)
            if (slice_equal(w->entries[i].name, w->entries[j].name))
                return error_set(err, ERROR_SHAPE, "webhooks.%zu has the same name as webhooks.%zu",
                                 i, j);
    return 0;
}

static int read_entries(struct arena *arena, const json_t *tree, struct kube_webhook *w,
                        struct error *err)
{
    const json_t *list;
    if (find(tree, "webhooks", true, &list, err) < 0)
        return -1;
    size_t count = json_array_size(list);
    if (count > KUBE_WEBHOOKS_MAX)
        return error_set(err, ERROR_LIMIT, "the object has more than %u webhooks",
                         KUBE_WEBHOOKS_MAX);
    w->entries = arena_alloc(arena, (count + 1) * sizeof(*w->entries));
    if (!w->entries)
        return arena_error(arena, err);
    for (; w->entry_count < count; w->entry_count++)
        if (read_entry(arena, json_array_get(list, w->entry_count), &w->entries[w->entry_count],
                       err) < 0)
            return error_wrap(err, "webhooks.%zu", w->entry_count);
    return check_unique(w, err);
}

/* --- annotations ------------------------------------------------------------------------------- */

static int add_annotation(struct arena *arena, struct slice name, const json_t *value,
                          struct kube_webhook *w, struct error *err)
{
    if (w->annotation_count == KUBE_ANNOTATIONS_MAX)
        return 0; /* nobody shall stop us by writing more */
    if (!json_is_string(value))
        return error_set(err, ERROR_SHAPE, "an annotation of the reply is not a string");
    struct kube_annotation *to = &w->annotations[w->annotation_count];
    if (copy(arena, name, &to->name, err) < 0 || copy(arena, text_of(value), &to->value, err) < 0)
        return -1;
    w->annotation_count++;
    return 0;
}

static int read_annotations(struct arena *arena, const json_t *tree, struct kube_webhook *w,
                            struct error *err)
{
    const json_t *all;
    if (find(tree, "metadata.annotations", false, &all, err) < 0)
        return -1;
    w->annotations = arena_alloc(arena, KUBE_ANNOTATIONS_MAX * sizeof(*w->annotations));
    if (!w->annotations)
        return arena_error(arena, err);
    const char *name;
    json_t *value;
    json_object_foreach(
        to_walk(all), name,
        value) if (slice_has_prefix(slice_of(name), SLICE(KUBE_ANNOTATION_PREFIX)) &&
                   add_annotation(arena, slice_of(name), value, w, err) < 0) return -1;
    return 0;
}

/* --- managers ---------------------------------------------------------------------------------- */

/* Is there a caBundle of any entry among the fields? Their names: "k:{\"name\":\"x\"}" with "f:..." below. */
static bool owns_bundle(const json_t *fields)
{
    const json_t *webhooks = reply_find(fields, "f:webhooks");
    const char *key;
    json_t *one;
    json_object_foreach(to_walk(webhooks), key,
                        one) if (reply_find(one, "f:clientConfig.f:caBundle")) return true;
    return false;
}

/* What is odd here is passed over: it only makes a message better. */
static int read_managers(struct arena *arena, const json_t *tree, struct kube_webhook *w,
                         struct error *err)
{
    const json_t *list = reply_find(tree, "metadata.managedFields");
    struct slice newest = SLICE_ABSENT, newest_time = SLICE_ABSENT;
    size_t i;
    json_t *one;
    json_array_foreach(list, i, one)
    {
        struct slice manager = text_of(json_object_get(one, "manager"));
        struct slice time = text_of(json_object_get(one, "time")); /* RFC 3339: sorts as text */
        if (manager.len == 0 || slice_equal(manager, SLICE(KUBE_FIELD_MANAGER)) ||
            !owns_bundle(json_object_get(one, "fieldsV1")))
            continue;
        if (newest.len == 0 || slice_compare(time, newest_time) >= 0) {
            newest = manager;
            newest_time = time;
        }
    }
    return newest.len > 0 ? copy(arena, newest, &w->other_manager, err) : 0;
}

/* --- the object -------------------------------------------------------------------------------- */

static int check_kind(const json_t *tree, struct error *err)
{
    struct slice kind;
    if (reply_string(tree, "kind", &kind, err) < 0)
        return -1;
    if (!slice_equal(kind, SLICE(KIND)))
        return error_set(err, ERROR_SHAPE, "the reply is of another kind than " KIND);
    return 0;
}

static int read_object(const json_t *tree, struct kube_webhook *w, struct error *err)
{
    struct arena *arena = w->memory;
    if (check_kind(tree, err) < 0 || copy_member(arena, tree, "metadata.name", &w->name, err) < 0 ||
        copy_member(arena, tree, "metadata.uid", &w->uid, err) < 0 ||
        copy_member(arena, tree, "metadata.resourceVersion", &w->resource_version, err) < 0 ||
        read_entries(arena, tree, w, err) < 0 || read_annotations(arena, tree, w, err) < 0)
        return -1;
    return read_managers(arena, tree, w, err);
}

int kube_webhook_parse(struct slice json, struct kube_webhook **ret, struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    CLEANUP(kube_webhook_free) struct kube_webhook *w = calloc(1, sizeof(*w));
    if (!w || !(w->memory = malloc(sizeof(struct arena))))
        return error_nomem(err);
    arena_init(w->memory, MEMORY_MAX);
    if (reply_parse(json, &tree, err) < 0 || read_object(tree, w, err) < 0)
        return -1;
    *ret = steal_ptr(w);
    return 0;
}

void kube_webhook_free(struct kube_webhook *w)
{
    if (!w)
        return;
    if (w->memory)
        arena_done(w->memory);
    free(w->memory);
    free(w);
}
