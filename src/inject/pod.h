#ifndef SRC_INJECT_POD_H
#define SRC_INJECT_POD_H

/*
 * struct pod: a read-only view of the pod in a review; places in the index, names as text.
 *
 * Only the members that injection looks at are checked for their type.  Everything is borrowed from
 * the index, its text and the arena.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "json/cursor.h"

#define POD_CONTAINERS_MAX 10000u /* of one list; the API server's size limit allows fewer */

struct pod_mount {
    json_ref ref; /* the mount, may be null */
    struct slice name;
    struct slice path;
};

struct pod_container {
    json_ref ref;
    struct slice name;
    json_ref mounts; /* absent or an array */
    json_ref env;    /* absent or an array */
    json_ref security_context;
    struct pod_mount *mount;
    unsigned mount_count;
};

struct pod_containers {
    json_ref list; /* absent or an array */
    struct pod_container *at;
    unsigned count;
};

enum pod_share { POD_SHARE_UNSET, POD_SHARE_FALSE, POD_SHARE_TRUE };

struct pod {
    const struct json_index *ix;
    json_ref object, metadata, annotations, spec, volumes;
    struct slice name, generate_name, phase;
    enum pod_share share_processes;
    struct pod_containers app, init;
};

/* -1 with ERROR_SHAPE (the object is no pod that can be read), ERROR_LIMIT or ERROR_NOMEM. */
int pod_read(const struct json_index *ix, json_ref object, struct arena *arena, struct pod *ret,
             struct error *err) __attribute__((warn_unused_result));

/* The container's securityContext.runAsUser: 1 found, 0 none, -1 with err when it is no integer. */
int pod_run_as_user(const struct pod *pod, const struct pod_container *c, struct arena *arena,
                    int64_t *ret, struct error *err) __attribute__((warn_unused_result));

/*
 * Looks for a volume by name.  *ret is the volume's place, or JSON_ABSENT.  -1 with ERROR_SHAPE when a
 * volume on the way is malformed.
 */
int pod_find_volume(const struct pod *pod, struct slice name, struct arena *arena, json_ref *ret,
                    struct error *err) __attribute__((warn_unused_result));

/*
 * The path of the volume's first projected service account token that has one; *ret is absent when
 * there is none.  -1 with ERROR_SHAPE.
 */
int pod_token_path(const struct pod *pod, json_ref volume, struct arena *arena, struct slice *ret,
                   struct error *err) __attribute__((warn_unused_result));

/*
 * The value of the first variable of that name in the container's env: "" when it has none of its own
 * (valueFrom), absent when there is no such variable.  -1 with ERROR_SHAPE.
 */
int pod_env(const struct pod *pod, const struct pod_container *c, struct slice name,
            struct arena *arena, struct slice *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
