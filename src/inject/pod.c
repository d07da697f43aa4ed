#include "inject/pod.h"

#include "base/num.h"
#include "inject/members.h"

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

struct object_places {
    json_ref metadata, spec, status;
};

struct metadata_places {
    json_ref name, generate_name, annotations;
};

struct spec_places {
    json_ref containers, init_containers, volumes, share_processes;
};

struct container_places {
    json_ref name, mounts, env, security_context;
};

struct named_places { /* mounts, volumes and variables */
    json_ref name, value;
};

/* clang-format off */
static const struct member object_members[] = {
    MEMBER("metadata", MEMBER_OBJECT, offsetof(struct object_places, metadata)),
    MEMBER("spec",     MEMBER_OBJECT, offsetof(struct object_places, spec)),
    MEMBER("status",   MEMBER_OBJECT, offsetof(struct object_places, status)),
};

static const struct member metadata_members[] = {
    MEMBER("name",         MEMBER_STRING, offsetof(struct metadata_places, name)),
    MEMBER("generateName", MEMBER_STRING, offsetof(struct metadata_places, generate_name)),
    MEMBER("annotations",  MEMBER_OBJECT, offsetof(struct metadata_places, annotations)),
};

static const struct member status_members[] = {
    MEMBER("phase", MEMBER_STRING, 0),
};

static const struct member spec_members[] = {
    MEMBER("containers",            MEMBER_ARRAY, offsetof(struct spec_places, containers)),
    MEMBER("initContainers",        MEMBER_ARRAY, offsetof(struct spec_places, init_containers)),
    MEMBER("volumes",               MEMBER_ARRAY, offsetof(struct spec_places, volumes)),
    MEMBER("shareProcessNamespace", MEMBER_BOOL,  offsetof(struct spec_places, share_processes)),
};

static const struct member container_members[] = {
    MEMBER("name",            MEMBER_STRING, offsetof(struct container_places, name)),
    MEMBER("volumeMounts",    MEMBER_ARRAY,  offsetof(struct container_places, mounts)),
    MEMBER("env",             MEMBER_ARRAY,  offsetof(struct container_places, env)),
    MEMBER("securityContext", MEMBER_OBJECT, offsetof(struct container_places, security_context)),
};

static const struct member mount_members[] = {
    MEMBER("name",      MEMBER_STRING, offsetof(struct named_places, name)),
    MEMBER("mountPath", MEMBER_STRING, offsetof(struct named_places, value)),
};

static const struct member variable_members[] = {
    MEMBER("name",  MEMBER_STRING, offsetof(struct named_places, name)),
    MEMBER("value", MEMBER_STRING, offsetof(struct named_places, value)),
};

static const struct member volume_members[] = {
    MEMBER("name",      MEMBER_STRING, offsetof(struct named_places, name)),
    MEMBER("projected", MEMBER_OBJECT, offsetof(struct named_places, value)),
};

static const struct member projected_members[] = {
    MEMBER("sources", MEMBER_ARRAY, 0),
};

static const struct member source_members[] = {
    MEMBER("serviceAccountToken", MEMBER_OBJECT, 0),
};

static const struct member token_members[] = {
    MEMBER("path", MEMBER_STRING, 0),
};

static const struct member context_members[] = {
    MEMBER("runAsUser", MEMBER_NUMBER, 0),
};
/* clang-format on */

static int text_of(const struct json_index *ix, json_ref ref, struct arena *arena, const char *what,
                   struct slice *ret, struct error *err)
{
    if (ref != JSON_ABSENT)
        return json_string(ix, ref, arena, what, ret, err);
    *ret = SLICE("");
    return 0;
}

/* Reads the two members of a mount, a volume or a variable. */
static int read_named(const struct json_index *ix, json_ref ref, const struct member *table,
                      struct arena *arena, struct named_places *places, struct slice *ret_name,
                      struct error *err)
{
    if (members_read(ix, ref, table, 2, arena, places, err) < 0)
        return -1;
    return text_of(ix, places->name, arena, "name", ret_name, err);
}

