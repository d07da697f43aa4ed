#include "inject/annotation.h"

#include <assert.h>

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

/* Does the name, longer than the row's, belong to it as a member of its family? */
static bool is_member(const struct annotation *row, struct slice name)
{
    return row->kind != ANNOTATION_EXACT && name.ptr[row->name.len] == '-' &&
           slice_has_prefix(name, row->name);
}

/* An exact name wins over a family, a longer family name over a shorter one. */
enum annotation_id annotation_find(struct slice name, struct slice *ret_suffix)
{
    enum annotation_id best = ANNOTATION__COUNT;
    size_t best_len = 0;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = &annotation_table[id];
        size_t len = row->name.len;
        if (len == name.len && row->kind != ANNOTATION_FAMILY && slice_equal(row->name, name)) {
            *ret_suffix = SLICE_ABSENT;
            return id;
        }
        if (len >= best_len && len < name.len && is_member(row, name)) {
            best = id;
            best_len = len;
        }
    }
    if (best != ANNOTATION__COUNT)
        *ret_suffix = slice_after(name, best_len + 1);
    return best;
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
