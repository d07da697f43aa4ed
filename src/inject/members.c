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

static bool is_wanted(const struct json_index *ix, json_ref value, const struct member *row)
{
    return row->kinds >> ix->nodes[value].kind & 1u;
}

static int take(const struct json_index *ix, json_ref name, const struct member *row, void *ret,
                struct error *err)
{
    json_ref value = name + 1;
    if (json_is(ix, value, JSON_NULL))
        return 0;
    if (!is_wanted(ix, value, row))
        return error_set(err, ERROR_SHAPE, SLICE_FMT " must be %s, not %s", SLICE_ARG(row->name),
                         wanted(row->kinds), json_kind_name(ix, value));
    *place(row, ret) = value;
    return 0;
}

/* Names and values as they stand in the object, whatever they are. */
static int read_any(const struct json_index *ix, json_ref object, const struct member *table,
                    unsigned n, struct arena *arena, void *ret, struct error *err)
{
    if (json_check_unique(ix, object, arena, "", err) < 0)
        return -1;
    json_each_member (ix, object, name) {
        for (unsigned i = 0; i < n; i++) {
            if (!json_string_is(ix, name, table[i].name))
                continue;
            if (take(ix, name, &table[i], ret, err) < 0)
                return -1;
            break;
        }
    }
    return 0;
}

/* Makes all members absent; one bit for each mark of their names. */
static uint64_t clear(const struct member *table, unsigned n, void *ret)
{
    uint64_t marks = 0;
    for (unsigned i = 0; i < n; i++) {
        *place(&table[i], ret) = JSON_ABSENT;
        marks |= UINT64_C(1) << table[i].mark;
    }
    return marks;
}

/* Takes the member if it has a row; false when it is of the wrong kind. */
static bool take_plain(const struct json_index *ix, json_ref name, unsigned mark,
                       const struct member *table, unsigned n, void *ret)
{
    struct slice text = json_escaped(ix, name);
    for (unsigned i = 0; i < n; i++) {
        if (table[i].mark != mark || !slice_equal(table[i].name, text))
            continue;
        if (json_is(ix, name + 1, JSON_NULL))
            return true;
        *place(&table[i], ret) = name + 1;
        return is_wanted(ix, name + 1, &table[i]);
    }
    return true;
}

/*
 * Looks at each name once, for its row and for its twin.  False when the object wants another look: a
 * name has escapes or stands twice, there are many, or a value is of the wrong kind.
 */
static bool read_plain(const struct json_index *ix, json_ref object, const struct member *table,
                       unsigned n, void *ret)
{
    uint64_t wanted = clear(table, n, ret);
    struct json_names seen;
    json_names_init(&seen);
    json_each_member (ix, object, name) {
        const struct json_node *node = json_node(ix, name);
        if (json_names_refuse(&seen, node))
            return false;
        unsigned mark = json_name_mark(ix, node);
        if (json_names_has(&seen, ix, name, mark))
            return false;
        json_names_add(&seen, name, mark);
        if ((wanted >> mark & 1) && !take_plain(ix, name, mark, table, n, ret))
            return false;
    }
    return true;
}

int members_read(const struct json_index *ix, json_ref object, const struct member *table,
                 unsigned n, struct arena *arena, void *ret, struct error *err)
{
    if (json_is(ix, object, JSON_OBJECT) && read_plain(ix, object, table, n, ret))
        return 0;
    (void)clear(table, n, ret);
    if (json_is_nothing(ix, object))
        return 0;
    if (!json_is(ix, object, JSON_OBJECT))
        return error_set(err, ERROR_SHAPE, "an object is expected, not %s",
                         json_kind_name(ix, object));
    return read_any(ix, object, table, n, arena, ret, err);
}
