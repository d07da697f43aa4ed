#ifndef SRC_INJECT_ANNOTATION_SET_H
#define SRC_INJECT_ANNOTATION_SET_H

/*
 * struct annotation_set: the annotations of one pod that stand under our prefixes, sorted into the rows
 * of the table.
 *
 * Sorted by row, suffix and prefix, so that the order in the pod carries no meaning.  Values are
 * resolved text; a null value counts as present and empty.  Borrowed from review and arena.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "inject/annotation.h"
#include "inject/options.h"
#include "inject/pod.h"

struct annotation_entry {
    enum annotation_id id; /* ANNOTATION__COUNT: an unknown name */
    enum annotation_prefix prefix;
    struct slice name;   /* without prefix */
    struct slice suffix; /* absent for an exact name */
    struct slice value;
};

struct annotation_set {
    const struct annotation_entry **entries; /* unknown names last */
    unsigned count;
    const struct annotation_entry *exact[ANNOTATION__COUNT]; /* entry without suffix, or NULL */
    unsigned first[ANNOTATION__COUNT + 1]; /* index of the row's first entry; [id + 1] ends it */
    const struct annotation_entry
        *conflict; /* stands under both prefixes with other text, or NULL */
    const struct annotation_entry *inject_twin; /* the second agent-inject, when both differ */
};

/* -1 with ERROR_SHAPE (a value that is no string, a name that stands twice), ERROR_NOMEM, ERROR_LIMIT. */
int annotation_set_read(const struct pod *pod, const struct inject_options *opt,
                        struct arena *arena, struct annotation_set *ret, struct error *err)
    __attribute__((warn_unused_result));

/* The value of a family's member; absent when there is none.  Knows that the names of TEMPLATE and
 * TEMPLATE_FILE overlap: agent-inject-template-file-x is also the template of a secret file-x. */
struct slice annotation_set_member(const struct annotation_set *set, enum annotation_id id,
                                   struct slice suffix);

/* Does the pod have any annotation of the row? */
static inline bool annotation_set_has(const struct annotation_set *set, enum annotation_id id)
{
    return set->first[id] < set->first[id + 1];
}

/* The value of an exact name; absent when there is none. */
static inline struct slice annotation_set_value(const struct annotation_set *set,
                                                enum annotation_id id)
{
    return set->exact[id] ? set->exact[id]->value : SLICE_ABSENT;
}

#endif