static int read_mounts(const struct json_index *ix, struct pod_container *c, struct arena *arena,
                       struct error *err)
{
    uint32_t count = json_count(ix, c->mounts);
    if (count == 0)
        return 0;
    c->mount = arena_alloc(arena, count * sizeof(*c->mount));
    if (!c->mount)
        return arena_error(arena, err);
    json_each_element (ix, c->mounts, at) {
        struct named_places places;
        struct pod_mount *m = &c->mount[c->mount_count];
        m->ref = at;
        if (read_named(ix, at, mount_members, arena, &places, &m->name, err) < 0 ||
            text_of(ix, places.value, arena, "mountPath", &m->path, err) < 0)
            return error_wrap(err, "volumeMounts[%u]", c->mount_count);
        c->mount_count++;
    }
    return 0;
}

static int read_container(const struct json_index *ix, json_ref at, struct arena *arena,
                          struct pod_container *ret, struct error *err)
{
    struct container_places places;
    if (json_is(ix, at, JSON_NULL))
        return error_set(err, ERROR_SHAPE, "null is not a container");
    if (members_read(ix, at, ROWS(container_members), arena, &places, err) < 0)
        return -1;
    *ret = (struct pod_container){
        .ref = at,
        .mounts = places.mounts,
        .env = places.env,
        .security_context = places.security_context,
    };
    if (text_of(ix, places.name, arena, "name", &ret->name, err) < 0)
        return -1;
    return read_mounts(ix, ret, arena, err);
}

static int read_containers(const struct json_index *ix, json_ref list, const char *what,
                           struct arena *arena, struct pod_containers *ret, struct error *err)
{
    uint32_t count = json_count(ix, list);
    ret->list = list;
    if (count == 0)
        return 0;
    if (count > POD_CONTAINERS_MAX)
        return error_set(err, ERROR_SHAPE, "spec.%s has more than %u entries", what,
                         POD_CONTAINERS_MAX);
    ret->at = arena_alloc(arena, count * sizeof(*ret->at));
    if (!ret->at)
        return arena_error(arena, err);
    json_each_element (ix, list, at) {
        if (read_container(ix, at, arena, &ret->at[ret->count], err) < 0)
            return error_wrap(err, "spec.%s[%u]", what, ret->count);
        ret->count++;
    }
    return 0;
}

static int read_metadata(struct pod *pod, json_ref metadata, struct arena *arena, struct error *err)
{
    struct metadata_places places;
    if (members_read(pod->ix, metadata, ROWS(metadata_members), arena, &places, err) < 0)
        return error_wrap(err, "metadata");
    pod->metadata = metadata;
    pod->annotations = places.annotations;
    if (text_of(pod->ix, places.name, arena, "metadata.name", &pod->name, err) < 0)
        return -1;
    return text_of(pod->ix, places.generate_name, arena, "metadata.generateName",
                   &pod->generate_name, err);
}

static int read_spec(struct pod *pod, json_ref spec, struct arena *arena, struct error *err)
{
    struct spec_places places;
    if (members_read(pod->ix, spec, ROWS(spec_members), arena, &places, err) < 0)
        return error_wrap(err, "spec");
    pod->spec = spec;
    pod->volumes = places.volumes;
    if (places.share_processes != JSON_ABSENT)
        pod->share_processes =
            json_is(pod->ix, places.share_processes, JSON_TRUE) ? POD_SHARE_TRUE : POD_SHARE_FALSE;
    if (read_containers(pod->ix, places.containers, "containers", arena, &pod->app, err) < 0)
        return -1;
    return read_containers(pod->ix, places.init_containers, "initContainers", arena, &pod->init,
                           err);
}

static int read_status(struct pod *pod, json_ref status, struct arena *arena, struct error *err)
{
    json_ref phase;
    if (members_read(pod->ix, status, ROWS(status_members), arena, &phase, err) < 0)
        return error_wrap(err, "status");
    return text_of(pod->ix, phase, arena, "status.phase", &pod->phase, err);
}

