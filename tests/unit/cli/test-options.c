/* Reading options: grammar of flags, precedence, refusals at start, warnings, derived values. */

#include "cli/option.h"
#include "cli/tls-suite.h"
#include "options-run.h"

/* A set but empty variable hides the alias, as in the library that vault-k8s uses. */
static void test_alias_is_read_when_the_variable_is_not_set(void **state)
{
    struct run r;

    (void)state;
    assert_int_equal(run(&r, NULL, LIST(ADDRESS, "TLS_AUTO=a", "AGENT_INJECT_TLS_AUTO=b")), 0);
    assert_slice(r.opt.server.tls_auto, "b");
    options_done(&r.opt);
    assert_int_equal(
        run(&r, LIST("-tls-auto=c"), LIST(ADDRESS, "TLS_AUTO=a", "AGENT_INJECT_TLS_AUTO=")), 0);
    assert_slice(r.opt.server.tls_auto, "c");
    options_done(&r.opt);
    assert_int_equal(run(&r, NULL, LIST(ADDRESS, "TLS_MIN_VERSION=1.2")), -1);
    assert_refused(&r, "TLS_MIN_VERSION: '1.2'", "tls12");
}

static void test_flag_grammar(void **state)
{
    struct run r;

    (void)state;
    assert_int_equal(run(&r, LIST("-run-as-user=1", "--run-as-user", "2"), LIST(ADDRESS)), 0);
    assert_slice(r.opt.inject.run_as_user, "2");
    options_done(&r.opt);
    assert_int_equal(run(&r, LIST("-run-as-user", "-5"), LIST(ADDRESS)), 0);
    assert_slice(r.opt.inject.run_as_user, "-5");
    options_done(&r.opt);
    assert_int_equal(run(&r, LIST("-proxy-address=a=b"), LIST(ADDRESS)), 0);
    assert_slice(r.opt.inject.proxy_address, "a=b");
    options_done(&r.opt);
    assert_int_equal(run(&r, LIST("-revoke-on-shutdown", "-cpu-limit=1"), LIST(ADDRESS)), 0);
    assert_true(r.opt.inject.revoke_on_shutdown);
    assert_slice(r.opt.inject.cpu_limit, "1");
    options_done(&r.opt);
    assert_int_equal(run(&r, LIST("-run-as-user"), LIST(ADDRESS)), -1);
    assert_refused(&r, "-run-as-user", "needs a value");
}

static void test_options_end(void **state)
{
    static const char *const ends[] = { "--", "-", "", "2>&1", "word" };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        assert_int_equal(run(&r, LIST("-cpu-limit=2", ends[i], "-cpu-limit=9"), LIST(ADDRESS)), 0);
        assert_slice(r.opt.inject.cpu_limit, "2");
        assert_int_equal(r.opt.rest, i == 0 ? 2 : 1);
        assert_true(warned(&r, "ignored: the argument"));
        options_done(&r.opt);
    }
    /* a boolean's separate value is not its value */
    assert_int_equal(run(&r, LIST("-set-security-context", "false"), LIST(ADDRESS)), 0);
    assert_true(r.opt.inject.set_security_context);
    assert_true(warned(&r, "'false'"));
    options_done(&r.opt);
}

static void test_the_stray_redirection(void **state)
{
    struct run r;

    (void)state;
    assert_int_equal(run_as(&r, &serve, "agent-inject", LIST("2>&1"), LIST(ADDRESS)), 0);
    assert_int_equal(r.opt.warnings.len, 0);
    options_done(&r.opt);
    assert_int_equal(run(&r, LIST("2>&1", "-memory-limit=9Gi", "x"), LIST(ADDRESS)), 0);
    assert_true(warned(&r, "'-memory-limit=9Gi' and 1 more"));
    options_done(&r.opt);
    assert_int_equal(run_as(&r, &inject, "inject", LIST("2>&1", "-x"), LIST(ADDRESS)), 0);
    options_done(&r.opt);
    assert_int_equal(run_as(&r, &inject, "inject", LIST("pod.yaml"), LIST(ADDRESS)), -1);
    assert_refused(&r, "'pod.yaml'", "not expected");
}

