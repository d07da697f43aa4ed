#include "inject/container-check.h"

#include <stdint.h>

#include "base/num.h"

enum shape {
    TEXT,
    BOOL,
    INT32,
    INT64,
    PORT,       /* an int32 or a name */
    QUANTITY,   /* text or number */
    QUANTITIES, /* an object of them */
    OBJECT,
};

struct type;

struct field {
    struct slice name;
    enum shape shape;
    bool is_list;
    const struct type *type; /* of OBJECT */
};

struct type {
    const struct field *fields;
    size_t count;
};

#define TYPE(array)                             \
    {                                           \
        array, sizeof(array) / sizeof(array[0]) \
    }
#define ONE(name, shape)                     \
    {                                        \
        SLICE_INIT(name), shape, false, NULL \
    }
#define LIST(name, shape)                   \
    {                                       \
        SLICE_INIT(name), shape, true, NULL \
    }
#define SUB(name, type)                          \
    {                                            \
        SLICE_INIT(name), OBJECT, false, &(type) \
    }
#define SUBS(name, type)                        \
    {                                           \
        SLICE_INIT(name), OBJECT, true, &(type) \
    }

/* clang-format off */
static const struct field port_fields[] = {
    ONE("name", TEXT), ONE("hostPort", INT32), ONE("containerPort", INT32), ONE("protocol", TEXT),
    ONE("hostIP", TEXT),
};
static const struct type port = TYPE(port_fields);

static const struct field reference_fields[] = { ONE("name", TEXT), ONE("optional", BOOL) };
static const struct type reference = TYPE(reference_fields);

static const struct field env_from_fields[] = {
    ONE("prefix", TEXT), SUB("configMapRef", reference), SUB("secretRef", reference),
};
static const struct type env_from = TYPE(env_from_fields);

static const struct field field_ref_fields[] = { ONE("apiVersion", TEXT), ONE("fieldPath", TEXT) };
static const struct type field_ref = TYPE(field_ref_fields);

static const struct field resource_ref_fields[] = {
    ONE("containerName", TEXT), ONE("resource", TEXT), ONE("divisor", QUANTITY),
};
static const struct type resource_ref = TYPE(resource_ref_fields);

static const struct field key_ref_fields[] = {
    ONE("name", TEXT), ONE("key", TEXT), ONE("optional", BOOL), ONE("volumeName", TEXT),
    ONE("path", TEXT),
};
static const struct type key_ref = TYPE(key_ref_fields);

static const struct field env_source_fields[] = {
    SUB("fieldRef", field_ref), SUB("resourceFieldRef", resource_ref),
    SUB("configMapKeyRef", key_ref), SUB("secretKeyRef", key_ref), SUB("fileKeyRef", key_ref),
};
static const struct type env_source = TYPE(env_source_fields);

static const struct field env_fields[] = {
    ONE("name", TEXT), ONE("value", TEXT), SUB("valueFrom", env_source),
};
static const struct type env = TYPE(env_fields);

static const struct field claim_fields[] = { ONE("name", TEXT), ONE("request", TEXT) };
static const struct type claim = TYPE(claim_fields);

static const struct field resources_fields[] = {
    ONE("limits", QUANTITIES), ONE("requests", QUANTITIES), SUBS("claims", claim),
};
static const struct type resources = TYPE(resources_fields);

static const struct field resize_fields[] = { ONE("resourceName", TEXT), ONE("restartPolicy", TEXT) };
static const struct type resize = TYPE(resize_fields);

static const struct field exit_codes_fields[] = { ONE("operator", TEXT), LIST("values", INT32) };
static const struct type exit_codes = TYPE(exit_codes_fields);

static const struct field restart_rule_fields[] = { ONE("action", TEXT), SUB("exitCodes", exit_codes) };
static const struct type restart_rule = TYPE(restart_rule_fields);

static const struct field mount_fields[] = {
    ONE("name", TEXT), ONE("readOnly", BOOL), ONE("recursiveReadOnly", TEXT), ONE("mountPath", TEXT),
    ONE("subPath", TEXT), ONE("mountPropagation", TEXT), ONE("subPathExpr", TEXT),
};
static const struct type mount = TYPE(mount_fields);

static const struct field device_fields[] = { ONE("name", TEXT), ONE("devicePath", TEXT) };
static const struct type device = TYPE(device_fields);

static const struct field exec_fields[] = { LIST("command", TEXT) };
static const struct type exec = TYPE(exec_fields);

static const struct field header_fields[] = { ONE("name", TEXT), ONE("value", TEXT) };
static const struct type header = TYPE(header_fields);