int pod_read(const struct json_index *ix, json_ref object, struct arena *arena, struct pod *ret,
             struct error *err)
{
    struct object_places places;
    if (json_is_nothing(ix, object))
        return error_set(err, ERROR_SHAPE, "request.object is missing; a pod is expected there");
    if (!json_is(ix, object, JSON_OBJECT))
        return error_set(err, ERROR_SHAPE, "request.object must be a pod, not %s",
                         json_kind_name(ix, object));
    struct pod pod = { .ix = ix, .object = object };
    if (members_read(ix, object, ROWS(object_members), arena, &places, err) < 0)
        return error_wrap(err, "pod");
    if (read_metadata(&pod, places.metadata, arena, err) < 0 ||
        read_spec(&pod, places.spec, arena, err) < 0 ||
        read_status(&pod, places.status, arena, err) < 0)
        return error_wrap(err, "pod");
    *ret = pod;
    return 0;
}

int pod_run_as_user(const struct pod *pod, const struct pod_container *c, struct arena *arena,
                    int64_t *ret, struct error *err)
{
    json_ref user;
    if (members_read(pod->ix, c->security_context, ROWS(context_members), arena, &user, err) < 0)
        return error_wrap(err, "securityContext");
    if (user == JSON_ABSENT)
        return 0;
    if (num_int64(json_raw(pod->ix, user), ret) != NUM_OK)
        return error_set(err, ERROR_SHAPE, "securityContext: runAsUser is not a 64-bit integer");
    return 1;
}

int pod_find_volume(const struct pod *pod, struct slice name, struct arena *arena, json_ref *ret,
                    struct error *err)
{
    unsigned n = 0;
    json_each_element (pod->ix, pod->volumes, at) {
        struct named_places places;
        struct slice found;
        if (read_named(pod->ix, at, volume_members, arena, &places, &found, err) < 0)
            return error_wrap(err, "pod: spec: volumes[%u]", n);
        if (slice_equal(found, name)) {
            *ret = at;
            return 0;
        }
        n++;
    }
    *ret = JSON_ABSENT;
    return 0;
}

/* The token path of one projected source; absent when it has none. */
static int source_token_path(const struct json_index *ix, json_ref source, struct arena *arena,
                             struct slice *ret, struct error *err)
{
    json_ref token, path;
    if (members_read(ix, source, ROWS(source_members), arena, &token, err) < 0 ||
        members_read(ix, token, ROWS(token_members), arena, &path, err) < 0 ||
        text_of(ix, path, arena, "path", ret, err) < 0)
        return -1;
    if (ret->len == 0)
        *ret = SLICE_ABSENT;
    return 0;
}

int pod_token_path(const struct pod *pod, json_ref volume, struct arena *arena, struct slice *ret,
                   struct error *err)
{
    struct named_places places;
    struct slice name, found = SLICE_ABSENT;
    json_ref sources;
    if (read_named(pod->ix, volume, volume_members, arena, &places, &name, err) < 0 ||
        members_read(pod->ix, places.value, ROWS(projected_members), arena, &sources, err) < 0)
        return error_wrap(err, "pod: spec: volumes");
    json_each_element (pod->ix, sources, at) {
        if (source_token_path(pod->ix, at, arena, &found, err) < 0)
            return error_wrap(err, "pod: spec: volumes: projected: sources");
        if (slice_is_present(found))
            break;
    }
    *ret = found;
    return 0;
}

int pod_env(const struct pod *pod, const struct pod_container *c, struct slice name,
            struct arena *arena, struct slice *ret, struct error *err)
{
    json_each_element (pod->ix, c->env, at) {
        struct named_places places;
        struct slice found;
        if (read_named(pod->ix, at, variable_members, arena, &places, &found, err) < 0)
            return error_wrap(err, "pod: env");
        if (slice_equal(found, name))
            return text_of(pod->ix, places.value, arena, "value", ret, err);
    }
    *ret = SLICE_ABSENT;
    return 0;
}
