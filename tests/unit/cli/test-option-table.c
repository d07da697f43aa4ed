/* The shared option table: every row by flag and by variable, its names, its default, its help. */

#include <stdlib.h>

#include "base/num.h"
#include "cli/help.h"
#include "cli/option-check.h"
#include "cli/option-table.h"
#include "cli/server-limit.h"
#include "inject/profile.h"
#include "options-run.h"

/* The member of a row as text, in the form of the samples below. */
static void member_text(const struct run *r, const struct option *o, char text[TEXT_MAX])
{
    const char *at = (const char *)&r->opt + o->offset;

    if (o->is_bool)
        (void)snprintf(text, TEXT_MAX, "%s", *(const bool *)at ? "true" : "false");
    else if (o->set == option_set_int)
        (void)snprintf(text, TEXT_MAX, "%lld", (long long)*(const int64_t *)at);
    else if (o->set == option_set_float)
        (void)snprintf(text, TEXT_MAX, "%g", *(const double *)at);
    else
        (void)snprintf(text, TEXT_MAX, SLICE_FMT, SLICE_ARG(*(const struct slice *)at));
}

static void assert_member(const struct run *r, const struct option *o, const char *expected)
{
    char text[TEXT_MAX];
    int64_t ns;

    if (o->set == option_set_duration) {
        assert_int_equal(num_duration(slice_of(expected), &ns), NUM_OK);
        assert_int_equal(*(const int64_t *)((const char *)&r->opt + o->offset), ns / 1000);
        return;
    }
    member_text(r, o, text);
    assert_string_equal(text, expected);
}

/* Two good values, neither of them the default, and a bad one where there are any. */
struct sample {
    option_check_fn *check;
    const char *good, *other, *bad;
};

static const struct sample samples[] = {
    { check_vault_address, "https://a:8200", "http://b:8200", NULL },
    { check_default_template, "json", "map", "yaml" },
    { check_duration, "5s", "1m30s", "5" },
    { check_log_level, "debug", "WARNING", "loud" },
    { check_log_format, "json", "other", NULL },
    { check_tls_min_version, "tls13", "tls11", "1.2" },
    { check_tls_suites, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_AES_128_GCM_SHA256",
      "TLS_NO" },
    { check_telemetry_path, "/metrics", "/m", "metrics" },
    { check_prefixes, "openbao.org", "openbao.org,vault.hashicorp.com", "example.org" },
    { check_profile, "vault-k8s", "vault-k8s", "ancient" },
    { check_listen, "127.0.0.1:8443", "[::1]:0", "8443" },
    { check_quantity, "77m", "2Gi", NULL },
    { check_cert_source, "vault", "self-signed", "pki" },
    { check_cert_fallback, "none", "self-signed", "files" },
    { check_publish, "off", "chain", "all" },
    { check_pki_address, "https://a:8200", "http://b:8200", "a:8200" },
    { check_id, "7", "8", NULL },
    { check_listen, ":8443", "[::1]:0", "8443" },
};

static struct sample sample_of(const struct option *o)
{
    for (size_t i = 0; o->check && i < sizeof(samples) / sizeof(samples[0]); i++)
        if (samples[i].check == o->check)
            return samples[i];
    if (o->is_bool)
        return strcmp(o->def, "true") == 0 ? (struct sample){ NULL, "false", "true", "yes" }
                                           : (struct sample){ NULL, "true", "false", "" };
    if (strcmp(o->env, "KEYHOOK_BODY_LIMIT") == 0)
        return (struct sample){ NULL, "65536", "67108864", "65535" };
    if (strcmp(o->env, "KEYHOOK_HEADER_LIMIT") == 0)
        return (struct sample){ NULL, "8192", "262144", "8191" };
    if (o->check == check_server_limit && o->set == option_set_int)
        return (struct sample){ NULL, "12", "64", "-1" };
    if (o->set == option_set_int)
        return (struct sample){ NULL, "12", "-3", "1x" };
    if (o->set == option_set_duration)
        return (struct sample){ NULL, "7s", "1m30s", "5" };
    if (o->set == option_set_float)
        return (struct sample){ NULL, "0.5", "1.25", "most" };
    return (struct sample){ NULL, "some-value", "other", NULL };
}

