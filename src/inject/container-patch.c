#include "inject/container-patch.h"

#include "base/num.h"
#include "inject/members.h"
#include "json/patch.h"

/*
 * The members of a container whose type we know (k8s.io/api/core/v1 Container).  Others pass: the API
 * server judges them.
 */
struct container_places {
    json_ref name, image, command, args, working_dir, ports, env_from, env, resources, mounts,
        devices, liveness, readiness, startup, lifecycle, message_path, message_policy, pull_policy,
        security_context, stdin, stdin_once, tty, restart_policy;
};

#define PLACE(m) offsetof(struct container_places, m)

/* clang-format off */
static const struct member container_members[] = {
    { SLICE_INIT("name"),                     MEMBER_STRING, PLACE(name) },
    { SLICE_INIT("image"),                    MEMBER_STRING, PLACE(image) },
    { SLICE_INIT("command"),                  MEMBER_ARRAY,  PLACE(command) },
    { SLICE_INIT("args"),                     MEMBER_ARRAY,  PLACE(args) },
    { SLICE_INIT("workingDir"),               MEMBER_STRING, PLACE(working_dir) },
    { SLICE_INIT("ports"),                    MEMBER_ARRAY,  PLACE(ports) },
    { SLICE_INIT("envFrom"),                  MEMBER_ARRAY,  PLACE(env_from) },
    { SLICE_INIT("env"),                      MEMBER_ARRAY,  PLACE(env) },
    { SLICE_INIT("resources"),                MEMBER_OBJECT, PLACE(resources) },
    { SLICE_INIT("volumeMounts"),             MEMBER_ARRAY,  PLACE(mounts) },
    { SLICE_INIT("volumeDevices"),            MEMBER_ARRAY,  PLACE(devices) },
    { SLICE_INIT("livenessProbe"),            MEMBER_OBJECT, PLACE(liveness) },
    { SLICE_INIT("readinessProbe"),           MEMBER_OBJECT, PLACE(readiness) },
    { SLICE_INIT("startupProbe"),             MEMBER_OBJECT, PLACE(startup) },
    { SLICE_INIT("lifecycle"),                MEMBER_OBJECT, PLACE(lifecycle) },
    { SLICE_INIT("terminationMessagePath"),   MEMBER_STRING, PLACE(message_path) },
    { SLICE_INIT("terminationMessagePolicy"), MEMBER_STRING, PLACE(message_policy) },
    { SLICE_INIT("imagePullPolicy"),          MEMBER_STRING, PLACE(pull_policy) },
    { SLICE_INIT("securityContext"),          MEMBER_OBJECT, PLACE(security_context) },
    { SLICE_INIT("stdin"),                    MEMBER_BOOL,   PLACE(stdin) },
    { SLICE_INIT("stdinOnce"),                MEMBER_BOOL,   PLACE(stdin_once) },
    { SLICE_INIT("tty"),                      MEMBER_BOOL,   PLACE(tty) },
    { SLICE_INIT("restartPolicy"),            MEMBER_STRING, PLACE(restart_policy) },
};
/* clang-format on */

struct named_places {
    json_ref name, value;
};

static const struct member variable_members[] = {
    { SLICE_INIT("name"), MEMBER_STRING, offsetof(struct named_places, name) },
    { SLICE_INIT("value"), MEMBER_STRING, offsetof(struct named_places, value) },
};

static const struct member mount_members[] = {
    { SLICE_INIT("name"), MEMBER_STRING, offsetof(struct named_places, name) },
    { SLICE_INIT("mountPath"), MEMBER_STRING, offsetof(struct named_places, value) },
};

struct resource_places {
    json_ref limits, requests;
};

static const struct member resource_members[] = {
    { SLICE_INIT("limits"), MEMBER_OBJECT, offsetof(struct resource_places, limits) },
    { SLICE_INIT("requests"), MEMBER_OBJECT, offsetof(struct resource_places, requests) },
};

#define ROWS(table) table, sizeof(table) / sizeof(table[0])

static int check_texts(const struct json_index *ix, json_ref list, const char *what,
                       struct error *err)
{
    json_each_element (ix, list, at) {
        if (!json_is(ix, at, JSON_STRING) && !json_is(ix, at, JSON_NULL))
            return error_set(err, ERROR_SHAPE, "%s: a string is expected, not %s", what,
                             json_kind_name(ix, at));
    }
    return 0;
}

static int check_objects(const struct json_index *ix, json_ref list, const struct member *table,
                         const char *what, struct arena *arena, struct error *err)
{
    struct named_places places;
    json_each_element (ix, list, at) {
        if (members_read(ix, at, table, 2, arena, &places, err) < 0)
            return error_wrap(err, "%s", what);
    }
    return 0;
}

