#include "inject/members.h"

static json_ref *place(const struct member *row, void *ret)
{
    return (json_ref *)((char *)ret + row->offset);
}

static const char *wanted(unsigned kinds)
{
    return kinds == MEMBER_STRING   ? "a string"
           : kinds == MEMBER_NUMBER ? "a number"
           : kinds == MEMBER_BOOL   ? "true or false"
           : kinds == MEMBER_ARRAY  ? "an array"
                                    : "an object";
}

/* Nearly all names are plain and differ in length or first letter. */
static inline bool has_name(const struct json_index *ix, json_ref name, struct slice wanted_name)
{
    const struct json_node *node = json_node(ix, name);
    if (node->escaped)
        return json_string_is(ix, name, wanted_name);
    return node->len == wanted_name.len && ix->text[node->pos] == wanted_name.ptr[0] &&
           memcmp(ix->text + node->pos, wanted_name.ptr, wanted_name.len) == 0;
}

static int take(const struct json_index *ix, json_ref name, const struct member *row, void *ret,
                struct error *err)
{
    json_ref value = name + 1;
    if (json_is(ix, value, JSON_NULL))
        return 0;
    if ((row->kinds >> ix->nodes[value].kind & 1u) == 0)
        return error_set(err, ERROR_SHAPE, SLICE_FMT " must be %s, not %s", SLICE_ARG(row->name),
                         wanted(row->kinds), json_kind_name(ix, value));
    *place(row, ret) = value;
    return 0;
}

int members_read(const struct json_index *ix, json_ref object, const struct member *table,
                 unsigned n, struct arena *arena, void *ret, struct error *err)
{
    for (unsigned i = 0; i < n; i++)
        *place(&table[i], ret) = JSON_ABSENT;
    if (json_is_nothing(ix, object))
        return 0;
    if (!json_is(ix, object, JSON_OBJECT))
        return error_set(err, ERROR_SHAPE, "an object is expected, not %s",
                         json_kind_name(ix, object));
    if (json_check_unique(ix, object, arena, "", err) < 0)
        return -1;
    json_each_member (ix, object, name) {
        for (unsigned i = 0; i < n; i++) {
            if (!has_name(ix, name, table[i].name))
                continue;
            if (take(ix, name, &table[i], ret, err) < 0)
                return -1;
            break;
        }
    }
    return 0;
}