static const struct field http_get_fields[] = {
    ONE("path", TEXT), ONE("port", PORT), ONE("host", TEXT), ONE("scheme", TEXT),
    SUBS("httpHeaders", header),
};
static const struct type http_get = TYPE(http_get_fields);

static const struct field tcp_socket_fields[] = { ONE("port", PORT), ONE("host", TEXT) };
static const struct type tcp_socket = TYPE(tcp_socket_fields);

static const struct field grpc_fields[] = { ONE("port", INT32), ONE("service", TEXT) };
static const struct type grpc = TYPE(grpc_fields);

static const struct field probe_fields[] = {
    SUB("exec", exec), SUB("httpGet", http_get), SUB("tcpSocket", tcp_socket), SUB("grpc", grpc),
    ONE("initialDelaySeconds", INT32), ONE("timeoutSeconds", INT32), ONE("periodSeconds", INT32),
    ONE("successThreshold", INT32), ONE("failureThreshold", INT32),
    ONE("terminationGracePeriodSeconds", INT64),
};
static const struct type probe = TYPE(probe_fields);

static const struct field sleep_fields[] = { ONE("seconds", INT64) };
static const struct type sleep_action = TYPE(sleep_fields);

static const struct field handler_fields[] = {
    SUB("exec", exec), SUB("httpGet", http_get), SUB("tcpSocket", tcp_socket),
    SUB("sleep", sleep_action),
};
static const struct type handler = TYPE(handler_fields);

static const struct field lifecycle_fields[] = {
    SUB("postStart", handler), SUB("preStop", handler), ONE("stopSignal", TEXT),
};
static const struct type lifecycle = TYPE(lifecycle_fields);

static const struct field capabilities_fields[] = { LIST("add", TEXT), LIST("drop", TEXT) };
static const struct type capabilities = TYPE(capabilities_fields);

static const struct field selinux_fields[] = {
    ONE("user", TEXT), ONE("role", TEXT), ONE("type", TEXT), ONE("level", TEXT),
};
static const struct type selinux = TYPE(selinux_fields);

static const struct field windows_fields[] = {
    ONE("gmsaCredentialSpecName", TEXT), ONE("gmsaCredentialSpec", TEXT), ONE("runAsUserName", TEXT),
    ONE("hostProcess", BOOL),
};
static const struct type windows = TYPE(windows_fields);

static const struct field confinement_fields[] = { ONE("type", TEXT), ONE("localhostProfile", TEXT) };
static const struct type confinement = TYPE(confinement_fields);

static const struct field security_fields[] = {
    SUB("capabilities", capabilities), ONE("privileged", BOOL), SUB("seLinuxOptions", selinux),
    SUB("windowsOptions", windows), ONE("runAsUser", INT64), ONE("runAsGroup", INT64),
    ONE("runAsNonRoot", BOOL), ONE("readOnlyRootFilesystem", BOOL),
    ONE("allowPrivilegeEscalation", BOOL), ONE("procMount", TEXT),
    SUB("seccompProfile", confinement), SUB("appArmorProfile", confinement),
};
static const struct type security = TYPE(security_fields);

static const struct field container_fields[] = {
    ONE("name", TEXT), ONE("image", TEXT), LIST("command", TEXT), LIST("args", TEXT),
    ONE("workingDir", TEXT), SUBS("ports", port), SUBS("envFrom", env_from), SUBS("env", env),
    SUB("resources", resources), SUBS("resizePolicy", resize), ONE("restartPolicy", TEXT),
    SUBS("restartPolicyRules", restart_rule), SUBS("volumeMounts", mount),
    SUBS("volumeDevices", device), SUB("livenessProbe", probe), SUB("readinessProbe", probe),
    SUB("startupProbe", probe), SUB("lifecycle", lifecycle), ONE("terminationMessagePath", TEXT),
    ONE("terminationMessagePolicy", TEXT), ONE("imagePullPolicy", TEXT),
    SUB("securityContext", security), ONE("stdin", BOOL), ONE("stdinOnce", BOOL), ONE("tty", BOOL),
};
static const struct type container = TYPE(container_fields);

static const char *const expected[] = {
    [TEXT] = "a string", [BOOL] = "true or false", [INT32] = "a 32-bit integer",
    [INT64] = "a 64-bit integer", [PORT] = "a port number or name",
    [QUANTITY] = "a quantity such as 250m, 64Mi or 1Gi", [QUANTITIES] = "an object of quantities",
    [OBJECT] = "an object",
};
/* clang-format on */

static bool is_integer(const struct json_index *ix, json_ref ref, int64_t low, int64_t high)
{
    int64_t value = 0;
    return json_is(ix, ref, JSON_NUMBER) && num_int64(json_raw(ix, ref), &value) == NUM_OK &&
           value >= low && value <= high;
}