static void test_unknown_flags(void **state)
{
    static const struct {
        const char *arg, *part;
    } rows[] = {
        { "-no-such-flag=1", "unknown option '-no-such-flag'" },
        { "-vault-adress=x", "did you mean -vault-address?" },
        { "--run-as-usr", "did you mean -run-as-user?" },
        { "-Listen=:1", "did you mean -listen?" },
        { "---listen=:1", "'---listen=:1' is not an option" },
        { "-=1", "'-=1' is not an option" },
        { "-a\033[2J", "'-a\\x1b[2J'" },
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(run(&r, LIST(rows[i].arg), LIST(ADDRESS)), -1);
        assert_refused(&r, rows[i].part, "");
    }
}

static void test_help_flags(void **state)
{
    static const char *const flags[] = { "-h", "--h", "-help", "--help", "-help=1" };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        assert_int_equal(run(&r, LIST("-cpu-limit=1", flags[i], "-nonsense"), NULL), 0);
        assert_true(r.opt.help);
        options_done(&r.opt);
    }
}

/* What vault-k8s refuses at start; one argument or one variable each. */
static void test_startup_refusals(void **state)
{
    static const struct {
        const char *arg, *env, *part;
    } rows[] = {
        { "-auth-max-backoff=soon", NULL, "-auth-max-backoff: 'soon' is not a duration" },
        { NULL, "AGENT_INJECT_AUTH_MIN_BACKOFF=5", "AGENT_INJECT_AUTH_MIN_BACKOFF: '5'" },
        { "-revoke-on-shutdown=maybe", NULL, "-revoke-on-shutdown: 'maybe' is not a boolean" },
        { "-revoke-on-shutdown=", NULL, "-revoke-on-shutdown: '' is not a boolean" },
        { NULL, "AGENT_INJECT_USE_LEADER_ELECTOR=y", "AGENT_INJECT_USE_LEADER_ELECTOR: 'y'" },
        { NULL, "AGENT_INJECT_RUN_AS_SAME_USER=y", "AGENT_INJECT_RUN_AS_SAME_USER: 'y'" },
        { NULL, "AGENT_INJECT_SET_SECURITY_CONTEXT=off", "'off' is not a boolean" },
        { "-no-such-flag=1", NULL, "unknown option" },
        { NULL, "AGENT_INJECT_TEMPLATE_LEASE_RENEWAL_THRESHOLD=most", "'most' is not a number" },
        { NULL, "AGENT_INJECT_TEMPLATE_MAX_CONNECTIONS_PER_HOST=1.5", "'1.5' is not a base-10" },
        { "-default-template=", NULL, "-default-template: '' is not a template type" },
        { NULL, "AGENT_INJECT_DEFAULT_TEMPLATE=yaml", "AGENT_INJECT_DEFAULT_TEMPLATE: 'yaml'" },
        { "-default-template=JSON", NULL, "'JSON'" },
        { NULL, "AGENT_INJECT_TLS_MIN_VERSION=1.2", "AGENT_INJECT_TLS_MIN_VERSION: '1.2'" },
        { "-tls-min-version=tls9", NULL, "-tls-min-version: 'tls9'" },
        { "-tls-min-version=", NULL, "-tls-min-version: ''" },
        { "-tls-cipher-suites=TLS_AES_128_GCM_SHA256,", NULL, "empty element" },
        { "-tls-cipher-suites= ", NULL, "empty element" },
        { "-tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM", NULL,
          "did you mean TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256?" },
        { "-log-level=loud", NULL, "-log-level: 'loud' is not a log level" },
        { "-annotation-prefixes=", NULL, "-annotation-prefixes: ''" },
        { "-annotation-prefixes=openbao.org,", NULL, "-annotation-prefixes: ''" },
        { "-profile=modern", NULL, "-profile: 'modern'" },
        { "-body-limit=1000", NULL, "-body-limit: 1000 is out of range" },
        { "-body-limit=99999999999", NULL, "out of range" },
        { "-tls-cert-file=crt.pem", NULL, "-tls-cert-file: a certificate needs its private key" },
        { "-telemetry-path=/mutate", NULL, "-telemetry-path: '/mutate' is taken" },
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            run(&r, rows[i].arg ? LIST(rows[i].arg) : NULL, LIST(ADDRESS, rows[i].env)), -1);
        assert_refused(&r, rows[i].part, "");
    }
    assert_int_equal(run(&r, NULL, NULL), -1);
    assert_refused(&r, "-vault-address: no Vault service configured", "AGENT_INJECT_VAULT_ADDR");
    assert_int_equal(run(&r, NULL, LIST("AGENT_INJECT_VAULT_ADDR=")), -1);
    assert_refused(&r, "-vault-address: no Vault service configured", "");
}

