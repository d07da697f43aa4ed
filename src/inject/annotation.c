#include "inject/annotation.h"

#include <assert.h>
#include <stdint.h>

#include "base/text.h"

#define NEAR_ENOUGH 3 /* edits between a misspelt name and the one that was meant */

static const struct slice prefixes[PREFIX__COUNT] = {
    [PREFIX_VAULT] = SLICE_INIT("vault.hashicorp.com/"),
    [PREFIX_OPENBAO] = SLICE_INIT("openbao.org/"),
};

static const char *const type_names[TYPE__COUNT] = {
    [TYPE_BOOL] = "boolean",
    [TYPE_INT] = "integer",
    [TYPE_UINT] = "unsigned integer",
    [TYPE_FLOAT] = "number",
    [TYPE_DURATION] = "duration",
    [TYPE_QUANTITY] = "quantity",
    [TYPE_LIST] = "comma-separated list",
    [TYPE_JSON_PATCH] = "JSON Patch",
    [TYPE_JSON_VALUE] = "JSON value or text",
    [TYPE_TEXT] = "text",
};

static const struct slice step_prefixes[STEP__COUNT] = {
    [STEP_DECODE] = SLICE_INIT(""),
    [STEP_OPT_IN] = SLICE_INIT("error checking if should inject agent: "),
    [STEP_NAMESPACE] = SLICE_INIT("error with request namespace: "),
    [STEP_DEFAULTS] = SLICE_INIT("error adding default annotations: "),
    [STEP_BUILD] = SLICE_INIT("error creating new agent sidecar: "),
    [STEP_VALIDATE] = SLICE_INIT("error validating agent configuration: "),
    [STEP_PATCH] = SLICE_INIT("error creating patch for agent: "),
};

struct slice annotation_prefix(enum annotation_prefix prefix)
{
    assert(prefix < PREFIX__COUNT);
    return prefixes[prefix];
}

const char *annotation_type_name(enum annotation_type type)
{
    assert(type < TYPE__COUNT);
    return type_names[type];
}

struct slice inject_step_prefix(enum inject_step step)
{
    assert(step < STEP__COUNT);
    return step_prefixes[step];
}

/*
 * Keys of the rows' names, which differ for most names that differ: a row is compared only when its key
 * is the name's, and eight keys are looked at together.
 */
#define KEY_OF(len, first, last) \
    ((unsigned char)((unsigned)(len)*5 + (unsigned char)(first) + 3u * (unsigned char)(last)))
#define EIGHT sizeof(uint64_t)
#define EACH_BYTE(c) ((uint64_t)0x0101010101010101 * (c))

static const unsigned char keys[(ANNOTATION__COUNT + EIGHT - 1) / EIGHT * EIGHT] = {
#define ANNOTATION(id, name, ...) KEY_OF(sizeof(name) - 1, (name)[0], (name)[sizeof(name) - 2]),
#include "inject/annotation.def"
#undef ANNOTATION
};

/* The rows that have families, and how long their names are, side by side. */
#define IF_EXACT(id, name)
#define IF_FAMILY(id, name) { ANN_##id, sizeof(name) - 1 },
#define IF_BOTH IF_FAMILY
static const struct family {
    unsigned char id, len;
} families[] = {
#define ANNOTATION(id, name, kind, ...) IF_##kind(id, name)
#include "inject/annotation.def"
#undef ANNOTATION
};

/* Is one of the eight keys from there on this one? */
static bool has_key(const unsigned char *from, unsigned char key)
{
    uint64_t eight;
    memcpy(&eight, from, sizeof(eight));
    eight ^= EACH_BYTE(key);
    return ((eight - EACH_BYTE(1)) & ~eight & EACH_BYTE(0x80)) != 0;
}

static bool is_exact(enum annotation_id id, struct slice name)
{
    return id < ANNOTATION__COUNT && annotation_table[id].kind != ANNOTATION_FAMILY &&
           slice_equal(annotation_table[id].name, name);
}

static enum annotation_id find_exact(struct slice name)
{
    if (name.len == 0)
        return ANNOTATION__COUNT;
    unsigned char key = KEY_OF(name.len, name.ptr[0], name.ptr[name.len - 1]);
    for (unsigned id = 0; id < ANNOTATION__COUNT; id += EIGHT) {
        if (!has_key(&keys[id], key))
            continue;
        for (unsigned i = id; i < id + EIGHT; i++) {
            if (keys[i] == key && is_exact(i, name))
                return i;
        }
    }
    return ANNOTATION__COUNT;
}

static bool is_member(const struct family *f, struct slice name)
{
    return f->len < name.len && name.ptr[f->len] == '-' &&
           slice_has_prefix(name, annotation_table[f->id].name);
}

/* Of several families the one with the longest name. */
static enum annotation_id find_family(struct slice name, struct slice *ret_suffix)
{
    enum annotation_id best = ANNOTATION__COUNT;
    size_t best_len = 0;
    for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
        const struct family *f = &families[i];
        if (f->len < best_len || !is_member(f, name))
            continue;
        best = f->id;
        best_len = f->len;
        *ret_suffix = slice_after(name, best_len + 1);
    }
    return best;
}

/* An exact name wins over a family. */
enum annotation_id annotation_find(struct slice name, struct slice *ret_suffix)
{
    enum annotation_id id = find_exact(name);
    if (id == ANNOTATION__COUNT)
        return find_family(name, ret_suffix);
    *ret_suffix = SLICE_ABSENT;
    return id;
}

/* A family member is compared by as many of its leading words as the family's name has. */
static struct slice comparable(const struct annotation *row, struct slice name)
{
    if (row->kind == ANNOTATION_EXACT)
        return name;
    unsigned words = 1;
    for (size_t i = 0; i < row->name.len; i++)
        words += row->name.ptr[i] == '-';
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '-' && --words == 0)
            return (struct slice){ name.ptr, i };
    }
    return name;
}

struct slice annotation_nearest(struct slice name, enum annotation_id *ret_id)
{
    unsigned best = NEAR_ENOUGH + 1;
    struct slice found = SLICE_ABSENT;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        unsigned d = text_distance(comparable(&annotation_table[id], name),
                                   annotation_table[id].name, NEAR_ENOUGH);
        if (d >= best)
            continue;
        best = d;
        found = annotation_table[id].name;
        *ret_id = id;
    }
    return found;
}
