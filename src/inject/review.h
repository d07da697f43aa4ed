#ifndef SRC_INJECT_REVIEW_H
#define SRC_INJECT_REVIEW_H

/*
 * struct review: what the engine needs of an AdmissionReview (admission.k8s.io/v1 and v1beta1).
 *
 * Neither apiVersion nor kind is checked; both are echoed as they came.  Everything is borrowed from
 * the index, its text and the arena.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/cursor.h"

struct review {
    const struct json_index *ix;
    struct slice api_version; /* "" when absent or empty */
    struct slice kind;        /* the same */
    struct slice uid_json;    /* JSON text of the uid; "\"\"" when absent */
    struct slice uid;
    struct slice namespace;
    struct slice name;
    struct slice object_kind; /* request.kind.kind */
    struct slice operation;
    bool dry_run;
    json_ref object; /* absent or null too */
};

/* -1 with ERROR_SHAPE when it is no review: no request, or a member of the wrong type. */
int review_read(const struct json_index *ix, struct arena *arena, struct review *ret,
                struct error *err) __attribute__((warn_unused_result));

#endif
