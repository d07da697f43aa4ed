#ifndef SRC_CLI_KIND_H
#define SRC_CLI_KIND_H

/* The kinds of manifests that hold a pod, and where. */

#include <stdbool.h>

#include "base/str.h"
#include "json/cursor.h"

#define KIND_PATH_MAX 4

struct kind {
    struct slice name;
    struct slice groups[2];           /* API groups; "" is the core group */
    struct slice path[KIND_PATH_MAX]; /* from the object to the pod or its template */
};

/*
 * The kind of an object, or NULL when it holds no pod.  Without apiVersion the name decides; fallback
 * (absent: none) is the name of objects without kind, as in a PodList.
 */
const struct kind *kind_of(const struct json_index *ix, json_ref object, struct slice fallback);

/* The kind with that name, or with one that is nearly it; NULL when none is near. */
const struct kind *kind_nearest(struct slice name);

/* True when the object is a list (kind List, PodList, DeploymentList ...); *ret_item: kind of its items. */
bool kind_is_list(const struct json_index *ix, json_ref object, struct slice *ret_item);

/* The pod (template), or JSON_ABSENT when it is missing or no object. */
json_ref kind_template(const struct kind *kind, const struct json_index *ix, json_ref object);

/* True when the template is the object itself: a Pod. */
static inline bool kind_is_pod(const struct kind *kind)
{
    return kind->path[0].len == 0;
}

#endif
