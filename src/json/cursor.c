#include "json/cursor.h"

#include "json/unescape.h"

const char *json_kind_name(const struct json_index *ix, json_ref ref)
{
    static const char *const names[] = {
        [JSON_NULL] = "null",        [JSON_FALSE] = "a boolean", [JSON_TRUE] = "a boolean",
        [JSON_NUMBER] = "a number",  [JSON_STRING] = "a string", [JSON_ARRAY] = "an array",
        [JSON_OBJECT] = "an object",
    };
    return ref == JSON_ABSENT ? "nothing" : names[ix->nodes[ref].kind];
}

uint32_t json_count(const struct json_index *ix, json_ref container)
{
    uint32_t count = 0;
    if (json_is(ix, container, JSON_OBJECT)) {
        json_each_member (ix, container, name)
            count++;
        return count;
    }
    json_each_element (ix, container, it)
        count++;
    return count;
}

json_ref json_member(const struct json_index *ix, json_ref object, struct slice name)
{
    if (!json_is(ix, object, JSON_OBJECT))
        return JSON_ABSENT;
    json_each_member (ix, object, it) {
        const struct json_node *node = &ix->nodes[it];
        if ((node->len == name.len || node->escaped) && json_string_is(ix, it, name))
            return it + 1;
    }
    return JSON_ABSENT;
}

json_ref json_element(const struct json_index *ix, json_ref array, uint32_t at)
{
    if (!json_is(ix, array, JSON_ARRAY))
        return JSON_ABSENT;
    json_each_element (ix, array, it) {
        if (at-- == 0)
            return it;
    }
    return JSON_ABSENT;
}

struct slice json_raw(const struct json_index *ix, json_ref ref)
{
    if (ref == JSON_ABSENT)
        return SLICE_ABSENT;
    const struct json_node *node = &ix->nodes[ref];
    uint32_t quote = node->kind == JSON_STRING;
    return (struct slice){ ix->text + node->pos - quote, node->len + 2 * (size_t)quote };
}

static bool resolves_to(struct slice escaped, struct slice s)
{
    struct json_bytes stream = { .rest = escaped };
    for (size_t i = 0; i < s.len; i++) {
        if (json_next_byte(&stream) != (unsigned char)s.ptr[i])
            return false;
    }
    return json_next_byte(&stream) < 0;
}

bool json_string_is(const struct json_index *ix, json_ref ref, struct slice s)
{
    if (!json_is(ix, ref, JSON_STRING))
        return false;
    struct slice escaped = json_escaped(ix, ref);
    return ix->nodes[ref].escaped ? resolves_to(escaped, s) : slice_equal(escaped, s);
}

/* Writes the resolved text of s to out, which has room for s.len bytes. */
static int resolve(struct slice s, const char *what, char *out, size_t *ret_len, struct error *err)
{
    size_t len = 0;
    while (s.len > 0) {
        const char *escape = memchr(s.ptr, '\\', s.len);
        size_t run = escape ? (size_t)(escape - s.ptr) : s.len;
        memcpy(out + len, s.ptr, run);
        len += run;
        s = slice_after(s, run);
        if (!escape)
            break;
        bool is_escape = false;
        uint32_t code = json_take(&s, &is_escape);
        if (json_is_surrogate(code))
            return error_set(err, ERROR_SHAPE,
                             "%s: the string has \\u%04x, half of a surrogate pair, alone", what,
                             (unsigned)code);
        if (code == 0)
            return error_set(err, ERROR_SHAPE, "%s: the string has \\u0000, which is not allowed",
                             what);
        len += json_utf8(code, out + len);
    }
    *ret_len = len;
    return 0;
}

int json_resolve(const struct json_index *ix, json_ref ref, struct arena *arena, const char *what,
                 struct slice *ret, struct error *err)
{
    if (!json_is(ix, ref, JSON_STRING))
        return error_set(err, ERROR_SHAPE, "%s: expected a string, found %s", what,
                         json_kind_name(ix, ref));
    struct slice escaped = json_escaped(ix, ref);
    char *text = arena_alloc(arena, escaped.len);
    if (!text)
        return arena_error(arena, err);
    size_t len = 0;
    if (resolve(escaped, what, text, &len, err) < 0)
        return -1;
    *ret = (struct slice){ text, len };
    return 0;
}