/* Settings that are accepted although they look odd, as vault-k8s does. */
static void test_accepted_settings(void **state)
{
    static const struct {
        const char *args[3];
        const char *env[4];
        size_t offset;
        const char *expected;
    } rows[] = {
#define M(m) offsetof(struct options, m)
        { { "-vault-auth-path=" }, { NULL }, M(inject.vault_auth_path), "" },
        { { "-vault-auth-type=" }, { NULL }, M(inject.vault_auth_type), "" },
        { { "-vault-image=" }, { NULL }, M(inject.vault_image), "" },
        { { "-run-as-user=" }, { NULL }, M(inject.run_as_user), "" },
        { { "-cpu-limit=" }, { NULL }, M(inject.cpu_limit), "" },
        { { NULL }, { "AGENT_INJECT_RUN_AS_USER=vault" }, M(inject.run_as_user), "vault" },
        { { NULL }, { "AGENT_INJECT_RUN_AS_GROUP=0" }, M(inject.run_as_group), "0" },
        { { NULL }, { "AGENT_INJECT_CPU_LIMIT=fast" }, M(inject.cpu_limit), "fast" },
        { { NULL }, { "AGENT_INJECT_AUTH_MAX_BACKOFF=3m" }, M(inject.auth_max_backoff), "3m" },
        { { "-auth-max-backoff=soon" },
          { "AGENT_INJECT_AUTH_MAX_BACKOFF=3m" },
          M(inject.auth_max_backoff),
          "3m" },
        { { "-vault-address=https://flag:8200" },
          { NULL },
          M(inject.vault_address),
          "https://vault.vault.svc:8200" },
        { { NULL }, { "AGENT_INJECT_LOG_LEVEL= Debug " }, M(server.log_level), " Debug " },
        { { "-cpu-limit=2", "2>&1", "-memory-limit=9Gi" },
          { NULL },
          M(inject.memory_limit),
          "128Mi" },
#undef M
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *const *a = rows[i].args;

        assert_int_equal(run_as(&r, &inject, "inject",
                                LIST(a[0], a[0] ? a[1] : NULL, a[0] && a[1] ? a[2] : NULL),
                                LIST(ADDRESS, rows[i].env[0])),
                         0);
        assert_slice(*(const struct slice *)((const char *)&r.opt + rows[i].offset),
                     rows[i].expected);
        options_done(&r.opt);
    }
    assert_int_equal(run(&r, LIST("--vault-address", "https://flag2:8200"), NULL), 0);
    assert_slice(r.opt.inject.vault_address, "https://flag2:8200");
    options_done(&r.opt);
}

static void test_boolean_words(void **state)
{
    struct run r;

    (void)state;
    assert_int_equal(run(&r, NULL,
                         LIST(ADDRESS, "AGENT_INJECT_REVOKE_ON_SHUTDOWN=T",
                              "AGENT_INJECT_SET_SECURITY_CONTEXT=0",
                              "AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE=F")),
                     0);
    assert_true(r.opt.inject.revoke_on_shutdown);
    assert_false(r.opt.inject.set_security_context);
    assert_false(r.opt.inject.exit_on_retry_failure);
    options_done(&r.opt);
}

static void test_prefixes(void **state)
{
    static const struct {
        const char *spelling, *arg;
        bool vault, openbao;
    } rows[] = {
        { "serve", NULL, true, true },
        { "agent-inject", NULL, true, false },
        { "agent-inject", "-annotation-prefixes=openbao.org, vault.hashicorp.com", true, true },
        { "serve", "-annotation-prefixes=openbao.org", false, true },
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(run_as(&r, &serve, rows[i].spelling, LIST(rows[i].arg), LIST(ADDRESS)), 0);
        assert_int_equal(r.opt.inject.prefixes[PREFIX_VAULT], rows[i].vault);
        assert_int_equal(r.opt.inject.prefixes[PREFIX_OPENBAO], rows[i].openbao);
        options_done(&r.opt);
    }
}