static bool is_quantity(const struct json_index *ix, json_ref ref)
{
    if (json_is(ix, ref, JSON_NUMBER))
        return num_is_quantity(json_raw(ix, ref));
    return json_is(ix, ref, JSON_STRING) && num_is_quantity(json_escaped(ix, ref));
}

static bool are_quantities(const struct json_index *ix, json_ref ref)
{
    if (!json_is(ix, ref, JSON_OBJECT))
        return false;
    json_each_member (ix, ref, name) {
        if (!json_is(ix, name + 1, JSON_NULL) && !is_quantity(ix, name + 1))
            return false;
    }
    return true;
}

static bool fits(const struct json_index *ix, json_ref ref, enum shape shape)
{
    switch (shape) {
    case TEXT:
        return json_is(ix, ref, JSON_STRING);
    case BOOL:
        return json_is(ix, ref, JSON_TRUE) || json_is(ix, ref, JSON_FALSE);
    case INT32:
        return is_integer(ix, ref, INT32_MIN, INT32_MAX);
    case INT64:
        return is_integer(ix, ref, INT64_MIN, INT64_MAX);
    case PORT:
        return json_is(ix, ref, JSON_STRING) || is_integer(ix, ref, INT32_MIN, INT32_MAX);
    case QUANTITY:
        return is_quantity(ix, ref);
    case QUANTITIES:
        return are_quantities(ix, ref);
    case OBJECT:
    default:
        return json_is(ix, ref, JSON_OBJECT);
    }
}

/* The kind that was found, or that its value does not fit. */
static const char *describe(const struct json_index *ix, json_ref ref, enum shape shape)
{
    bool right_kind = (json_is(ix, ref, JSON_NUMBER) && (shape == INT32 || shape == INT64)) ||
                      (json_is(ix, ref, JSON_STRING) && shape == QUANTITY);
    return right_kind || shape == QUANTITIES ? "another value" : json_kind_name(ix, ref);
}

/* NOLINTBEGIN(misc-no-recursion): as deep as the tables above are */

static int check_object(const struct json_index *ix, json_ref ref, const struct type *type,
                        struct arena *arena, struct error *err);

static int check_value(const struct json_index *ix, json_ref ref, const struct field *field,
                       struct arena *arena, struct error *err)
{
    if (json_is(ix, ref, JSON_NULL))
        return 0;
    if (!fits(ix, ref, field->shape))
        return error_set(err, ERROR_SHAPE, "expected %s, found %s", expected[field->shape],
                         describe(ix, ref, field->shape));
    return field->shape == OBJECT ? check_object(ix, ref, field->type, arena, err) : 0;
}

static int check_list(const struct json_index *ix, json_ref ref, const struct field *field,
                      struct arena *arena, struct error *err)
{
    if (json_is(ix, ref, JSON_NULL))
        return 0;
    if (!json_is(ix, ref, JSON_ARRAY))
        return error_set(err, ERROR_SHAPE, "expected an array, found %s", json_kind_name(ix, ref));
    json_each_element (ix, ref, at) {
        if (check_value(ix, at, field, arena, err) < 0)
            return -1;
    }
    return 0;
}

static int check_member(const struct json_index *ix, json_ref name, const struct type *type,
                        struct arena *arena, struct error *err)
{
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        if (!json_string_is(ix, name, field->name))
            continue;
        int rc = field->is_list ? check_list(ix, name + 1, field, arena, err)
                                : check_value(ix, name + 1, field, arena, err);
        return rc < 0 ? error_wrap(err, SLICE_FMT, SLICE_ARG(field->name)) : 0;
    }
    return 0;
}

static int check_object(const struct json_index *ix, json_ref ref, const struct type *type,
                        struct arena *arena, struct error *err)
{
    struct error twice = ERROR_INIT; /* its message names a member of a sensitive patch */
    if (json_check_unique(ix, ref, arena, "", &twice) < 0)
        return error_set(err, twice.code, "a member stands twice");
    json_each_member (ix, ref, name) {
        if (check_member(ix, name, type, arena, err) < 0)
            return -1;
    }
    return 0;
}

/* NOLINTEND(misc-no-recursion) */

int container_check(const struct json_index *ix, json_ref ref, struct arena *arena,
                    struct error *err)
{
    if (!json_is(ix, ref, JSON_OBJECT))
        return error_set(err, ERROR_SHAPE, "expected an object, found %s", json_kind_name(ix, ref));
    return check_object(ix, ref, &container, arena, err);
}
