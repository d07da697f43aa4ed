#include <string.h>

#include "json/equal.h"
#include "json/tree-list.h"
#include "json/tree.h"

/* Walks over a tree: copy, compare, write. The stack stands in for recursion. */

static int too_deep(struct error *err)
{
    return error_set(err, ERROR_LIMIT, "arrays and objects are nested deeper than %u levels",
                     JSON_DEPTH_MAX);
}

struct frame {
    struct json_tree_list *list;
    uint32_t at;      /* next entry */
    json_ref partner; /* of comparisons: the container of the same place in the index */
    json_ref element; /* of arrays that are compared: the next element there */
};

static struct json_tree_list *duplicate(struct json_tree *t, const struct json_tree_list *list)
{
    struct json_tree_list *copy = arena_alloc(t->arena, sizeof(*copy));
    struct json_tree_entry *entries = arena_alloc(t->arena, list->count * sizeof(*entries) + 1);
    if (!copy || !entries)
        return NULL;
    memcpy(entries, list->entries, list->count * sizeof(*entries));
    *copy = *list;
    copy->entries = entries;
    copy->cap = list->count;
    return copy;
}

int json_tree_copy(struct json_tree *t, struct json_tree_value *value, struct error *err)
{
    struct frame stack[JSON_DEPTH_MAX];
    unsigned depth = 0;
    for (;;) {
        if (value->list) {
            if (depth == JSON_DEPTH_MAX)
                return too_deep(err);
            if (json_tree_spend(t, value->list->count, err) < 0)
                return -1;
            value->list = duplicate(t, value->list);
            if (!value->list)
                return arena_error(t->arena, err);
            stack[depth++] = (struct frame){ .list = value->list };
        }
        while (depth > 0 && stack[depth - 1].at == stack[depth - 1].list->count)
            depth--;
        if (depth == 0)
            return 0;
        struct frame *top = &stack[depth - 1];
        value = &top->list->entries[top->at++].value;
    }
}

/* The value of the member in the index, JSON_ABSENT when there is none or the steps are used up. */
static json_ref find_member(struct json_tree *t, const struct json_index *ix, json_ref object,
                            struct slice name)
{
    json_each_member (ix, object, it) {
        if (t->steps == 0)
            return JSON_ABSENT;
        t->steps--;
        if (json_string_is(ix, it, name))
            return it + 1;
    }
    return JSON_ABSENT;
}

static bool push(struct frame *stack, unsigned *depth, struct json_tree_list *list,
                 const struct json_index *ix, json_ref ref)
{
    if (*depth == JSON_DEPTH_MAX || ix->nodes[ref].kind != list->kind ||
        json_count(ix, ref) != list->count)
        return false;
    stack[(*depth)++] = (struct frame){ .list = list, .partner = ref, .element = ref + 1 };
    return true;
}

bool json_tree_equal(struct json_tree *t, const struct json_tree_value *value,
                     const struct json_index *ix, json_ref ref)
{
    struct frame stack[JSON_DEPTH_MAX];
    unsigned depth = 0;
    for (;;) {
        if (ref == JSON_ABSENT)
            return false;
        if (!value->list && !json_equal_within(value->ix, value->ref, ix, ref, &t->steps))
            return false;
        if (value->list && !push(stack, &depth, value->list, ix, ref))
            return false;
        while (depth > 0 && stack[depth - 1].at == stack[depth - 1].list->count)
            depth--;
        if (depth == 0)
            return true;
        struct frame *top = &stack[depth - 1];
        const struct json_tree_entry *entry = &top->list->entries[top->at++];
        value = &entry->value;
        ref = top->element;
        if (top->list->kind == JSON_OBJECT)
            ref = find_member(t, ix, top->partner, entry->name);
        else
            top->element = ix->nodes[ref].next;
    }
}

/* True when the value is nested at most `room` levels deep. */
static bool fits(const struct json_index *ix, json_ref ref, unsigned room)
{
    json_ref ends[JSON_DEPTH_MAX];
    unsigned depth = 0;
    for (json_ref it = ref, end = ix->nodes[ref].next; it < end; it++) {
        while (depth > 0 && it >= ends[depth - 1])
            depth--;
        if (ix->nodes[it].kind < JSON_ARRAY)
            continue;
        if (depth == room)
            return false;
        ends[depth++] = ix->nodes[it].next;
    }
    return true;
}

/* Closes what is complete, up to the next entry; false when everything is. */
static bool put_next_lead(struct frame *stack, unsigned *depth, struct buf *out)
{
    while (*depth > 0) {
        struct frame *top = &stack[*depth - 1];
        const struct json_tree_list *list = top->list;
        if (top->at > 0)
            buf_put_slice(out, list->entries[top->at - 1].trail);
        if (top->at < list->count) {
            if (top->at > 0)
                buf_put_char(out, ',');
            buf_put_slice(out, list->entries[top->at].lead);
            return true;
        }
        buf_put_char(out, list->kind == JSON_OBJECT ? '}' : ']');
        --*depth;
    }
    return false;
}

int json_tree_write(const struct json_tree *t, struct buf *out, struct error *err)
{
    struct frame stack[JSON_DEPTH_MAX];
    unsigned depth = 0;
    const struct json_tree_value *value = &t->root;
    for (;;) {
        if (!value->list) {
            if (!fits(value->ix, value->ref, JSON_DEPTH_MAX - depth))
                return too_deep(err);
            buf_put_slice(out, json_raw(value->ix, value->ref));
        } else {
            if (depth == JSON_DEPTH_MAX)
                return too_deep(err);
            buf_put_char(out, value->list->kind == JSON_OBJECT ? '{' : '[');
            stack[depth++] = (struct frame){ .list = value->list };
        }
        if (!put_next_lead(stack, &depth, out))
            return buf_check(out, "the patched text", err);
        struct frame *top = &stack[depth - 1];
        value = &top->list->entries[top->at++].value;
    }
}
