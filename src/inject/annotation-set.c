#include "inject/annotation-set.h"

#include <stdlib.h>

static int compare_entries(const struct annotation_entry *a, const struct annotation_entry *b)
{
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    struct slice left = a->id == ANNOTATION__COUNT ? a->name : a->suffix;
    struct slice right = b->id == ANNOTATION__COUNT ? b->name : b->suffix;
    if (slice_is_present(left) != slice_is_present(right))
        return slice_is_present(left) ? 1 : -1;
    int order = slice_compare(left, right);
    return order != 0 ? order : (int)a->prefix - (int)b->prefix;
}

static int compare_places(const void *a, const void *b)
{
    return compare_entries(*(const struct annotation_entry *const *)a,
                           *(const struct annotation_entry *const *)b);
}

/* Takes the prefix off; false when the name stands under none that is read.  The status is read under
 * all: we write it under one of them only. */
static bool take_prefix(const struct inject_options *opt, struct slice name,
                        struct annotation_entry *ret)
{
    for (enum annotation_prefix p = 0; p < PREFIX__COUNT; p++) {
        if (!slice_has_prefix(name, annotation_prefix(p)))
            continue;
        ret->prefix = p;
        ret->name = slice_after(name, annotation_prefix(p).len);
        return opt->prefixes[p] || slice_equal(ret->name, annotation_info(ANN_STATUS)->name);
    }
    return false;
}

/* 1: *ret is an annotation of ours, 0: it is not, -1: err. */
static int read_entry(const struct json_index *ix, json_ref at, const struct inject_options *opt,
                      struct arena *arena, struct annotation_entry *ret, struct error *err)
{
    struct slice name;
    if (!json_is(ix, at + 1, JSON_STRING) && !json_is(ix, at + 1, JSON_NULL))
        return error_set(err, ERROR_SHAPE, "metadata.annotations: a value must be a string, not %s",
                         json_kind_name(ix, at + 1));
    if (json_string(ix, at, arena, "metadata.annotations: a name", &name, err) < 0)
        return -1;
    if (!take_prefix(opt, name, ret))
        return 0;
    ret->value = SLICE("");
    if (json_is(ix, at + 1, JSON_STRING) &&
        json_string(ix, at + 1, arena, "metadata.annotations: a value", &ret->value, err) < 0)
        return -1;
    ret->suffix = SLICE_ABSENT;
    ret->id = annotation_find(ret->name, &ret->suffix);
    return 1;
}

/* Allocates and fills the entries in the order of the pod. */
static int collect(const struct pod *pod, const struct inject_options *opt, struct arena *arena,
                   struct annotation_set *set, struct error *err)
{
    uint32_t count = json_count(pod->ix, pod->annotations);
    struct annotation_entry *entries = arena_alloc(arena, count * sizeof(*entries));
    set->entries = arena_alloc(arena, count * sizeof(struct annotation_entry *));
    if (!entries || !set->entries)
        return arena_error(arena, err);
    json_each_member (pod->ix, pod->annotations, at) {
        int ours = read_entry(pod->ix, at, opt, arena, &entries[set->count], err);
        if (ours < 0)
            return -1;
        if (ours > 0) {
            set->entries[set->count] = &entries[set->count];
            set->count++;
        }
    }
    return 0;
}

static bool is_twin(const struct annotation_entry *a, const struct annotation_entry *b)
{
    return a->id == b->id && a->prefix != b->prefix && slice_equal(a->name, b->name);
}

static void note_conflict(struct annotation_set *set, const struct annotation_entry *kept,
                          const struct annotation_entry *twin)
{
    if (slice_equal(kept->value, twin->value))
        return;
    if (!set->conflict)
        set->conflict = twin;
    if (twin->id == ANN_INJECT)
        set->inject_twin = twin;
}

/* Keeps the first of two that stand under both prefixes; notes when they disagree. */
static void join_twins(struct annotation_set *set)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < set->count; i++) {
        const struct annotation_entry *entry = set->entries[i];
        if (kept > 0 && is_twin(set->entries[kept - 1], entry)) {
            note_conflict(set, set->entries[kept - 1], entry);
            continue;
        }
        set->entries[kept++] = entry;
    }
    set->count = kept;
}

static void index_rows(struct annotation_set *set)
{
    unsigned at = 0;
    for (unsigned id = 0; id <= ANNOTATION__COUNT; id++) {
        set->first[id] = at;
        if (id == ANNOTATION__COUNT)
            break;
        if (at < set->count && set->entries[at]->id == id &&
            !slice_is_present(set->entries[at]->suffix))
            set->exact[id] = set->entries[at];
        while (at < set->count && set->entries[at]->id == id)
            at++;
    }
}

int annotation_set_read(const struct pod *pod, const struct inject_options *opt,
                        struct arena *arena, struct annotation_set *ret, struct error *err)
{
    *ret = (struct annotation_set){ .count = 0 };
    if (pod->annotations == JSON_ABSENT)
        return 0;
    if (json_check_unique(pod->ix, pod->annotations, arena, "metadata.annotations", err) < 0 ||
        collect(pod, opt, arena, ret, err) < 0)
        return -1;
    qsort(ret->entries, ret->count, sizeof(struct annotation_entry *), compare_places);
    join_twins(ret);
    index_rows(ret);
    return 0;
}

/* The entries of a row stand in the order of their suffixes. */
static struct slice find_member(const struct annotation_set *set, enum annotation_id id,
                                struct slice suffix)
{
    unsigned low = set->first[id] + (set->exact[id] != NULL);
    unsigned high = set->first[id + 1];
    while (low < high) {
        unsigned middle = low + (high - low) / 2;
        int order = slice_compare(set->entries[middle]->suffix, suffix);
        if (order == 0)
            return set->entries[middle]->value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return SLICE_ABSENT;
}

static struct slice find_template(const struct annotation_set *set, struct slice suffix)
{
    const struct slice file = SLICE("file-");
    struct slice found = find_member(set, ANN_TEMPLATE, suffix);
    if (slice_is_present(found) || !slice_has_prefix(suffix, file))
        return found;
    return find_member(set, ANN_TEMPLATE_FILE, slice_after(suffix, file.len));
}

struct slice annotation_set_member(const struct annotation_set *set, enum annotation_id id,
                                   struct slice suffix)
{
    if (id == ANN_TEMPLATE)
        return find_template(set, suffix);
    return annotation_set_has(set, id) ? find_member(set, id, suffix) : SLICE_ABSENT;
}