static void test_warnings(void **state)
{
    static const struct {
        const char *arg, *env, *part;
    } rows[] = {
        { "-use-leader-elector", NULL, "-use-leader-elector: has no effect" },
        { "-tls-min-version=tls10", NULL, "-tls-min-version: 'tls10' is not offered" },
        { NULL, "TLS_MIN_VERSION=tls11", "TLS_MIN_VERSION: 'tls11' is not offered" },
        { NULL, "AGENT_INJECT_TEMPLATE_LEASE_RENEWAL_THRESHOLD=0.5", "has no effect, as in" },
        { "-tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", NULL, "is not secure" },
        { "-tls-cipher-suites=TLS_RSA_WITH_RC4_128_SHA", NULL, "only TLS 1.3 will work" },
        { "-tls-key-file=k", NULL, "-tls-key-file: has no effect" },
        { "-run-as-user=vault", NULL, "-run-as-user: 'vault' is not an integer" },
        { NULL, "AGENT_INJECT_CPU_LIMIT=fast", "'fast' is not a resource quantity" },
        { "-log-format=xml", NULL, "-log-format: 'xml' is neither" },
        { NULL, "AGENT_INJECT_VAULT_ADDRESS=x", "did you mean AGENT_INJECT_VAULT_ADDR?" },
        { NULL, "AGENT_INJECT_SOMETHING_ELSE=x", "'AGENT_INJECT_SOMETHING_ELSE' is ignored" },
        { NULL, "KEYHOOK_BODY_LIMITS=x", "did you mean KEYHOOK_BODY_LIMIT?" },
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(run(&r, LIST(rows[i].arg), LIST(ADDRESS, rows[i].env)), 0);
        if (!warned(&r, rows[i].part))
            fail_msg("no warning '%s'", rows[i].part);
        options_done(&r.opt);
    }
    /* variables that Kubernetes makes for a service called keyhook are nobody's mistake */
    assert_int_equal(
        run(&r, NULL, LIST(ADDRESS, "KEYHOOK_SERVICE_HOST=10.0.0.1", "KEYHOOK_PORT=t")), 0);
    assert_int_equal(r.opt.warnings.len, 0);
    options_done(&r.opt);
}

/* args and env give exactly this line, or none for "" */
static void expect_warning(const char *const *args, const char *const *env, const char *line)
{
    struct run r;
    struct slice text;

    assert_int_equal(run(&r, args, env), 0);
    text = buf_slice(&r.opt.warnings);
    if (text.len != strlen(line) || memcmp(text.ptr ? text.ptr : "", line, text.len) != 0)
        fail_msg("warnings '" SLICE_FMT "', expected '%s'", SLICE_ARG(text), line);
    options_done(&r.opt);
}

static void test_flags_that_lose(void **state)
{
    (void)state;
    expect_warning(
        LIST("-vault-address=http://a"), LIST(ADDRESS),
        "-vault-address: has no effect: the variable AGENT_INJECT_VAULT_ADDR is set, and "
        "wins\n");
    expect_warning(LIST("-tls-min-version=tls13"), LIST(ADDRESS, "TLS_MIN_VERSION=tls12"),
                   "-tls-min-version: has no effect: the variable TLS_MIN_VERSION is set, and "
                   "wins\n");
    expect_warning(LIST("-log-level=info"), LIST(ADDRESS, "AGENT_INJECT_LOG_LEVEL="), "");
}

static void test_addresses_of_vault(void **state)
{
    static const char *const good[] = { "http://a", "HTTPS://a:1/b", "unix:///run/agent.sock" };
    static const char *const bad[] = { "a", "https://", "ftp://a", "a:8200", "https:/a" };
    char env[TEXT_MAX], line[TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(env, TEXT_MAX, "AGENT_INJECT_VAULT_ADDR=%s", good[i]);
        expect_warning(NULL, LIST(env), "");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        (void)snprintf(env, TEXT_MAX, "AGENT_INJECT_VAULT_ADDR=%s", bad[i]);
        (void)snprintf(line, TEXT_MAX,
                       "AGENT_INJECT_VAULT_ADDR: '%s' is no URL with http, https or unix: the "
                       "agents will not find Vault\n",
                       bad[i]);
        expect_warning(NULL, LIST(env), line);
    }
}

static void test_warnings_are_cut_into_lines(void **state)
{
    struct slice rest, line;
    struct run r;

    (void)state;
    assert_int_equal(run(&r, LIST("-run-as-user=a\nb", "-use-leader-elector"), LIST(ADDRESS)), 0);
    rest = buf_slice(&r.opt.warnings);
    assert_true(options_next_warning(&rest, &line));
    assert_true(slice_contains(line, SLICE("'a\\nb'")));
    assert_true(options_next_warning(&rest, &line));
    assert_true(slice_contains(line, SLICE("-use-leader-elector")));
    assert_false(options_next_warning(&rest, &line));
    options_done(&r.opt);
}

