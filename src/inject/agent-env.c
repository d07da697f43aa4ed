#include "inject/agent-env.h"

#include "base/base64.h"
#include "base/text.h"

struct variable {
    struct slice name;
    size_t field; /* of struct settings */
};

/* clang-format off */
#define FIELD(m) offsetof(struct settings, m)

/* From the pod itself; the values are constant text. */
static const struct slice pod_variables[] = {
    SLICE_INIT("{\"name\":\"NAMESPACE\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"metadata.namespace\"}}}"),
    SLICE_INIT("{\"name\":\"HOST_IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.hostIP\"}}}"),
    SLICE_INIT("{\"name\":\"POD_IP\",\"valueFrom\":{\"fieldRef\":{\"fieldPath\":\"status.podIP\"}}}"),
};

/* Each only when its value is not empty. */
static const struct variable optional_variables[] = {
    { SLICE_INIT("GOMAXPROCS"),           FIELD(go_max_procs) },
    { SLICE_INIT("VAULT_CLIENT_TIMEOUT"), FIELD(client_timeout) },
    { SLICE_INIT("VAULT_MAX_RETRIES"),    FIELD(client_max_retries) },
    { SLICE_INIT("VAULT_LOG_LEVEL"),      FIELD(log_level) },
    { SLICE_INIT("VAULT_LOG_FORMAT"),     FIELD(log_format) },
    { SLICE_INIT("HTTPS_PROXY"),          FIELD(proxy_address) },
};

/* With a ConfigMap the connection is set by variables; VAULT_SKIP_VERIFY stands before the last. */
static const struct variable configmap_variables[] = {
    { SLICE_INIT("VAULT_ADDR"),        FIELD(address) },
    { SLICE_INIT("VAULT_CACERT"),      FIELD(ca_cert) },
    { SLICE_INIT("VAULT_CAPATH"),      FIELD(ca_path) },
    { SLICE_INIT("VAULT_CLIENT_CERT"), FIELD(client_cert) },
    { SLICE_INIT("VAULT_CLIENT_KEY"),  FIELD(client_key) },
};

static const struct slice aws_variables[] = {
    SLICE_INIT("AWS_DEFAULT_REGION"),
    SLICE_INIT("AWS_REGION"),
    SLICE_INIT("AWS_ROLE_ARN"),
    SLICE_INIT("AWS_WEB_IDENTITY_TOKEN_FILE"),
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

static void put_variable(struct json_writer *w, struct slice name, struct slice value)
{
    json_open(w, '{');
    json_member_string(w, SLICE("name"), name);
    json_member_string(w, SLICE("value"), value);
    json_close(w, '}');
}

static void put_optional(const struct settings *s, const struct variable *rows, size_t n,
                         struct json_writer *w)
{
    for (size_t i = 0; i < n; i++) {
        struct slice value = *(const struct slice *)(const void *)((const char *)s + rows[i].field);
        if (value.len > 0)
            put_variable(w, rows[i].name, value);
    }
}

static void put_connection(const struct settings *s, struct json_writer *w)
{
    put_optional(s, configmap_variables, COUNT(configmap_variables), w);
    put_variable(w, SLICE("VAULT_SKIP_VERIFY"),
                 s->tls_skip_verify ? SLICE("true") : SLICE("false"));
    if (s->tls_server_name.len > 0)
        put_variable(w, SLICE("VAULT_TLS_SERVER_NAME"), s->tls_server_name);
}

/* The operator may give the certificate as base64 or as it is. */
static int put_cacert_bytes(struct evaluation *e, struct json_writer *w)
{
    struct slice given = e->opt->vault_cacert_bytes;
    if (given.len == 0)
        return 0;
    buf_clear(e->text);
    if (!base64_decode(e->text, given)) {
        put_variable(w, SLICE("VAULT_CACERT_BYTES"), given);
        return 0;
    }
    json_put_raw(w, SLICE("{\"name\":\"VAULT_CACERT_BYTES\",\"value\":\""));
    text_put_json_replaced(w->out, buf_slice(e->text));
    buf_put_lit(w->out, "\"}");
    return buf_check(e->text, "the CA certificate", &e->err);
}

/* The first app container that has the variable gives its value; valueFrom gives "" (K11). */
static int put_aws_variable(struct evaluation *e, struct slice name, struct json_writer *w)
{
    struct error err = ERROR_INIT;
    for (unsigned i = 0; i < e->pod->app.count; i++) {
        struct slice value;
        if (pod_env(e->pod, &e->pod->app.at[i], name, e->arena, &value, &err) < 0)
            return evaluation_fail(e, REASON_POD_UNREADABLE, &err);
        if (slice_is_present(value)) {
            put_variable(w, name, value);
            break;
        }
    }
    return 0;
}

static int put_aws(struct evaluation *e, struct json_writer *w)
{
    for (size_t i = 0; i < COUNT(aws_variables); i++) {
        if (put_aws_variable(e, aws_variables[i], w) < 0)
            return -1;
    }
    struct slice region = annotation_set_member(&e->set, ANN_AUTH_CONFIG, SLICE("region"));
    if (slice_is_present(region))
        put_variable(w, SLICE("AWS_REGION"), region);
    return 0;
}

int agent_env_write(struct evaluation *e, const struct plan *plan, struct json_writer *w,
                    size_t *ret_config)
{
    const struct settings *s = plan->settings;
    json_open(w, '[');
    for (size_t i = 0; i < COUNT(pod_variables); i++)
        json_put_raw(w, pod_variables[i]);
    put_optional(s, optional_variables, COUNT(optional_variables), w);
    if (s->configmap.len > 0) {
        put_connection(s, w);
    } else {
        json_put_raw(w, SLICE("{\"name\":\"VAULT_CONFIG\",\"value\":\"\"}"));
        *ret_config = w->out->len - SLICE("\"}").len;
    }
    if (put_cacert_bytes(e, w) < 0)
        return -1;
    if (slice_equal(s->auth_type, SLICE("aws")) && put_aws(e, w) < 0)
        return -1;
    json_close(w, ']');
    return 0;
}
