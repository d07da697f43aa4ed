#include "cli/json-pretty.h"

#define INDENT 4u

static void new_line(struct buf *out, unsigned level)
{
    buf_put_char(out, '\n');
    for (unsigned i = 0; i < level * INDENT; i++)
        buf_put_char(out, ' ');
}

/* NOLINTBEGIN(misc-no-recursion): the scanner limits levels to JSON_DEPTH_MAX */
static void put_value(const struct json_index *ix, json_ref ref, unsigned level, struct buf *out)
{
    bool is_map = json_is(ix, ref, JSON_OBJECT);
    if (json_end(ix, ref) <= ref + 1) {
        if (json_node(ix, ref)->kind < JSON_ARRAY)
            buf_put_slice(out, json_raw(ix, ref));
        else
            buf_put_slice(out, is_map ? SLICE("{}") : SLICE("[]"));
        return;
    }
    buf_put_char(out, is_map ? '{' : '[');
    for (json_ref it = ref + 1, end = json_end(ix, ref); it < end; it = json_node(ix, it)->next) {
        if (it != ref + 1)
            buf_put_char(out, ',');
        new_line(out, level + 1);
        if (is_map) {
            buf_put_slice(out, json_raw(ix, it));
            buf_put_lit(out, ": ");
            it++;
        }
        put_value(ix, it, level + 1, out);
    }
    new_line(out, level);
    buf_put_char(out, is_map ? '}' : ']');
}

/* NOLINTEND(misc-no-recursion) */

void json_pretty(const struct json_index *ix, json_ref ref, struct buf *out)
{
    put_value(ix, ref, 0, out);
    buf_put_char(out, '\n');
}
