#include "inject/agent-config.h"

#include <math.h>

#include "base/num.h"
#include "base/text.h"
#include "inject/telemetry.h"
#include "json/write.h"

/* The default templates as JSON text, around the secret's path. */
#define TEMPLATE_HEAD "\"{{ with secret \\\""
#define TEMPLATE_MAP_TAIL \
    "\\\" }}{{ range $k, $v := .Data }}{{ $k }}: {{ $v }}\\n{{ end }}{{ end }}\""
#define TEMPLATE_JSON_TAIL "\\\" }}{{ .Data | toJSON }}\\n{{ end }}\""

/* What differs between the two configurations stands first. */
#define INIT_HEAD "{\"exit_after_auth\":true"
#define SIDECAR_HEAD "{\"exit_after_auth\":false"

static void member_if(struct json_writer *w, struct slice name, struct slice value)
{
    if (value.len > 0)
        json_member_string(w, name, value);
}

static void true_if(struct json_writer *w, struct slice name, bool value)
{
    if (value)
        json_member_bool(w, name, true);
}

static void put_parameter(struct json_writer *w, const struct parameter *p)
{
    json_put_text_name(w, p->name);
    json_put_string(w, p->value);
}

/* token_path and role have sources of their own; the rest comes from auth-config-*. */
static void write_method_config(struct evaluation *e, struct slice token_path,
                                struct json_writer *w)
{
    const struct settings *s = &e->settings;
    json_put_name(w, SLICE("config"));
    json_open(w, '{');
    bool own_token_path = false;
    for (unsigned i = 0; i < s->auth_config_count; i++) {
        const struct parameter *p = &s->auth_config[i];
        own_token_path = own_token_path || slice_equal(p->name, SLICE("token_path"));
        if (s->role.len == 0 || !slice_equal(p->name, SLICE("role")))
            put_parameter(w, p);
    }
    member_if(w, SLICE("role"), s->role);
    if (!own_token_path)
        json_member_string(w, SLICE("token_path"), token_path);
    json_close(w, '}');
}

static void write_sink(struct json_writer *w, struct slice path)
{
    json_open(w, '{');
    json_member_string(w, SLICE("type"), SLICE("file"));
    json_put_name(w, SLICE("config"));
    json_open(w, '{');
    json_member_string(w, SLICE("path"), path);
    json_close(w, '}');
    json_close(w, '}');
}

struct slice agent_config_token_file(struct arena *arena, const struct settings *s)
{
    return text_path_join(arena, s->secret_volume_path, SLICE("token"));
}

static int write_auto_auth(struct evaluation *e, struct json_writer *w)
{
    const struct settings *s = &e->settings;
    struct slice token_path = text_path_join(e->arena, s->token.mount_path, s->token.token_path);
    struct slice token_file = agent_config_token_file(e->arena, s);
    if (!slice_is_present(token_path) || !slice_is_present(token_file))
        return evaluation_nomem(e);
    json_put_name(w, SLICE("auto_auth"));
    json_open(w, '{');
    json_put_name(w, SLICE("method"));
    json_open(w, '{');
    json_member_string(w, SLICE("type"), s->auth_type);
    member_if(w, SLICE("mount_path"), s->auth_path);
    member_if(w, SLICE("min_backoff"), s->auth_min_backoff);
    member_if(w, SLICE("max_backoff"), s->auth_max_backoff);
    member_if(w, SLICE("namespace"), s->namespace);
    write_method_config(e, token_path, w);
    true_if(w, SLICE("exit_on_err"), s->auth_exit_on_error);
    json_close(w, '}');
    json_put_name(w, SLICE("sink"));
    json_open(w, '[');
    write_sink(w, SLICE("/home/vault/.vault-token"));
    if (s->inject_token)
        write_sink(w, token_file);
    json_close(w, ']');
    json_close(w, '}');
    return 0;
}

