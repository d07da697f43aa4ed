#include "cli/yaml-read.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/yaml-scalar.h"
#include "cli/yaml-tree.h"
#include "json/scan.h"
#include "json/write.h"

#define ITEM_COST 16 /* bytes that each expanded item counts at least */
#define MEMBERS_FIRST 16

struct reader {
    struct json_writer out;
    struct yaml_places *places;
    struct arena *arena;
    size_t expanded;      /* bytes that came from aliases and merges */
    unsigned alias_level; /* inside how many aliases we are */
    unsigned depth;
};

/* A member of a map on its way out. */
struct member {
    struct slice name;
    const struct yaml_item *key, *value;
    uint32_t rank;  /* which map it comes from: 0 its own, then the merged ones; the lowest wins */
    uint32_t order; /* where it stands */
};

struct members {
    struct member *at;
    size_t count, cap;
    uint32_t maps; /* maps that were gathered */
};

static void members_done(struct members *list)
{
    free(list->at);
}

#define CLEANUP_MEMBERS __attribute__((cleanup(members_done)))

void yaml_places_done(struct yaml_places *places)
{
    free(places->at);
    *places = (struct yaml_places){ 0 };
}

static int put_place(struct reader *r, const struct yaml_item *item, struct error *err)
{
    struct yaml_places *p = r->places;
    if (p->count == JSON_NODES_MAX)
        return yaml_error_at(item, err, ERROR_LIMIT, "more than %u values", JSON_NODES_MAX);
    if (p->count == p->cap) {
        uint32_t cap = p->cap ? p->cap * 2 : 256;
        struct yaml_place *at = reallocarray(p->at, cap, sizeof(*at));
        if (!at)
            return error_nomem(err);
        p->at = at;
        p->cap = cap;
    }
    p->at[p->count++] = (struct yaml_place){ item->line, item->column };
    return 0;
}

/* Counts what an alias or a merge adds to the document, so that no bomb goes off. */
static int charge(struct reader *r, const struct yaml_item *item, struct error *err)
{
    r->expanded += ITEM_COST + item->text.len;
    if (r->expanded > YAML_ALIAS_BYTES_MAX)
        return yaml_error_at(item, err, ERROR_LIMIT, "aliases expand to more than %zu bytes",
                             YAML_ALIAS_BYTES_MAX);
    return 0;
}

static const struct yaml_item *follow(const struct yaml_item *item)
{
    return item->kind == YAML_ITEM_ALIAS ? item->target : item;
}

static int copy_name(struct reader *r, const struct buf *text, struct slice *ret, struct error *err)
{
    if (buf_check(text, "a member name", err) < 0)
        return -1;
    *ret = arena_copy(r->arena, buf_slice(text));
    return slice_is_present(*ret) ? 0 : arena_error(r->arena, err);
}

/* The member name that kubectl makes of a key that is no string. */
static int convert_name(struct reader *r, const struct yaml_item *key, enum scalar_kind kind,
                        struct slice number, struct slice *ret, struct error *err)
{
    if (kind == SCALAR_NULL)
        return yaml_error_at(key, err, ERROR_SHAPE,
                             "a member's name is null; quote it if it is text");
    if (kind != SCALAR_INT && kind != SCALAR_FLOAT) {
        *ret = kind == SCALAR_TRUE    ? SLICE("true")
               : kind == SCALAR_FALSE ? SLICE("false")
                                      : key->text;
        return 0;
    }
    struct buf text;
    buf_init(&text, YAML_JSON_MAX);
    scalar_put_number_name(&text, number);
    int result = copy_name(r, &text, ret, err);
    buf_done(&text);
    return result;
}

static int read_name(struct reader *r, const struct yaml_item *item, struct slice *ret,
                     struct error *err)
{
    const struct yaml_item *key = follow(item);
    if (key->kind != YAML_ITEM_SCALAR)
        return yaml_error_at(item, err, ERROR_SHAPE,
                             "a member's name must be text, not a list or a map; quote text that "
                             "starts with { or [");
    struct buf number;
    buf_init(&number, YAML_JSON_MAX);
    enum scalar_kind kind = SCALAR_STRING;
    struct error why = ERROR_INIT;
    int result = 0;
    if (scalar_resolve_tagged(key->text, key->tag, key->is_plain, &number, &kind, &why) < 0)
        result = yaml_error_at(item, err, why.code, "%s", why.msg);
    else if (buf_check(&number, "a number", err) < 0)
        result = -1;
    else
        result = convert_name(r, key, kind, buf_slice(&number), ret, err);
    buf_done(&number);
    return result;
}