/* Runs with one flag argument list and one variable; fills in what the row's neighbours need. */
static int run_row(struct run *r, const struct option *o, const char *const *args, const char *env)
{
    const char *with_env[ARGS_MAX] = { NULL };
    int n = 0;

    if (env)
        with_env[n++] = env;
    if (o->check != check_vault_address)
        with_env[n++] = ADDRESS;
    if (o->check == check_tls_cert_file)
        with_env[n++] = "TLS_KEY_FILE=key.pem";
    return run(r, args, with_env);
}

static void row_by_flag(const struct option *o, const struct sample *s)
{
    char joined[2][TEXT_MAX], split[2][TEXT_MAX];
    struct run r;

    (void)snprintf(joined[0], TEXT_MAX, "-%s=%s", o->flag, s->good);
    (void)snprintf(joined[1], TEXT_MAX, "--%s=%s", o->flag, s->good);
    (void)snprintf(split[0], TEXT_MAX, "-%s", o->flag);
    (void)snprintf(split[1], TEXT_MAX, "--%s", o->flag);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(run_row(&r, o, LIST(joined[i]), NULL), 0);
        assert_member(&r, o, s->good);
        assert_int_equal(r.opt.rest, 1);
        options_done(&r.opt);

        assert_int_equal(run_row(&r, o, LIST(split[i], s->good), NULL), 0);
        assert_member(&r, o, o->is_bool ? "true" : s->good);
        assert_int_equal(r.opt.rest, o->is_bool ? 1 : 2);
        options_done(&r.opt);
    }
}

static void row_by_variable(const struct option *o, const char *variable, const struct sample *s)
{
    char env[TEXT_MAX], empty[TEXT_MAX], flag[TEXT_MAX];
    struct run r;

    (void)snprintf(env, TEXT_MAX, "%s=%s", variable, s->good);
    (void)snprintf(empty, TEXT_MAX, "%s=", variable);
    (void)snprintf(flag, TEXT_MAX, "-%s=%s", o->flag ? o->flag : "", s->other);
    assert_int_equal(run_row(&r, o, NULL, env), 0);
    assert_member(&r, o, s->good);
    options_done(&r.opt);

    if (o->check != check_vault_address) {
        assert_int_equal(run_row(&r, o, NULL, empty), 0);
        assert_member(&r, o, o->def);
        options_done(&r.opt);
    }
    if (!o->flag)
        return;
    assert_int_equal(run_row(&r, o, LIST(flag), env), 0);
    assert_member(&r, o, s->good);
    options_done(&r.opt);

    assert_int_equal(run_row(&r, o, LIST(flag), empty), 0);
    assert_member(&r, o, s->other);
    options_done(&r.opt);
}

static void row_refuses(const struct option *o, const struct sample *s)
{
    char flag[TEXT_MAX], env[TEXT_MAX];
    struct run r;

    (void)snprintf(flag, TEXT_MAX, "-%s=%s", o->flag ? o->flag : "", s->bad);
    (void)snprintf(env, TEXT_MAX, "%s=%s", o->env, s->bad);
    if (o->flag) {
        assert_int_equal(run_row(&r, o, LIST(flag), NULL), -1);
        assert_int_equal(strncmp(r.err.msg, flag, strlen(o->flag) + 1), 0);
        assert_refused(&r, o->flag, s->bad);
    }
    if (*s->bad) {
        assert_int_equal(run_row(&r, o, NULL, env), -1);
        assert_int_equal(strncmp(r.err.msg, o->env, strlen(o->env)), 0);
        assert_refused(&r, o->env, s->bad);
    }
}

static void test_every_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];
        struct sample s = sample_of(o);

        if (o->flag)
            row_by_flag(o, &s);
        row_by_variable(o, o->env, &s);
        if (o->alias)
            row_by_variable(o, o->alias, &s);
        if (s.bad)
            row_refuses(o, &s);
    }
}

static void assert_distinct(const char *a, const char *b)
{
    if (a && b)
        assert_string_not_equal(a, b);
}

