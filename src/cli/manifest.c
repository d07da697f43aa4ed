#include "cli/manifest.h"

#include "base/text.h"
#include "cli/hint.h"
#include "cli/kind.h"
#include "cli/note.h"
#include "cli/service-account.h"

#define SCRATCH_MAX ((size_t)64 << 20) /* bytes for names of one object */

struct walk {
    struct pod_review *review;
    const struct document *doc;
    struct slice namespace;
    struct buf *out, *notes;
    struct arena arena; /* scratch of one object */
    size_t copied;      /* bytes of the document that are in out, or replaced there */
    struct manifest_result result;
};

/* The text of a string member; absent when there is none or it is no usable text. */
static int get_text(struct walk *w, json_ref ref, struct slice *ret, struct error *err)
{
    struct error why = ERROR_INIT;
    *ret = SLICE_ABSENT;
    if (!json_is(&w->doc->index, ref, JSON_STRING) ||
        json_string(&w->doc->index, ref, &w->arena, "", ret, &why) == 0 || why.code == ERROR_SHAPE)
        return 0;
    return error_set(err, why.code, "%s", why.msg);
}

static int get_subject(struct walk *w, json_ref object, struct slice kind, struct note_subject *ret,
                       struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    json_ref meta = json_member(ix, object, SLICE("metadata"));
    struct slice namespace, name, generated;
    if (get_text(w, json_member(ix, meta, SLICE("namespace")), &namespace, err) < 0 ||
        get_text(w, json_member(ix, meta, SLICE("name")), &name, err) < 0 ||
        get_text(w, json_member(ix, meta, SLICE("generateName")), &generated, err) < 0)
        return -1;
    *ret = (struct note_subject){
        .kind = kind,
        .namespace = namespace.len > 0 ? namespace : w->namespace,
        .name = name.len > 0 ? name : generated,
    };
    return 0;
}

/* A name that stands twice would be read differently by us and by the API server. */
static int check_unique(struct walk *w, json_ref object, const struct kind *kind, struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    json_ref meta = json_member(ix, object, SLICE("metadata"));
    json_ref at = object;
    if (json_is(ix, meta, JSON_OBJECT) &&
        json_check_unique(ix, meta, &w->arena, "metadata", err) < 0)
        return -1;
    for (size_t i = 0; i < KIND_PATH_MAX && kind->path[i].len > 0; i++) {
        at = json_member(ix, at, kind->path[i]);
        if (json_is(ix, at, JSON_OBJECT) &&
            json_check_unique(ix, at, &w->arena, kind->path[i].ptr, err) < 0)
            return -1;
    }
    return 0;
}

static const char *kind_phrase(const struct json_index *ix, json_ref ref)
{
    enum json_kind kind = (enum json_kind)json_node(ix, ref)->kind;
    return kind == JSON_TRUE || kind == JSON_FALSE ? "a boolean" : json_kind_name(ix, ref);
}

/*
 * The API server refuses values that are no text; unquoted words are the usual reason.  The value is
 * not shown: it may be a secret, and what is read of 007 or yes is not what was written.
 */
static int refuse_value(const struct walk *w, json_ref name, struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    struct yaml_place place = document_place(w->doc, name + 1);
    bool is_scalar = json_node(ix, name + 1)->kind < JSON_ARRAY;
    struct buf shown;
    buf_init(&shown, ERROR_MSG_MAX);
    text_put_printable(&shown, json_escaped(ix, name), ERROR_MSG_MAX / 2);
    (void)error_set(err, ERROR_SHAPE,
                    "line %u, column %u: annotation " SLICE_FMT
                    ": the value is %s; annotation values are strings%s",
                    place.line, place.column, SLICE_ARG(buf_slice(&shown)),
                    kind_phrase(ix, name + 1), is_scalar ? ": put it in quotes" : "");
    buf_done(&shown);
    return -1;
}

static int check_annotations(const struct walk *w, json_ref pod, struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    json_ref meta = json_member(ix, pod, SLICE("metadata"));
    json_ref annotations = json_member(ix, meta, SLICE("annotations"));
    if (!json_is(ix, annotations, JSON_OBJECT))
        return 0;
    json_each_member (ix, annotations, name) {
        if (!json_is(ix, name + 1, JSON_STRING) && !json_is(ix, name + 1, JSON_NULL))
            return refuse_value(w, name, err);
    }
    return 0;
}

/* Copies the document up to its byte `to`. */
static void copy_until(struct walk *w, size_t to)
{
    buf_put(w->out, w->doc->index.text + w->copied, to - w->copied);
    w->copied = to;
}