static int add_member(struct members *list, const struct member *member, struct error *err)
{
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : MEMBERS_FIRST;
        struct member *at = reallocarray(list->at, cap, sizeof(*at));
        if (!at)
            return error_nomem(err);
        list->at = at;
        list->cap = cap;
    }
    list->at[list->count] = *member;
    list->at[list->count].order = (uint32_t)list->count;
    list->count++;
    return 0;
}

static bool is_merge(const struct yaml_item *key)
{
    static const struct slice tag = SLICE_INIT("tag:yaml.org,2002:merge");
    return key->kind == YAML_ITEM_SCALAR && slice_equal(key->text, SLICE("<<")) &&
           (key->is_plain || slice_equal(key->tag, tag));
}

/* NOLINTBEGIN(misc-no-recursion): levels are limited to YAML_DEPTH_MAX */
static int gather(struct reader *r, const struct yaml_item *map, bool is_merged, unsigned level,
                  struct members *list, struct error *err);

/* The value of <<: a map, or a list of maps, possibly by alias. */
static int gather_merge(struct reader *r, const struct yaml_item *value, unsigned level,
                        struct members *list, struct error *err)
{
    const struct yaml_item *source = follow(value);
    if (source->kind == YAML_ITEM_MAP)
        return gather(r, source, true, level + 1, list, err);
    if (source->kind != YAML_ITEM_LIST)
        return yaml_error_at(value, err, ERROR_SHAPE,
                             "<< asks for a map or a list of maps; quote it if it is a name");
    for (const struct yaml_item *it = source->first; it; it = it->next) {
        if (charge(r, it, err) < 0)
            return -1;
        if (follow(it)->kind != YAML_ITEM_MAP)
            return yaml_error_at(it, err, ERROR_SHAPE, "<< asks for maps in its list");
        if (gather(r, follow(it), true, level + 1, list, err) < 0)
            return -1;
    }
    return 0;
}

static int gather(struct reader *r, const struct yaml_item *map, bool is_merged, unsigned level,
                  struct members *list, struct error *err)
{
    uint32_t rank = list->maps++;
    if (level > YAML_DEPTH_MAX)
        return yaml_error_at(map, err, ERROR_LIMIT, "more than %u levels of merges",
                             YAML_DEPTH_MAX);
    if (is_merged && charge(r, map, err) < 0)
        return -1;
    for (const struct yaml_item *key = map->first; key; key = key->next->next) {
        struct member member = { .key = key, .value = key->next, .rank = rank };
        if (is_merged && charge(r, key, err) < 0)
            return -1;
        if (is_merge(key)) {
            if (gather_merge(r, key->next, level, list, err) < 0)
                return -1;
        } else if (read_name(r, key, &member.name, err) < 0 || add_member(list, &member, err) < 0) {
            return -1;
        }
    }
    return 0;
}

/* NOLINTEND(misc-no-recursion) */

static int by_name(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;
    int diff = slice_compare(x->name, y->name);
    if (diff == 0)
        diff = (x->rank > y->rank) - (x->rank < y->rank);
    return diff ? diff : (x->order > y->order) - (x->order < y->order);
}

static int by_order(const void *a, const void *b)
{
    const struct member *x = a;
    const struct member *y = b;
    return (x->order > y->order) - (x->order < y->order);
}

/* Keeps one member of each name: the map's own, else the one of the first merged map. */
static int settle(struct members *list, struct error *err)
{
    size_t kept = 0;
    if (list->count > 1)
        qsort(list->at, list->count, sizeof(*list->at), by_name);
    for (size_t i = 0; i < list->count; i++) {
        const struct member *last = kept > 0 ? &list->at[kept - 1] : NULL;
        if (!last || !slice_equal(last->name, list->at[i].name))
            list->at[kept++] = list->at[i];
        else if (last->rank == list->at[i].rank)
            return yaml_error_at(list->at[i].key, err, ERROR_SHAPE,
                                 "this name stands twice in the same map, first in line %u; "
                                 "remove one of them",
                                 last->key->line);
    }
    list->count = kept;
    if (kept > 1)
        qsort(list->at, kept, sizeof(*list->at), by_order);
    return 0;
}

