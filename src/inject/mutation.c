#include "inject/mutation.h"

#include "inject/agent-config.h"
#include "inject/container-patch.h"

#define AGENT_INIT_NAME "vault-agent-init"
#define STATUS_POINTER "/metadata/annotations/vault.hashicorp.com~1agent-inject-status"

static void put_memory_volume(struct patch_list *l, struct slice name)
{
    struct json_writer *w = &l->p->w;
    patch_list_begin_element(l);
    json_put_raw(w, SLICE("{\"emptyDir\":{\"medium\":\"Memory\"},\"name\":\""));
    buf_put_slice(w->out, name);
    buf_put_lit(w->out, "\"}");
    patch_list_end_element(l);
}

static void put_custom_volume(struct patch_list *l, unsigned i)
{
    struct json_writer *w = &l->p->w;
    patch_list_begin_element(l);
    json_open(w, '{');
    json_put_name(w, SLICE("name"));
    buf_put_lit(w->out, "\"vault-secrets-custom-");
    buf_put_int(w->out, i);
    buf_put_char(w->out, '"');
    w->comma = true;
    json_put_raw(w, SLICE("\"emptyDir\":{\"medium\":\"Memory\"}"));
    json_close(w, '}');
    patch_list_end_element(l);
}

/* A volume with one source that names an object: {"name": .., "<source>": {"<key>": value}}. */
static void put_source_volume(struct patch_list *l, struct slice name, struct slice source,
                              struct slice key, struct slice value)
{
    struct json_writer *w = &l->p->w;
    if (value.len == 0)
        return;
    patch_list_begin_element(l);
    json_open(w, '{');
    json_member_string(w, SLICE("name"), name);
    json_put_name(w, source);
    json_open(w, '{');
    json_member_string(w, key, value);
    json_close(w, '}');
    json_close(w, '}');
    patch_list_end_element(l);
}

/* Upstream replaces the list again and again on a pod without volumes; ours keeps them all (K02). */
static void write_volumes(const struct plan *plan, struct patch *p)
{
    const struct settings *s = plan->settings;
    struct patch_list l;
    patch_list_begin(&l, p, plan->pod->spec, plan->pod->volumes,
                     (struct patch_pointer){ .head = SLICE("/spec/volumes") });
    if (plan->has_init)
        put_memory_volume(&l, SLICE("home-init"));
    if (plan->has_sidecar)
        put_memory_volume(&l, SLICE("home-sidecar"));
    put_memory_volume(&l, SLICE("vault-secrets"));
    for (unsigned i = 0; i < plan->custom_count; i++)
        put_custom_volume(&l, i);
    put_source_volume(&l, SLICE("vault-config"), SLICE("configMap"), SLICE("name"), s->configmap);
    put_source_volume(&l, SLICE("extra-secrets"), SLICE("secret"), SLICE("secretName"),
                      s->extra_secret);
    put_source_volume(&l, SLICE("vault-tls-secrets"), SLICE("secret"), SLICE("secretName"),
                      s->tls_secret);
    if (plan->cache_persists)
        put_memory_volume(&l, SLICE("vault-agent-cache"));
    patch_list_end(&l);
}

static bool is_selected(const struct plan *plan, struct slice name)
{
    return !slice_is_present(plan->settings->containers) || names_has(&plan->selected, name);
}

static void write_mounts(const struct plan *plan, const struct pod_container *c, struct slice list,
                         unsigned at, struct patch *p)
{
    struct patch_list l;
    struct patch_pointer pointer = { list, SLICE("/volumeMounts"), at };
    patch_list_begin(&l, p, c->ref, c->mounts, pointer);
    for (unsigned i = 0; i <= plan->custom_count; i++) {
        patch_list_begin_element(&l);
        container_write_secrets_mount(plan, i, &p->w);
        patch_list_end_element(&l);
    }
    patch_list_end(&l);
}

/* All init containers get the mounts, whatever agent-inject-containers selects (K27). */
static void write_own_mounts(const struct plan *plan, struct patch *p)
{
    const struct pod *pod = plan->pod;
    for (unsigned i = 0; i < pod->app.count; i++) {
        if (is_selected(plan, pod->app.at[i].name))
            write_mounts(plan, &pod->app.at[i], SLICE("/spec/containers/"), i, p);
    }
    for (unsigned i = 0; plan->has_init && i < pod->init.count; i++) {
        if (!slice_equal(pod->init.at[i].name, SLICE(AGENT_INIT_NAME)))
            write_mounts(plan, &pod->init.at[i], SLICE("/spec/initContainers/"), i, p);
    }
}

