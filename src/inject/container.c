#include "inject/container.h"

#include "base/base64.h"
#include "inject/agent-env.h"

#define CUSTOM_VOLUME "vault-secrets-custom-"

/* clang-format off */
static const struct slice name_members[] = {
    [AGENT_INIT]    = SLICE_INIT("\"name\":\"vault-agent-init\""),
    [AGENT_SIDECAR] = SLICE_INIT("\"name\":\"vault-agent\""),
};

static const struct slice home_mounts[] = {
    [AGENT_INIT]    = SLICE_INIT("{\"name\":\"home-init\",\"mountPath\":\"/home/vault\"}"),
    [AGENT_SIDECAR] = SLICE_INIT("{\"name\":\"home-sidecar\",\"mountPath\":\"/home/vault\"}"),
};

/* The root file system is read-only, so configuration and token live in the home volume. */
static const struct slice generated_args = SLICE_INIT(
    "[\"echo ${VAULT_CONFIG?} | base64 -d > /home/vault/config.json && vault agent -config=/home/vault/config.json\"]");

static const struct slice configmap_args[] = {
    [AGENT_INIT]    = SLICE_INIT("[\"touch /home/vault/.vault-token && vault agent -config=/vault/configs/config-init.hcl\"]"),
    [AGENT_SIDECAR] = SLICE_INIT("[\"touch /home/vault/.vault-token && vault agent -config=/vault/configs/config.hcl\"]"),
};

struct resource {
    struct slice name;
    size_t limit, request; /* of struct settings */
};

static const struct resource resources[] = {
    { SLICE_INIT("cpu"),               offsetof(struct settings, limits_cpu),       offsetof(struct settings, requests_cpu) },
    { SLICE_INIT("memory"),            offsetof(struct settings, limits_memory),    offsetof(struct settings, requests_memory) },
    { SLICE_INIT("ephemeral-storage"), offsetof(struct settings, limits_ephemeral), offsetof(struct settings, requests_ephemeral) },
};
/* clang-format on */

#define RESOURCE_COUNT (sizeof(resources) / sizeof(resources[0]))

static void put_mount(struct json_writer *w, struct slice name, struct slice path, bool read_only)
{
    json_open(w, '{');
    json_member_string(w, SLICE("name"), name);
    json_member_string(w, SLICE("mountPath"), path);
    if (read_only)
        json_member_bool(w, SLICE("readOnly"), true);
    json_close(w, '}');
}

void container_write_secrets_mount(const struct plan *plan, unsigned i, struct json_writer *w)
{
    if (i == 0) {
        put_mount(w, SLICE("vault-secrets"), plan->settings->secret_volume_path, false);
        return;
    }
    json_open(w, '{');
    json_put_name(w, SLICE("name"));
    buf_put_lit(w->out, "\"" CUSTOM_VOLUME);
    buf_put_int(w->out, i - 1);
    buf_put_char(w->out, '"');
    w->comma = true;
    json_member_string(w, SLICE("mountPath"), plan->custom_paths[i - 1]);
    json_close(w, '}');
}

/* The mounts of one container as they are, but for those of service account tokens. */
static void copy_mounts(const struct pod *pod, const struct pod_containers *list, struct slice name,
                        struct json_writer *w)
{
    for (unsigned i = 0; i < list->count; i++) {
        const struct pod_container *c = &list->at[i];
        for (unsigned k = 0; slice_equal(c->name, name) && k < c->mount_count; k++) {
            const struct pod_mount *m = &c->mount[k];
            if (slice_contains_nocase(m->path, SLICE("serviceaccount")))
                continue;
            if (json_is(pod->ix, m->ref, JSON_NULL))
                put_mount(w, m->name, m->path, false);
            else
                json_put_raw(w, json_raw(pod->ix, m->ref));
        }
    }
}

static void write_mounts(const struct plan *plan, enum agent_role role, struct json_writer *w)
{
    const struct settings *s = plan->settings;
    json_open(w, '[');
    if (role == AGENT_INIT)
        json_put_raw(w, home_mounts[role]);
    put_mount(w, s->token.name, s->token.mount_path, true);
    if (role == AGENT_SIDECAR)
        json_put_raw(w, home_mounts[role]);
    if (plan->aws_mount)
        put_mount(w, plan->aws_mount->name, plan->aws_mount->path, true);
    for (unsigned i = 0; i <= plan->custom_count; i++)
        container_write_secrets_mount(plan, i, w);
    if (s->extra_secret.len > 0)
        put_mount(w, SLICE("extra-secrets"), SLICE("/vault/custom"), true);
    if (s->copy_volume_mounts.len > 0) {
        copy_mounts(plan->pod, &plan->pod->app, s->copy_volume_mounts, w);
        copy_mounts(plan->pod, &plan->pod->init, s->copy_volume_mounts, w);
    }
    if (s->configmap.len > 0)
        put_mount(w, SLICE("vault-config"), SLICE("/vault/configs"), true);
    if (s->tls_secret.len > 0)
        put_mount(w, SLICE("vault-tls-secrets"), SLICE("/vault/tls"), true);
    if (plan->cache_persists)
        put_mount(w, SLICE("vault-agent-cache"), SLICE("/vault/agent-cache"), false);
    json_close(w, ']');
}

