#include "json/tree-list.h"

#include <string.h>

#include "json/unescape.h"

#define FIRST_ENTRIES 4u

int json_tree_spend(struct json_tree *t, uint64_t n, struct error *err)
{
    if (t->steps < n) {
        t->steps = 0;
        return error_set(err, ERROR_LIMIT, "the patch needs more than %u steps",
                         JSON_TREE_STEPS_MAX);
    }
    t->steps -= n;
    return 0;
}

/*
 * A name's resolved text.  A lone surrogate becomes three bytes that no valid token has, so such a
 * member can be kept and compared but not addressed.
 */
static int resolve_name(struct json_tree *t, const struct json_index *ix, json_ref name,
                        struct slice *ret, struct error *err)
{
    struct slice escaped = json_escaped(ix, name);
    if (!ix->nodes[name].escaped) {
        *ret = escaped;
        return 0;
    }
    char *text = arena_alloc(t->arena, escaped.len);
    if (!text)
        return arena_error(t->arena, err);
    struct json_bytes stream = { .rest = escaped };
    size_t len = 0;
    for (int byte; (byte = json_next_byte(&stream)) >= 0;)
        text[len++] = (char)byte;
    *ret = (struct slice){ text, len };
    return 0;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Fills entries from the text of the container; `from` is behind its opening bracket. */
static int fill(struct json_tree *t, struct json_tree_list *list, const struct json_index *ix,
                json_ref container, struct error *err)
{
    uint32_t is_object = list->kind == JSON_OBJECT;
    const char *from = ix->text + ix->nodes[container].pos + 1;
    json_ref at = container + 1;
    for (uint32_t i = 0; i < list->count; i++) {
        struct json_tree_entry *entry = &list->entries[i];
        *entry = (struct json_tree_entry){ .value = { ix, at + is_object, NULL } };
        if (is_object && resolve_name(t, ix, at, &entry->name, err) < 0)
            return -1;
        struct slice value = json_raw(ix, at + is_object);
        const char *end = value.ptr + value.len;
        const char *stop = end;
        while (is_blank(*stop))
            stop++; /* a separator or a bracket follows */
        entry->lead = (struct slice){ from, (size_t)(value.ptr - from) };
        entry->trail = (struct slice){ end, (size_t)(stop - end) };
        from = stop + 1;
        at = ix->nodes[at + is_object].next;
    }
    return 0;
}

int json_tree_expand(struct json_tree *t, struct json_tree_value *value, struct error *err)
{
    const struct json_index *ix = value->ix;
    if (value->list || ix->nodes[value->ref].kind < JSON_ARRAY)
        return 0;
    uint32_t count = json_count(ix, value->ref);
    if (json_tree_spend(t, count, err) < 0)
        return -1;
    uint32_t cap = count + FIRST_ENTRIES;
    struct json_tree_list *list = arena_alloc(t->arena, sizeof(*list));
    struct json_tree_entry *entries = arena_alloc(t->arena, cap * sizeof(*entries));
    if (!list || !entries)
        return arena_error(t->arena, err);
    *list = (struct json_tree_list){ .kind = (enum json_kind)ix->nodes[value->ref].kind,
                                     .count = count,
                                     .cap = cap,
                                     .entries = entries };
    if (fill(t, list, ix, value->ref, err) < 0)
        return -1;
    value->list = list;
    return 0;
}

static int grow(struct json_tree *t, struct json_tree_list *list, struct error *err)
{
    size_t cap = (size_t)list->cap * 2 + FIRST_ENTRIES;
    struct json_tree_entry *entries = arena_alloc(t->arena, cap * sizeof(*entries));
    if (!entries)
        return arena_error(t->arena, err);
    memcpy(entries, list->entries, list->count * sizeof(*entries));
    list->entries = entries;
    list->cap = (uint32_t)cap;
    return 0;
}

int json_tree_insert(struct json_tree *t, struct json_tree_list *list, uint32_t at,
                     const struct json_tree_entry *entry, struct error *err)
{
    if (list->count == list->cap && grow(t, list, err) < 0)
        return -1;
    uint32_t behind = list->count - at;
    if (json_tree_spend(t, (uint64_t)behind + 1, err) < 0)
        return -1;
    memmove(&list->entries[at + 1], &list->entries[at], behind * sizeof(*entry));
    list->entries[at] = *entry;
    list->count++;
    return 0;
}

int json_tree_drop(struct json_tree *t, struct json_tree_list *list, uint32_t at, struct error *err)
{
    uint32_t behind = list->count - at - 1;
    if (json_tree_spend(t, (uint64_t)behind + 1, err) < 0)
        return -1;
    memmove(&list->entries[at], &list->entries[at + 1], behind * sizeof(*list->entries));
    list->count--;
    return 0;
}