/* A quantity is a string or a number, as the API server accepts it. */
static int check_quantities(const struct json_index *ix, json_ref object, const char *what,
                            struct arena *arena, struct error *err)
{
    json_each_member (ix, object, name) {
        struct slice text = SLICE_ABSENT;
        if (json_is(ix, name + 1, JSON_NUMBER))
            text = json_raw(ix, name + 1);
        else if (json_is(ix, name + 1, JSON_STRING) &&
                 json_string(ix, name + 1, arena, what, &text, err) < 0)
            return -1;
        if (!json_is(ix, name + 1, JSON_NULL) && !num_is_quantity(text))
            return error_set(err, ERROR_SHAPE,
                             "%s: a value is not a quantity such as 250m, 64Mi or 1Gi", what);
    }
    return 0;
}

static int check_resources(const struct json_index *ix, json_ref ref, struct arena *arena,
                           struct error *err)
{
    struct resource_places places;
    if (members_read(ix, ref, ROWS(resource_members), arena, &places, err) < 0)
        return error_wrap(err, "resources");
    if (check_quantities(ix, places.limits, "resources.limits", arena, err) < 0)
        return -1;
    return check_quantities(ix, places.requests, "resources.requests", arena, err);
}

int container_check(const struct json_index *ix, json_ref ref, struct arena *arena,
                    struct error *err)
{
    struct container_places places;
    if (members_read(ix, ref, ROWS(container_members), arena, &places, err) < 0 ||
        check_texts(ix, places.command, "command", err) < 0 ||
        check_texts(ix, places.args, "args", err) < 0 ||
        check_objects(ix, places.env, variable_members, "env", arena, err) < 0 ||
        check_objects(ix, places.mounts, mount_members, "volumeMounts", arena, err) < 0)
        return -1;
    return check_resources(ix, places.resources, arena, err);
}

static int deny_result(struct evaluation *e, const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, err);
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "the JSON patch leaves no valid container: %s", err->msg);
}

/* The op of the first operation that RFC 6902 does not know, as upstream names it; else absent. */
static int find_unknown_op(const struct json_index *ix, struct arena *arena, struct slice *ret,
                           struct error *err)
{
    static const struct slice known[] = {
        SLICE_INIT("add"),  SLICE_INIT("remove"), SLICE_INIT("replace"),
        SLICE_INIT("move"), SLICE_INIT("copy"),   SLICE_INIT("test"),
    };
    *ret = SLICE_ABSENT;
    json_each_element (ix, JSON_ROOT, at) {
        json_ref op = json_member(ix, at, SLICE("op"));
        bool is_known = false;
        for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
            is_known = is_known || json_string_is(ix, op, known[i]);
        if (is_known)
            continue;
        if (json_is(ix, op, JSON_STRING))
            return json_string(ix, op, arena, "op", ret, err);
        *ret = SLICE("unknown");
        return 0;
    }
    return 0;
}

static int check_operations(struct evaluation *e)
{
    struct error err = ERROR_INIT;
    struct slice unknown;
    if (find_unknown_op(e->side_index, e->arena, &unknown, &err) < 0)
        return evaluation_fail(e, REASON_JSON_PATCH_FAILED, &err);
    if (!slice_is_present(unknown))
        return 0;
    evaluation_warn(
        e, REASON_WARN_DETAIL,
        "JSON patch for an agent container: op is add, remove, replace, move, copy or test");
    return evaluation_deny(e, REASON_JSON_PATCH_FAILED,
                           "failed to apply JSON patch: Unexpected kind: " SLICE_FMT,
                           SLICE_ARG(unknown));
}

int container_patch(struct evaluation *e, struct slice patch, struct slice container,
                    struct json_index *container_index, struct buf *out)
{
    struct error err = ERROR_INIT;
    if (json_scan(e->side_index, patch, &err) < 0 ||
        json_scan(container_index, container, &err) < 0)
        return evaluation_fail(e, REASON_SELF_CHECK, &err);
    if (check_operations(e) < 0)
        return -1;
    if (json_patch_apply(e->side_index, JSON_ROOT, container_index, JSON_ROOT, e->arena, out,
                         &err) < 0) {
        if (err.code == ERROR_NOMEM)
            return evaluation_fail(e, REASON_JSON_PATCH_FAILED, &err);
        return evaluation_deny(e, REASON_JSON_PATCH_FAILED, "failed to apply JSON patch: %s",
                               err.msg);
    }
    if (json_scan(container_index, buf_slice(out), &err) < 0 ||
        container_check(container_index, JSON_ROOT, e->arena, &err) < 0)
        return deny_result(e, &err);
    return 0;
}
