#include "json/tree.h"

#include "json/fail.h"
#include "json/pointer.h"
#include "json/tree-list.h"
#include "json/write.h"

#define ESCAPED_MAX 6 /* bytes of one byte in a JSON string: \u001f */

/* A place that an operation names: an entry of a list, or the place where one would go. */
struct place {
    struct json_tree_list *list; /* NULL: the root */
    struct slice token;
    uint32_t at; /* of the entry; list->count for the place behind the last */
    bool exists;
};

static int locate_member(struct json_tree *t, struct place *place, struct error *err)
{
    const struct json_tree_list *list = place->list;
    uint32_t at = 0;
    while (at < list->count && !slice_equal(list->entries[at].name, place->token))
        at++;
    place->at = at;
    place->exists = at < list->count;
    return json_tree_spend(t, (uint64_t)at + 1, err);
}

static int locate_element(struct place *place, struct error *err)
{
    uint32_t count = place->list->count;
    place->at = count;
    place->exists = false;
    if (slice_equal(place->token, SLICE("-")))
        return 0;
    if (!json_pointer_index(place->token, &place->at))
        return json_fail(err, ERROR_SHAPE, "", place->token, " is not the index of an array");
    if (place->at > count)
        return json_fail(err, ERROR_SHAPE, "index ", place->token, " is beyond the array's end");
    place->exists = place->at < count;
    return 0;
}

/* The place that token names in *value. */
static int enter(struct json_tree *t, struct json_tree_value *value, struct slice token,
                 struct place *ret, struct error *err)
{
    if (json_tree_expand(t, value, err) < 0)
        return -1;
    if (!value->list)
        return json_fail(err, ERROR_SHAPE, "there is no ", token,
                         ", its parent is neither an object nor an array");
    *ret = (struct place){ .list = value->list, .token = token };
    if (value->list->kind == JSON_OBJECT)
        return locate_member(t, ret, err);
    return locate_element(ret, err);
}

static int missing(struct slice token, struct error *err)
{
    return json_fail(err, ERROR_SHAPE, "there is no ", token, "");
}

/* All tokens but the last must exist. */
static int locate(struct json_tree *t, struct slice pointer, struct place *ret, struct error *err)
{
    struct place place = { .exists = true };
    struct json_tree_value *value = &t->root;
    for (unsigned depth = 0; pointer.len > 0; depth++) {
        struct slice token = SLICE_ABSENT;
        if (depth == JSON_POINTER_DEPTH_MAX)
            return error_set(err, ERROR_LIMIT, "the pointer has more than %u parts",
                             JSON_POINTER_DEPTH_MAX);
        if (!place.exists)
            return missing(place.token, err);
        if (json_pointer_next(&pointer, t->arena, &token, err) < 0)
            return -1;
        if (enter(t, value, token, &place, err) < 0)
            return -1;
        value = &place.list->entries[place.at].value;
    }
    *ret = place;
    return 0;
}

static int locate_existing(struct json_tree *t, struct slice pointer, struct place *ret,
                           struct error *err)
{
    struct place place = { 0 };
    if (locate(t, pointer, &place, err) < 0)
        return -1;
    if (!place.exists)
        return missing(place.token, err);
    *ret = place;
    return 0;
}

static struct json_tree_value *value_at(struct json_tree *t, const struct place *place)
{
    return place->list ? &place->list->entries[place->at].value : &t->root;
}

int json_tree_find(struct json_tree *t, struct slice pointer, struct json_tree_value **ret,
                   struct error *err)
{
    struct place place = { 0 };
    if (locate_existing(t, pointer, &place, err) < 0)
        return -1;
    *ret = value_at(t, &place);
    return 0;
}

/* "name": as text in the arena. */
static int make_lead(struct json_tree *t, struct slice name, struct slice *ret, struct error *err)
{
    size_t max = ESCAPED_MAX * name.len + sizeof("\"\":");
    char *memory = arena_alloc(t->arena, max + 1);
    if (!memory)
        return arena_error(t->arena, err);
    struct buf text = buf_over(memory, max);
    struct json_writer w = json_writer(&text);
    json_put_text_name(&w, name);
    if (buf_check(&text, "a name", err) < 0)
        return -1;
    *ret = buf_slice(&text);
    return 0;
}

int json_tree_add(struct json_tree *t, struct slice pointer, struct json_tree_value value,
                  struct error *err)
{
    struct place place = { 0 };
    if (locate(t, pointer, &place, err) < 0)
        return -1;
    if (place.exists && (!place.list || place.list->kind == JSON_OBJECT)) {
        *value_at(t, &place) = value;
        return 0;
    }
    struct json_tree_entry entry = { .value = value };
    if (place.list->kind == JSON_OBJECT) {
        entry.name = place.token;
        if (make_lead(t, place.token, &entry.lead, err) < 0)
            return -1;
    }
    return json_tree_insert(t, place.list, place.at, &entry, err);
}

int json_tree_remove(struct json_tree *t, struct slice pointer, struct error *err)
{
    struct place place = { 0 };
    if (locate_existing(t, pointer, &place, err) < 0)
        return -1;
    if (!place.list)
        return error_set(err, ERROR_SHAPE, "the whole value cannot be removed");
    return json_tree_drop(t, place.list, place.at, err);
}