static void test_names_are_unique_and_rows_complete(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];

        assert_non_null(o->env);
        assert_true(o->help && *o->help && o->help[strlen(o->help) - 1] != '.');
        assert_true(o->metavar && *o->metavar && o->def && o->commands);
        assert_true(strcmp(o->since, "vault-k8s") == 0 || strcmp(o->since, "keyhook") == 0);
        for (size_t k = 0; k < i; k++) {
            const struct option *p = &option_rows[k];

            assert_distinct(o->flag, p->flag);
            assert_distinct(o->env, p->env);
            assert_distinct(o->alias, p->alias);
            assert_true(o->offset != p->offset);
        }
    }
}

/* The names of vault-k8s 1.7.6 and what they fill, written down a second time: a slip of a row shows. */
static void test_upstream_names(void **state)
{
    static const struct {
        const char *flag, *env;
        size_t member;
    } names[] = {
#define M(m) offsetof(struct options, m)
        { "listen", "LISTEN", M(server.listen) },
        { "log-level", "LOG_LEVEL", M(server.log_level) },
        { "log-format", "LOG_FORMAT", M(server.log_format) },
        { "template-config-exit-on-retry-failure", "TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE",
          M(inject.exit_on_retry_failure) },
        { "template-static-secret-render-interval", "TEMPLATE_STATIC_SECRET_RENDER_INTERVAL",
          M(inject.static_secret_render_interval) },
        { NULL, "TEMPLATE_MAX_CONNECTIONS_PER_HOST", M(inject.max_connections_per_host) },
        { NULL, "TEMPLATE_LEASE_RENEWAL_THRESHOLD", M(server.lease_renewal_threshold) },
        { "tls-auto", "TLS_AUTO", M(server.tls_auto) },
        { "tls-auto-hosts", "TLS_AUTO_HOSTS", M(server.tls_auto_hosts) },
        { "tls-ca-cert-file", "TLS_CA_CERT_FILE", M(server.tls_ca_cert_file) },
        { "tls-cert-file", "TLS_CERT_FILE", M(server.tls_cert_file) },
        { "tls-key-file", "TLS_KEY_FILE", M(server.tls_key_file) },
        { "tls-min-version", "TLS_MIN_VERSION", M(server.tls_min_version) },
        { "tls-cipher-suites", "TLS_CIPHER_SUITES", M(server.tls_cipher_suites) },
        { "vault-image", "VAULT_IMAGE", M(inject.vault_image) },
        { "vault-address", "VAULT_ADDR", M(inject.vault_address) },
        { "vault-cacert-bytes", "VAULT_CACERT_BYTES", M(inject.vault_cacert_bytes) },
        { "proxy-address", "PROXY_ADDR", M(inject.proxy_address) },
        { "vault-auth-type", "VAULT_AUTH_TYPE", M(inject.vault_auth_type) },
        { "vault-auth-path", "VAULT_AUTH_PATH", M(inject.vault_auth_path) },
        { "vault-namespace", "VAULT_NAMESPACE", M(inject.vault_namespace) },
        { "revoke-on-shutdown", "REVOKE_ON_SHUTDOWN", M(inject.revoke_on_shutdown) },
        { "run-as-user", "RUN_AS_USER", M(inject.run_as_user) },
        { "run-as-group", "RUN_AS_GROUP", M(inject.run_as_group) },
        { "run-as-same-user", "RUN_AS_SAME_USER", M(inject.run_as_same_user) },
        { "set-security-context", "SET_SECURITY_CONTEXT", M(inject.set_security_context) },
        { "telemetry-path", "TELEMETRY_PATH", M(server.telemetry_path) },
        { "use-leader-elector", "USE_LEADER_ELECTOR", M(server.use_leader_elector) },
        { "default-template", "DEFAULT_TEMPLATE", M(inject.default_template) },
        { "cpu-request", "CPU_REQUEST", M(inject.cpu_request) },
        { "cpu-limit", "CPU_LIMIT", M(inject.cpu_limit) },
        { "memory-request", "MEM_REQUEST", M(inject.memory_request) },
        { "memory-limit", "MEM_LIMIT", M(inject.memory_limit) },
        { "ephemeral-storage-request", "EPHEMERAL_REQUEST", M(inject.ephemeral_request) },
        { "ephemeral-storage-limit", "EPHEMERAL_LIMIT", M(inject.ephemeral_limit) },
        { "auth-min-backoff", "AUTH_MIN_BACKOFF", M(inject.auth_min_backoff) },
        { "auth-max-backoff", "AUTH_MAX_BACKOFF", M(inject.auth_max_backoff) },
        { "disable-idle-connections", "DISABLE_IDLE_CONNECTIONS",
          M(inject.disable_idle_connections) },
        { "disable-keep-alives", "DISABLE_KEEP_ALIVES", M(inject.disable_keep_alives) },
#undef M
    };
    char env[TEXT_MAX];
    size_t upstream = 2; /* NAMESPACE and POD_NAME, without prefix */

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++, upstream++) {
        const struct option *o;

        (void)snprintf(env, TEXT_MAX, "AGENT_INJECT_%s", names[i].env);
        o = option_find(slice_of(env));
        assert_non_null(o);
        assert_int_equal(o->offset, names[i].member);
        assert_int_equal(o->flag != NULL, names[i].flag != NULL);
        if (o->flag)
            assert_string_equal(o->flag, names[i].flag);
        assert_string_equal(o->env, env);
        assert_true((o->alias != NULL) == (strncmp(names[i].env, "TLS_", 4) == 0));
    }
    for (size_t i = 0; i < option_row_count; i++)
        upstream -= strcmp(option_rows[i].since, "vault-k8s") == 0;
    assert_int_equal(upstream, 0);
}