/* Makes the container's text: straight into the patch, or by way of the user's JSON patch. */
static int write_container(struct evaluation *e, const struct plan *plan, enum agent_role role,
                           struct mutation_memory *m, struct json_writer *w)
{
    const struct settings *s = plan->settings;
    struct slice user_patch = role == AGENT_INIT ? s->init_json_patch : s->json_patch;
    struct slice config = buf_slice(&m->config[role]);
    if (user_patch.len == 0) {
        container_write(plan, &m->parts, role, config, w);
        return 0;
    }
    buf_clear(&m->container);
    buf_clear(&m->patched);
    struct json_writer plain = json_writer(&m->container);
    container_write(plan, &m->parts, role, config, &plain);
    if (evaluation_check(e, &m->container, "the container") < 0 ||
        container_patch(e, user_patch, buf_slice(&m->container), &m->container_index, &m->patched) <
            0)
        return -1;
    json_put_raw(w, buf_slice(&m->patched));
    return 0;
}

/* The sidecar's configuration differs from the init container's in one member only. */
static int write_config(struct evaluation *e, const struct plan *plan, enum agent_role role,
                        struct mutation_memory *m)
{
    if (plan->settings->configmap.len > 0)
        return 0;
    if (role == AGENT_INIT || !plan->has_init)
        return agent_config_write(e, plan, role, &m->config[role]);
    agent_config_derive(buf_slice(&m->config[AGENT_INIT]), &m->config[AGENT_SIDECAR]);
    return 0;
}

/* Configuration, quantities, container: the order in which upstream finds faults. */
static int write_agent(struct evaluation *e, const struct plan *plan, enum agent_role role,
                       struct mutation_memory *m, struct patch *p)
{
    bool is_init = role == AGENT_INIT;
    const struct pod_containers *list = is_init ? &plan->pod->init : &plan->pod->app;
    static const struct patch_pointer pointers[] = {
        [AGENT_INIT] = { .head = SLICE_INIT("/spec/initContainers") },
        [AGENT_SIDECAR] = { .head = SLICE_INIT("/spec/containers") },
    };
    struct patch_list l;
    if (write_config(e, plan, role, m) < 0)
        return -1;
    if (evaluation_check(e, &m->config[role], "the agent configuration") < 0 ||
        evaluation_run(e, STEP_PATCH) < 0)
        return -1;
    if ((is_init || !plan->has_init) && container_prepare(e, plan, &m->parts) < 0)
        return -1;
    patch_list_begin(&l, p, plan->pod->spec, list->list, pointers[role]);
    l.front = is_init && plan->settings->init_first;
    patch_list_begin_element(&l);
    if (write_container(e, plan, role, m, &p->w) < 0)
        return -1;
    patch_list_end_element(&l);
    patch_list_end(&l);
    return 0;
}

static void write_share_processes(const struct plan *plan, struct patch *p)
{
    if (!plan->has_init || plan->settings->share_processes == SHARE_UNSET)
        return;
    patch_begin_member(p, plan->pod->spec, SLICE("/spec/shareProcessNamespace"));
    json_put_bool(&p->w, plan->settings->share_processes == SHARE_TRUE);
    patch_end_member(p);
}

static void write_status(const struct plan *plan, struct patch *p)
{
    patch_begin_member(p, plan->pod->annotations, SLICE(STATUS_POINTER));
    json_put_string(&p->w, SLICE("injected"));
    patch_end_member(p);
}

int mutation_write(struct evaluation *e, const struct plan *plan, struct mutation_memory *m,
                   struct patch *p, struct buf *out)
{
    e->step = STEP_PATCH;
    buf_clear(&m->config[AGENT_INIT]);
    buf_clear(&m->config[AGENT_SIDECAR]);
    buf_clear(&m->parts.text);
    patch_init(p, plan->pod->ix, out);
    write_volumes(plan, p);
    write_own_mounts(plan, p);
    if (plan->has_init && write_agent(e, plan, AGENT_INIT, m, p) < 0)
        return -1;
    write_share_processes(plan, p);
    if (plan->has_sidecar && write_agent(e, plan, AGENT_SIDECAR, m, p) < 0)
        return -1;
    write_status(plan, p);
    patch_end(p);
    return 0;
}