static void test_log_settings(void **state)
{
    static const struct {
        const char *word;
        enum setting_log_level level;
    } rows[] = {
        { "trace", SETTING_LOG_TRACE },  { "DEBUG", SETTING_LOG_DEBUG },
        { "info", SETTING_LOG_INFO },    { "Notice", SETTING_LOG_INFO },
        { "", SETTING_LOG_INFO },        { " warn ", SETTING_LOG_WARN },
        { "warning", SETTING_LOG_WARN }, { "err", SETTING_LOG_ERROR },
        { "error", SETTING_LOG_ERROR },
    };
    struct run r;

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            run(&r, LIST("-log-level", rows[i].word, "-log-format=json"), LIST(ADDRESS)), 0);
        assert_int_equal(r.opt.server.level, rows[i].level);
        assert_true(r.opt.server.log_json);
        options_done(&r.opt);
    }
}

static void test_tls_settings(void **state)
{
    struct run r;

    (void)state;
    assert_int_equal(run(&r, LIST("-tls-min-version=tls13"), LIST(ADDRESS)), 0);
    assert_true(r.opt.server.tls13_only);
    assert_false(r.opt.server.tls_suites_given);
    options_done(&r.opt);
    assert_int_equal(
        run(&r,
            LIST("-tls-cipher-suites=TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, "
                 "TLS_RSA_WITH_3DES_EDE_CBC_SHA ,TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305"),
            LIST(ADDRESS)),
        0);
    assert_true(r.opt.server.tls_suites_given);
    assert_int_equal(r.opt.server.tls_suites,
                     (1u << TLS_SUITE_ECDHE_RSA_AES256_GCM) | (1u << TLS_SUITE_ECDHE_RSA_CHACHA20));
    options_done(&r.opt);
}

static void test_every_suite_name(void **state)
{
    char arg[TEXT_MAX];
    struct run r;

    (void)state;
    assert_int_equal(tls_suite_count, 27);
    for (size_t i = 0; i < tls_suite_count; i++) {
        const struct tls_suite *s = &tls_suite_table[i];
        bool weak = strstr(s->name, "RC4") || strstr(s->name, "CBC");

        (void)snprintf(arg, TEXT_MAX, "-tls-cipher-suites=%s", s->name);
        assert_int_equal(run(&r, LIST(arg), LIST(ADDRESS)), 0);
        assert_int_equal(s->insecure, weak);
        assert_int_equal(r.opt.server.tls_suites, weak ? 0 : 1u << s->id);
        options_done(&r.opt);
    }
}

/* A command's own table goes to its own target and wins over the help flag "-h". */
struct own {
    struct slice file;
    bool diff;
};

static void test_own_table(void **state)
{
    static const struct option rows[] = {
        { "f", OPTION_TEXT(struct own, file), .def = "-", .metavar = "FILE", .help = "x" },
        { "h", OPTION_BOOL(struct own, diff), .def = "false", .help = "x" },
    };
    struct command command = inject;
    char *argv[] = { (char[]){ "-f" }, (char[]){ "-" }, (char[]){ "-h" },
                     (char[]){ "-cpu-limit=3" } };
    char *environment[] = { (char[]){ ADDRESS }, NULL };
    struct command_context ctx = { .command = &command, .spelling = "inject" };
    struct options opt;
    struct error err = ERROR_INIT;
    struct own own;

    (void)state;
    ctx.environment = environment;
    command.own = rows;
    command.own_count = 2;
    assert_int_equal(options_parse(&opt, &ctx, 4, argv, &own, &err), 0);
    assert_slice(own.file, "-");
    assert_true(own.diff);
    assert_false(opt.help);
    assert_slice(opt.inject.cpu_limit, "3");
    options_done(&opt);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alias_is_read_when_the_variable_is_not_set),
        cmocka_unit_test(test_flag_grammar),
        cmocka_unit_test(test_options_end),
        cmocka_unit_test(test_the_stray_redirection),
        cmocka_unit_test(test_unknown_flags),
        cmocka_unit_test(test_help_flags),
        cmocka_unit_test(test_startup_refusals),
        cmocka_unit_test(test_accepted_settings),
        cmocka_unit_test(test_boolean_words),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_flags_that_lose),
        cmocka_unit_test(test_addresses_of_vault),
        cmocka_unit_test(test_warnings_are_cut_into_lines),
        cmocka_unit_test(test_log_settings),
        cmocka_unit_test(test_tls_settings),
        cmocka_unit_test(test_every_suite_name),
        cmocka_unit_test(test_own_table),
    };

    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