/* Defaults stand in two places for good reason (the engine works without command line): equal ones. */
static void test_defaults_equal_the_engines(void **state)
{
    struct inject_options engine;
    struct run r;

    (void)state;
    inject_options_init(&engine);
    assert_int_equal(run(&r, NULL, LIST(ADDRESS)), 0);
    assert_memory_equal(r.opt.inject.prefixes, engine.prefixes, sizeof(engine.prefixes));
    assert_null(engine.profile); /* which is vault-k8s, the first profile */
    assert_ptr_equal(r.opt.inject.profile, profile_list());
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];
        const char *at = (const char *)&engine + (o->offset - offsetof(struct options, inject));

        if (o->offset >= offsetof(struct options, inject) + sizeof(engine))
            continue;
        if (o->is_bool)
            assert_string_equal(*(const bool *)at ? "true" : "false", o->def);
        else if (o->set == option_set_int)
            assert_int_equal(*(const int64_t *)at, 0);
        else
            assert_slice(*(const struct slice *)at, o->def);
    }
    options_done(&r.opt);
}

/* Help text of a command; the caller frees it. */
static char *help_of(const struct command *command)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    help_command(out, command);
    (void)fclose(out);
    return text;
}

static void test_help_shows_every_option(void **state)
{
    char *serve_help = help_of(&serve);
    char *inject_help = help_of(&inject);
    char line[TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];

        (void)snprintf(line, TEXT_MAX, "%s%s%s", o->flag ? "\n  -" : "\n  ",
                       o->flag ? o->flag : o->env, o->is_bool ? "[=" : "=");
        assert_non_null(strstr(serve_help, line));
        assert_true((strstr(inject_help, line) != NULL) == ((o->commands & COMMAND_INJECT) != 0));
        assert_non_null(strstr(serve_help, o->env));
        assert_true(!o->alias || strstr(serve_help, o->alias));
    }
    for (const char *at = serve_help; *at; at += strcspn(at, "\n") + 1)
        assert_true(strcspn(at, "\n") <= 100);
    free(serve_help);
    free(inject_help);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_row),
        cmocka_unit_test(test_names_are_unique_and_rows_complete),
        cmocka_unit_test(test_upstream_names),
        cmocka_unit_test(test_defaults_equal_the_engines),
        cmocka_unit_test(test_help_shows_every_option),
    };

    return cmocka_run_group_tests_name("option-table", tests, NULL, NULL);
}