static void write_vault(const struct settings *s, struct json_writer *w)
{
    json_put_name(w, SLICE("vault"));
    json_open(w, '{');
    json_member_string(w, SLICE("address"), s->address);
    member_if(w, SLICE("ca_cert"), s->ca_cert);
    member_if(w, SLICE("ca_path"), s->ca_path);
    true_if(w, SLICE("tls_skip_verify"), s->tls_skip_verify);
    member_if(w, SLICE("client_cert"), s->client_cert);
    member_if(w, SLICE("client_key"), s->client_key);
    member_if(w, SLICE("tls_server_name"), s->tls_server_name);
    json_close(w, '}');
}

struct slice agent_config_destination(struct arena *arena, const struct secret *s)
{
    if (s->file.len > 0)
        return text_path_join(arena, s->mount_path, s->file);
    char *path = arena_alloc(arena, s->mount_path.len + 1 + s->name.len);
    if (!path)
        return SLICE_ABSENT;
    memcpy(path, s->mount_path.ptr, s->mount_path.len);
    path[s->mount_path.len] = '/';
    memcpy(path + s->mount_path.len + 1, s->name.ptr, s->name.len);
    return (struct slice){ path, s->mount_path.len + 1 + s->name.len };
}

/* A quote or backslash would end the template's string, and what follows would be template code. */
static int check_default_path(struct evaluation *e, const struct secret *s)
{
    if (!memchr(s->path.ptr, '"', s->path.len) && !memchr(s->path.ptr, '\\', s->path.len))
        return 0;
    struct slice raw = evaluation_show(e, s->raw);
    struct slice path = evaluation_show(e, s->path);
    struct slice name = evaluation_member_name(e, ANN_SECRET, s->raw);
    return evaluation_deny(e, REASON_BAD_SECRET_PATH,
                           "annotation " SLICE_FMT ": '" SLICE_FMT
                           "' has a quote or backslash, which the default template cannot hold; "
                           "give agent-inject-template-" SLICE_FMT,
                           SLICE_ARG(name), SLICE_ARG(path), SLICE_ARG(raw));
}

static int write_default_template(struct evaluation *e, const struct secret *s,
                                  struct json_writer *w)
{
    if (check_default_path(e, s) < 0)
        return -1;
    json_put_name(w, SLICE("contents"));
    buf_put_lit(w->out, TEMPLATE_HEAD);
    json_escape(w->out, s->path);
    buf_put_slice(w->out, e->settings.default_template == TEMPLATE_JSON ? SLICE(TEMPLATE_JSON_TAIL)
                                                                        : SLICE(TEMPLATE_MAP_TAIL));
    w->comma = true;
    return 0;
}

/* An inline template wins over a file, a file over the default. */
static int write_template(struct evaluation *e, const struct secret *s, struct json_writer *w)
{
    struct slice destination = agent_config_destination(e->arena, s);
    if (!slice_is_present(destination))
        return evaluation_nomem(e);
    json_open(w, '{');
    json_member_string(w, SLICE("destination"), destination);
    if (s->template.len > 0)
        json_member_string(w, SLICE("contents"), s->template);
    else if (s->template_file.len == 0 && write_default_template(e, s, w) < 0)
        return -1;
    json_member_string(w, SLICE("left_delimiter"), s->left_delimiter);
    json_member_string(w, SLICE("right_delimiter"), s->right_delimiter);
    member_if(w, SLICE("command"), s->command);
    if (s->template.len == 0)
        member_if(w, SLICE("source"), s->template_file);
    member_if(w, SLICE("perms"), s->perms);
    true_if(w, SLICE("error_on_missing_key"), s->error_on_missing_key);
    json_close(w, '}');
    return 0;
}

static int write_templates(struct evaluation *e, struct json_writer *w)
{
    if (e->settings.secret_count == 0)
        return 0;
    json_put_name(w, SLICE("template"));
    json_open(w, '[');
    for (unsigned i = 0; i < e->settings.secret_count; i++) {
        if (write_template(e, &e->settings.secrets[i], w) < 0)
            return -1;
    }
    json_close(w, ']');
    return 0;
}