/* NOLINTBEGIN(misc-no-recursion): levels are limited to YAML_DEPTH_MAX */
static int put_item(struct reader *r, const struct yaml_item *item, struct error *err);

static int put_map(struct reader *r, const struct yaml_item *map, struct error *err)
{
    CLEANUP_MEMBERS struct members list = { 0 };
    if (gather(r, map, false, 0, &list, err) < 0 || settle(&list, err) < 0)
        return -1;
    json_open(&r->out, '{');
    for (size_t i = 0; i < list.count; i++) {
        if (put_place(r, list.at[i].key, err) < 0)
            return -1;
        json_put_text_name(&r->out, list.at[i].name);
        if (put_item(r, list.at[i].value, err) < 0)
            return -1;
    }
    json_close(&r->out, '}');
    return 0;
}

static int put_list(struct reader *r, const struct yaml_item *list, struct error *err)
{
    json_open(&r->out, '[');
    for (const struct yaml_item *it = list->first; it; it = it->next) {
        if (put_item(r, it, err) < 0)
            return -1;
    }
    json_close(&r->out, ']');
    return 0;
}

static int put_resolved(struct reader *r, const struct yaml_item *item, enum scalar_kind kind,
                        struct slice number, struct error *err)
{
    switch (kind) {
    case SCALAR_NULL:
        json_put_raw(&r->out, SLICE("null"));
        return 0;
    case SCALAR_FALSE:
    case SCALAR_TRUE:
        json_put_bool(&r->out, kind == SCALAR_TRUE);
        return 0;
    case SCALAR_INT:
    case SCALAR_FLOAT:
        json_put_raw(&r->out, number);
        return 0;
    case SCALAR_INFINITE:
        return yaml_error_at(item, err, ERROR_SHAPE,
                             "JSON has no infinite or undefined numbers; quote it if it is text");
    case SCALAR_STRING:
    default:
        json_put_string(&r->out, item->text);
        return 0;
    }
}

static int put_scalar(struct reader *r, const struct yaml_item *item, struct error *err)
{
    struct buf number;
    buf_init(&number, YAML_JSON_MAX);
    enum scalar_kind kind = SCALAR_STRING;
    struct error why = ERROR_INIT;
    int result = 0;
    if (scalar_resolve_tagged(item->text, item->tag, item->is_plain, &number, &kind, &why) < 0)
        result = yaml_error_at(item, err, why.code, "%s", why.msg);
    else if (buf_check(&number, "a number", err) < 0)
        result = -1;
    else
        result = put_resolved(r, item, kind, buf_slice(&number), err);
    buf_done(&number);
    return result;
}

static int put_value(struct reader *r, const struct yaml_item *item, struct error *err)
{
    if (r->alias_level > 0 && charge(r, item, err) < 0)
        return -1;
    if (put_place(r, item, err) < 0)
        return -1;
    if (item->kind == YAML_ITEM_SCALAR)
        return put_scalar(r, item, err);
    return item->kind == YAML_ITEM_MAP ? put_map(r, item, err) : put_list(r, item, err);
}

static int put_item(struct reader *r, const struct yaml_item *item, struct error *err)
{
    bool is_alias = item->kind == YAML_ITEM_ALIAS;
    if (r->depth == YAML_DEPTH_MAX)
        return yaml_error_at(item, err, ERROR_LIMIT, "more than %u levels", YAML_DEPTH_MAX);
    r->depth++;
    r->alias_level += is_alias ? 1 : 0;
    int result = put_value(r, follow(item), err);
    r->alias_level -= is_alias ? 1 : 0;
    r->depth--;
    return result;
}

/* NOLINTEND(misc-no-recursion) */

int yaml_read(struct slice text, uint32_t first_line, struct arena *arena, struct buf *json,
              struct yaml_places *places, struct error *err)
{
    static const struct yaml_item nothing = {
        .kind = YAML_ITEM_SCALAR, .is_plain = true, .line = 1, .column = 1, .text = SLICE_INIT("")
    };
    struct yaml_item *root = NULL;
    if (yaml_tree_read(text, first_line, arena, &root, err) < 0)
        return -1;
    struct reader r = { .out = json_writer(json), .places = places, .arena = arena };
    if (put_item(&r, root ? root : &nothing, err) < 0)
        return -1;
    return buf_check(json, "the document as JSON", err);
}
