#include "cli/inject-output.h"

#include <errno.h>
#include <string.h>

#include "cli/config-comment.h"
#include "cli/diff.h"
#include "cli/json-pretty.h"
#include "cli/yaml-write.h"

void inject_output_init(struct inject_output *o, FILE *to)
{
    *o = (struct inject_output){ .to = to };
    buf_init(&o->text, YAML_TEXT_MAX);
    buf_init(&o->before, YAML_TEXT_MAX);
    buf_init(&o->after, YAML_TEXT_MAX);
    buf_init(&o->form, YAML_TEXT_MAX);
    json_index_init(&o->index);
    arena_init(&o->arena, YAML_MEMORY_MAX);
}

void inject_output_done(struct inject_output *o)
{
    arena_done(&o->arena);
    json_index_done(&o->index);
    buf_done(&o->form);
    buf_done(&o->after);
    buf_done(&o->before);
    buf_done(&o->text);
}

static bool wants_yaml(const struct inject_output *o, bool is_json)
{
    return o->format == INJECT_FORMAT_YAML || (o->format == INJECT_FORMAT_INPUT && !is_json);
}

/* Puts what is in o->text onto the stream. */
static int write_text(struct inject_output *o, struct error *err)
{
    if (buf_check(&o->text, "the output", err) < 0)
        return -1;
    if (o->text.len == 0)
        return 0;
    if (fwrite(o->text.data, 1, o->text.len, o->to) != o->text.len)
        return error_set(err, ERROR_IO, "the output cannot be written: %s", strerrordesc_np(errno));
    o->is_started = true;
    o->is_mid_line = o->text.data[o->text.len - 1] != '\n';
    return 0;
}

/* Starts a document behind others; has_marker: its text brings its own "---". */
static void begin(struct inject_output *o, bool is_yaml, bool has_marker)
{
    buf_clear(&o->text);
    if (o->is_mid_line)
        buf_put_char(&o->text, '\n');
    if (o->is_started && !o->is_diff && !has_marker && (is_yaml || o->has_yaml))
        buf_put_lit(&o->text, "---\n");
    o->has_yaml = o->has_yaml || is_yaml;
}

static int put_form(struct inject_output *o, const struct json_index *ix, json_ref ref,
                    bool is_yaml, struct buf *out, struct error *err)
{
    if (!is_yaml) {
        json_pretty(ix, ref, out);
        return buf_check(out, "the document", err);
    }
    arena_clear(&o->arena);
    return yaml_write(ix, ref, &o->arena, out, err);
}

static void put_line(struct buf *out, struct slice text)
{
    buf_put_slice(out, text);
    if (text.len > 0 && text.ptr[text.len - 1] != '\n')
        buf_put_char(out, '\n');
}

/* A whole manifest in the form that is asked for. */
static int put_manifest(struct inject_output *o, const struct document *doc, struct slice changed,
                        struct error *err)
{
    bool is_changed = slice_is_present(changed);
    bool is_yaml = wants_yaml(o, doc->is_json);
    bool keeps_bytes = is_yaml != doc->is_json && (doc->is_json || !is_changed);
    bool has_marker = keeps_bytes && is_yaml && slice_has_prefix(doc->source, SLICE("---"));
    begin(o, is_yaml, has_marker);
    if (keeps_bytes) {
        put_line(&o->text, is_changed ? changed : doc->source);
        return 0;
    }
    if (!is_changed)
        return put_form(o, &doc->index, JSON_ROOT, is_yaml, &o->text, err);
    if (json_scan(&o->index, changed, err) < 0)
        return error_wrap(err, "the changed document");
    return put_form(o, &o->index, JSON_ROOT, is_yaml, &o->text, err);
}

/* One side of a difference. */
static int put_side(struct inject_output *o, const struct json_index *ix, json_ref ref,
                    bool is_yaml, struct buf *out, struct error *err)
{
    buf_clear(out);
    buf_clear(&o->form);
    if (put_form(o, ix, ref, is_yaml, &o->form, err) < 0)
        return -1;
    if (is_yaml && config_comment_put(out, buf_slice(&o->form), err) < 0)
        return -1;
    if (!is_yaml)
        buf_put_slice(out, buf_slice(&o->form));
    return buf_check(out, "the document", err);
}

static int put_diff(struct inject_output *o, const struct json_index *ix, json_ref ref,
                    struct slice changed, bool is_yaml, struct slice label, struct error *err)
{
    struct diff_options options = { .label = label, .colors = o->colors };
    if (json_scan(&o->index, changed, err) < 0)
        return error_wrap(err, "the changed document");
    if (put_side(o, ix, ref, is_yaml, &o->before, err) < 0 ||
        put_side(o, &o->index, JSON_ROOT, is_yaml, &o->after, err) < 0)
        return -1;
    begin(o, false, false);
    if (diff_put(&o->text, buf_slice(&o->before), buf_slice(&o->after), &options, err) < 0)
        return -1;
    return write_text(o, err);
}

int inject_output_manifest(struct inject_output *o, const struct document *doc,
                           struct slice changed, struct slice label, struct error *err)
{
    if (o->is_diff && !slice_is_present(changed))
        return 0;
    if (o->is_diff)
        return put_diff(o, &doc->index, JSON_ROOT, changed, wants_yaml(o, doc->is_json), label,
                        err);
    if (put_manifest(o, doc, changed, err) < 0)
        return -1;
    return write_text(o, err);
}

int inject_output_answer(struct inject_output *o, struct slice answer, struct error *err)
{
    begin(o, false, false);
    buf_put_slice(&o->text, answer);
    return write_text(o, err);
}

int inject_output_pod_diff(struct inject_output *o, const struct json_index *ix, json_ref pod,
                           struct slice changed, struct slice label, struct error *err)
{
    return put_diff(o, ix, pod, changed, o->format != INJECT_FORMAT_JSON, label, err);
}
