#include "cli/yaml-write.h"

#include "cli/yaml-quote.h"

#define INDENT 2u
#define SIMPLE_KEY_MAX 1000u /* a longer name on one line needs "? " in front of it (YAML: 1024) */

struct writer {
    const struct json_index *ix;
    struct arena *arena;
    struct buf *out;
};

static void put_indent(struct writer *w, unsigned indent)
{
    for (unsigned i = 0; i < indent; i++)
        buf_put_char(w->out, ' ');
}

static bool is_container(const struct writer *w, json_ref ref)
{
    return json_node(w->ix, ref)->kind >= JSON_ARRAY && json_end(w->ix, ref) > ref + 1;
}

/* The text of a string; *ret is absent when it has no text form and stands escaped. */
static int get_text(struct writer *w, json_ref ref, struct slice *ret, struct error *err)
{
    struct error why = ERROR_INIT;
    *ret = SLICE_ABSENT;
    if (json_string(w->ix, ref, w->arena, "", ret, &why) == 0 || why.code == ERROR_SHAPE)
        return 0;
    return error_set(err, why.code, "%s", why.msg);
}

static int put_string(struct writer *w, json_ref ref, unsigned block_indent, struct error *err)
{
    struct slice text;
    if (get_text(w, ref, &text, err) < 0)
        return -1;
    if (!slice_is_present(text)) {
        int result = yaml_put_escaped_json(w->out, json_escaped(w->ix, ref), err);
        buf_put_char(w->out, '\n');
        return result;
    }
    if (block_indent > 0 && yaml_fits_block(text)) {
        yaml_put_block(w->out, text, block_indent);
        return 0;
    }
    yaml_put_inline(w->out, text);
    buf_put_char(w->out, '\n');
    return 0;
}

/* A value that stands behind its name or its dash; ends the line. */
static int put_leaf(struct writer *w, json_ref ref, unsigned block_indent, struct error *err)
{
    const struct json_node *node = json_node(w->ix, ref);
    if (node->kind == JSON_STRING)
        return put_string(w, ref, block_indent, err);
    if (node->kind == JSON_OBJECT || node->kind == JSON_ARRAY)
        buf_put_slice(w->out, node->kind == JSON_OBJECT ? SLICE("{}") : SLICE("[]"));
    else
        buf_put_slice(w->out, json_raw(w->ix, ref));
    buf_put_char(w->out, '\n');
    return 0;
}

static int put_name(struct writer *w, json_ref name, unsigned indent, struct error *err)
{
    struct slice text;
    if (get_text(w, name, &text, err) < 0)
        return -1;
    bool is_long = json_node(w->ix, name)->len > SIMPLE_KEY_MAX;
    if (is_long)
        buf_put_lit(w->out, "? ");
    if (slice_is_present(text))
        yaml_put_inline(w->out, text);
    else if (yaml_put_escaped_json(w->out, json_escaped(w->ix, name), err) < 0)
        return -1;
    if (is_long) {
        buf_put_char(w->out, '\n');
        put_indent(w, indent);
    }
    buf_put_char(w->out, ':');
    return 0;
}

/* NOLINTBEGIN(misc-no-recursion): the scanner limits levels to JSON_DEPTH_MAX */
static int put_map(struct writer *w, json_ref map, unsigned indent, struct error *err);

/* The cursor stands where the first dash goes. */
static int put_list(struct writer *w, json_ref list, unsigned indent, struct error *err)
{
    json_each_element (w->ix, list, it) {
        if (it != list + 1)
            put_indent(w, indent);
        buf_put_lit(w->out, "- ");
        int result = 0;
        if (!is_container(w, it))
            result = put_leaf(w, it, indent + INDENT, err);
        else if (json_is(w->ix, it, JSON_OBJECT))
            result = put_map(w, it, indent + INDENT, err);
        else
            result = put_list(w, it, indent + INDENT, err);
        if (result < 0)
            return -1;
    }
    return 0;
}

static int put_member(struct writer *w, json_ref name, unsigned indent, struct error *err)
{
    json_ref value = name + 1;
    if (put_name(w, name, indent, err) < 0)
        return -1;
    if (!is_container(w, value)) {
        buf_put_char(w->out, ' ');
        return put_leaf(w, value, indent + INDENT, err);
    }
    buf_put_char(w->out, '\n');
    if (json_is(w->ix, value, JSON_OBJECT)) {
        put_indent(w, indent + INDENT);
        return put_map(w, value, indent + INDENT, err);
    }
    put_indent(w, indent);
    return put_list(w, value, indent, err);
}

/* The cursor stands where the first name goes. */
static int put_map(struct writer *w, json_ref map, unsigned indent, struct error *err)
{
    json_each_member (w->ix, map, name) {
        if (name != map + 1)
            put_indent(w, indent);
        if (put_member(w, name, indent, err) < 0)
            return -1;
    }
    return 0;
}

/* NOLINTEND(misc-no-recursion) */

int yaml_write(const struct json_index *ix, json_ref ref, struct arena *arena, struct buf *out,
               struct error *err)
{
    struct writer w = { .ix = ix, .arena = arena, .out = out };
    int result = 0;
    if (!is_container(&w, ref))
        result = put_leaf(&w, ref, 0, err);
    else if (json_is(ix, ref, JSON_OBJECT))
        result = put_map(&w, ref, 0, err);
    else
        result = put_list(&w, ref, 0, err);
    return result < 0 ? -1 : buf_check(out, "the document as YAML", err);
}