static void write_listener(const struct settings *s, struct json_writer *w)
{
    json_put_name(w, SLICE("listener"));
    json_open(w, '[');
    json_open(w, '{');
    json_member_string(w, SLICE("type"), SLICE("tcp"));
    json_put_name(w, SLICE("address"));
    buf_put_lit(w->out, "\"127.0.0.1:");
    json_escape(w->out, s->cache_listener_port);
    buf_put_char(w->out, '"');
    w->comma = true;
    json_member_bool(w, SLICE("tls_disable"), true);
    if (s->enable_quit)
        json_member_raw(w, SLICE("agent_api"), SLICE("{\"enable_quit\":true}"));
    json_close(w, '}');
    json_close(w, ']');
}

static void write_cache(const struct plan *plan, bool cache, struct json_writer *w)
{
    const struct settings *s = plan->settings;
    json_put_name(w, SLICE("cache"));
    json_open(w, '{');
    if (cache)
        member_if(w, SLICE("use_auto_auth_token"), s->cache_use_auto_auth_token);
    if (cache && plan->cache_persists) {
        json_put_name(w, SLICE("persist"));
        json_open(w, '{');
        json_member_string(w, SLICE("type"), SLICE("kubernetes"));
        json_member_string(w, SLICE("path"), SLICE("/vault/agent-cache"));
        true_if(w, SLICE("exit_on_err"), s->cache_exit_on_error);
        json_close(w, '}');
    }
    json_close(w, '}');
}

/* The init container alone has nobody to cache for. */
static void write_listener_and_cache(const struct plan *plan, enum agent_role role,
                                     struct json_writer *w)
{
    bool cache = plan->settings->cache_enable && (plan->cache_persists || role == AGENT_SIDECAR);
    if (!cache && !plan->settings->enable_quit)
        return;
    write_listener(plan->settings, w);
    write_cache(plan, cache, w);
}

static int write_template_config(struct evaluation *e, struct json_writer *w)
{
    const struct settings *s = &e->settings;
    if (!isfinite(s->lease_renewal_threshold)) {
        struct slice name = evaluation_name(e, ANN_LEASE_THRESHOLD);
        return evaluation_deny(e, REASON_CONFIG_UNSERIALISABLE,
                               "annotation " SLICE_FMT ": only a finite number can be written",
                               SLICE_ARG(name));
    }
    json_put_name(w, SLICE("template_config"));
    json_open(w, '{');
    json_member_bool(w, SLICE("exit_on_retry_failure"), s->exit_on_retry_failure);
    member_if(w, SLICE("static_secret_render_interval"), s->static_secret_render_interval);
    if (s->max_connections_per_host != 0)
        json_member_int(w, SLICE("max_connections_per_host"), s->max_connections_per_host);
    if (s->lease_renewal_threshold != 0) {
        json_put_name(w, SLICE("lease_renewal_threshold"));
        num_put_double(w->out, s->lease_renewal_threshold);
        w->comma = true;
    }
    json_close(w, '}');
    return 0;
}

static void write_list(struct slice name, struct slice list, struct json_writer *w)
{
    if (list.len == 0)
        return;
    json_put_name(w, name);
    json_open(w, '[');
    while (slice_is_present(list))
        json_put_string(w, slice_cut(&list, ','));
    json_close(w, ']');
}

void agent_config_derive(struct slice init_config, struct buf *out)
{
    buf_put_slice(out, SLICE(SIDECAR_HEAD));
    buf_put_slice(out, slice_after(init_config, SLICE(INIT_HEAD).len));
}

int agent_config_write(struct evaluation *e, const struct plan *plan, enum agent_role role,
                       struct buf *out)
{
    struct json_writer w = json_writer(out);
    json_put_raw(&w, role == AGENT_INIT ? SLICE(INIT_HEAD) : SLICE(SIDECAR_HEAD));
    if (write_auto_auth(e, &w) < 0)
        return -1;
    json_member_string(&w, SLICE("pid_file"), SLICE("/home/vault/.pid"));
    write_vault(&e->settings, &w);
    if (write_templates(e, &w) < 0)
        return -1;
    write_listener_and_cache(plan, role, &w);
    if (write_template_config(e, &w) < 0)
        return -1;
    write_list(SLICE("disable_idle_connections"), e->settings.disable_idle_connections, &w);
    write_list(SLICE("disable_keep_alives"), e->settings.disable_keep_alives, &w);
    telemetry_write(e, &w);
    json_close(&w, '}');
    return 0;
}