static struct slice text_at(const struct settings *s, size_t offset)
{
    return *(const struct slice *)(const void *)((const char *)s + offset);
}

/* One of limits and requests; an empty one is left out. */
static void write_quantities(const struct settings *s, struct slice name, bool limits,
                             struct json_writer *w)
{
    bool any = false;
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        struct slice value = text_at(s, limits ? resources[i].limit : resources[i].request);
        if (value.len == 0)
            continue;
        if (!any) {
            json_put_name(w, name);
            json_open(w, '{');
        }
        any = true;
        json_member_string(w, resources[i].name, value);
    }
    if (any)
        json_close(w, '}');
}

static void write_resources(const struct settings *s, struct json_writer *w)
{
    json_put_name(w, SLICE("resources"));
    json_open(w, '{');
    write_quantities(s, SLICE("limits"), true, w);
    write_quantities(s, SLICE("requests"), false, w);
    json_close(w, '}');
}

static void write_security_context(const struct settings *s, struct json_writer *w)
{
    if (!s->set_security_context)
        return;
    json_put_name(w, SLICE("securityContext"));
    json_open(w, '{');
    json_member_int(w, SLICE("runAsUser"), s->run_as_user);
    json_member_int(w, SLICE("runAsGroup"), s->run_as_group);
    json_member_bool(w, SLICE("runAsNonRoot"), s->run_as_user != 0 && s->run_as_group != 0);
    json_put_raw(w, SLICE("\"readOnlyRootFilesystem\":true,\"allowPrivilegeEscalation\":false,"
                          "\"capabilities\":{\"drop\":[\"ALL\"]}"));
    json_close(w, '}');
}

static void put_flag(struct buf *out, const char *flag, struct slice value)
{
    if (value.len == 0)
        return;
    buf_put(out, flag, strlen(flag));
    json_escape(out, value);
}

/* The hook is upstream's, unquoted values and missing TLS flags included (K18). */
static void write_lifecycle(const struct settings *s, struct json_writer *w)
{
    if (!s->revoke_on_shutdown) {
        json_member_raw(w, SLICE("lifecycle"), SLICE("{}"));
        return;
    }
    json_put_name(w, SLICE("lifecycle"));
    buf_put_lit(w->out, "{\"preStop\":{\"exec\":{\"command\":[\"/bin/sh\",\"-c\",\"/bin/sleep ");
    buf_printf(w->out, "%llu", (unsigned long long)s->revoke_grace);
    buf_put_lit(w->out, " && /bin/vault token revoke -address=");
    json_escape(w->out, s->address);
    put_flag(w->out, " -ca-cert=", s->ca_cert);
    put_flag(w->out, " -client-cert=", s->client_cert);
    put_flag(w->out, " -client-key=", s->client_key);
    buf_put_lit(w->out, " -self\"]}}}");
    w->comma = true;
}

int container_prepare(struct evaluation *e, const struct plan *plan, struct container_parts *parts)
{
    const struct settings *s = plan->settings;
    struct json_writer w = json_writer(&parts->text);
    size_t config = 0;
    json_member_string(&w, SLICE("image"), s->image);
    json_put_raw(&w, SLICE("\"command\":[\"/bin/sh\",\"-ec\"]"));
    json_member_raw(&w, SLICE("args"), s->configmap.len > 0 ? SLICE("") : generated_args);
    size_t args = parts->text.len;
    json_put_name(&w, SLICE("env"));
    if (agent_env_write(e, plan, &w, &config) < 0)
        return -1;
    write_resources(s, &w);
    parts->gap = s->configmap.len > 0 ? args : config;
    return evaluation_check(e, &parts->text, "the container");
}

void container_write(const struct plan *plan, const struct container_parts *parts,
                     enum agent_role role, struct slice config, struct json_writer *w)
{
    const struct settings *s = plan->settings;
    const struct slice text = buf_slice(&parts->text);
    json_open(w, '{');
    json_put_raw(w, name_members[role]);
    json_put_raw(w, (struct slice){ text.ptr, parts->gap });
    if (s->configmap.len > 0)
        buf_put_slice(w->out, configmap_args[role]);
    else
        base64_encode(w->out, config);
    buf_put_slice(w->out, slice_after(text, parts->gap));
    json_put_name(w, SLICE("volumeMounts"));
    write_mounts(plan, role, w);
    if (role == AGENT_SIDECAR)
        write_lifecycle(s, w);
    write_security_context(s, w);
    json_close(w, '}');
}