static void note_result(struct walk *w, const struct note_subject *subject,
                        const struct pod_result *result)
{
    if (result->has_account && result->decision.outcome == INJECT_MUTATED)
        note_text(w->notes, subject,
                  SLICE("added the service account volume " SERVICE_ACCOUNT_VOLUME
                        " and its mounts, as the API server does"));
    note_decision(w->notes, subject, &result->decision);
}

static struct hint_object hint_object(struct walk *w, json_ref object,
                                      const struct note_subject *subject)
{
    return (struct hint_object){ .ix = &w->doc->index,
                                 .object = object,
                                 .options = w->review->options,
                                 .arena = &w->arena,
                                 .subject = subject };
}

static int pass_over(struct walk *w, json_ref object, struct slice fallback, struct error *err)
{
    struct note_subject subject;
    struct slice kind;
    if (get_text(w, json_member(&w->doc->index, object, SLICE("kind")), &kind, err) < 0 ||
        get_subject(w, object, kind.len > 0 ? kind : fallback, &subject, err) < 0)
        return -1;
    struct hint_object hint = hint_object(w, object, &subject);
    hint_not_read(w->notes, &hint);
    return 0;
}

static int inject_pod(struct walk *w, json_ref object, const struct kind *kind, struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    struct note_subject subject;
    json_ref pod = kind_template(kind, ix, object);
    if (check_unique(w, object, kind, err) < 0 ||
        get_subject(w, object, kind->name, &subject, err) < 0)
        return -1;
    if (pod == JSON_ABSENT) {
        note_text(w->notes, &subject, SLICE("unchanged (it has no pod template)"));
        return 0;
    }
    if (check_annotations(w, pod, err) < 0)
        return -1;
    struct pod_source source = { .ix = ix,
                                 .pod = pod,
                                 .is_pod = kind_is_pod(kind),
                                 .namespace = subject.namespace,
                                 .name = kind_is_pod(kind) ? subject.name : SLICE_ABSENT };
    struct slice text = json_raw(ix, pod);
    struct pod_result result;
    copy_until(w, (size_t)(text.ptr - ix->text));
    if (pod_review_run(w->review, &source, w->out, &result, err) < 0)
        return -1;
    if (result.decision.outcome == INJECT_MUTATED) {
        w->copied += text.len;
        w->result.is_changed = true;
    }
    if (result.decision.outcome == INJECT_DENIED)
        w->result.is_denied = true;
    if (result.decision.reason == REASON_NOT_REQUESTED) {
        struct hint_object hint = hint_object(w, object, &subject);
        hint_not_requested(w->notes, &hint, kind);
    }
    note_result(w, &subject, &result);
    return 0;
}

/* NOLINTBEGIN(misc-no-recursion): MANIFEST_LIST_DEPTH_MAX */
static int walk_object(struct walk *w, json_ref object, struct slice fallback, unsigned depth,
                       struct error *err);

static int walk_list(struct walk *w, json_ref list, struct slice item_kind, unsigned depth,
                     struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    json_ref items = json_member(ix, list, SLICE("items"));
    if (depth == MANIFEST_LIST_DEPTH_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u lists in lists", MANIFEST_LIST_DEPTH_MAX);
    json_each_element (ix, items, item) {
        if (walk_object(w, item, item_kind, depth + 1, err) < 0)
            return -1;
    }
    return 0;
}

static int walk_object(struct walk *w, json_ref object, struct slice fallback, unsigned depth,
                       struct error *err)
{
    const struct json_index *ix = &w->doc->index;
    struct slice item_kind = SLICE_ABSENT;
    if (!json_is(ix, object, JSON_OBJECT))
        return 0;
    arena_clear(&w->arena);
    if (json_check_unique(ix, object, &w->arena, "the manifest", err) < 0)
        return -1;
    if (kind_is_list(ix, object, &item_kind))
        return walk_list(w, object, item_kind, depth, err);
    const struct kind *kind = kind_of(ix, object, fallback);
    return kind ? inject_pod(w, object, kind, err) : pass_over(w, object, fallback, err);
}

/* NOLINTEND(misc-no-recursion) */

int manifest_inject(struct pod_review *review, const struct document *doc, struct slice namespace,
                    struct buf *out, struct buf *notes, struct manifest_result *ret,
                    struct error *err)
{
    struct walk w = {
        .review = review, .doc = doc, .namespace = namespace, .out = out, .notes = notes
    };
    arena_init(&w.arena, SCRATCH_MAX);
    int result = walk_object(&w, JSON_ROOT, SLICE_ABSENT, 0, err);
    arena_done(&w.arena);
    if (result < 0)
        return -1;
    copy_until(&w, doc->index.text_len);
    if (buf_check(out, "the result", err) < 0 || buf_check(notes, "the explanations", err) < 0)
        return -1;
    *ret = w.result;
    return 0;
}
