#include "cli/option-check.h"

#include <string.h>

#include "base/num.h"
#include "base/text.h"
#include "cli/cert-words.h"
#include "cli/command.h"
#include "cli/option-values.h"
#include "cli/tls-suite.h"
#include "inject/annotation.h"
#include "inject/profile.h"
#include "server/listen-socket.h"

#define TLS_SUITE_BIT(id) ((uint32_t)1 << (id))

/* Several words may mean one thing; the first of each meaning is the one that messages show. */
struct word {
    const char *text;
    int value;
};

static struct slice text_of(const void *member)
{
    return *(const struct slice *)member;
}

static const struct word *find_word(const struct word *words, size_t count, struct slice text)
{
    for (size_t i = 0; i < count; i++)
        if (slice_equal_nocase(slice_of(words[i].text), text))
            return &words[i];
    return NULL;
}

/* A warning line "NAME: 'text' PROBLEM". */
static void warn_value(struct buf *warnings, const char *name, struct slice text,
                       const char *problem)
{
    buf_printf(warnings, "%s: '", name);
    text_put_printable(warnings, text, TEXT_VALUE_MAX);
    buf_printf(warnings, "' %s\n", problem);
}

int check_vault_address(void *target, const void *member, const char *name, struct buf *warnings,
                        struct error *err)
{
    static const struct slice schemes[] = { SLICE_INIT("http://"), SLICE_INIT("https://"),
                                            SLICE_INIT("unix://") };
    struct slice text = text_of(member);
    const struct options *opt = target;

    if (text.len == 0 && opt->command == COMMAND_CHECK)
        return 0; /* no pod is touched */
    if (text.len == 0)
        return error_set(err, ERROR_USAGE,
                         "no Vault service configured: give its address, for example "
                         "https://vault.vault.svc:8200, here or in AGENT_INJECT_VAULT_ADDR");
    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (text.len > schemes[i].len &&
            slice_equal_nocase((struct slice){ text.ptr, schemes[i].len }, schemes[i]))
            return 0;
    warn_value(warnings, name, text,
               "is no URL with http, https or unix: the agents will not find Vault");
    return 0;
}

int check_default_template(void *target, const void *member, const char *name, struct buf *warnings,
                           struct error *err)
{
    struct slice text = text_of(member);

    (void)target;
    (void)name;
    (void)warnings;
    if (!slice_equal(text, SLICE("map")) && !slice_equal(text, SLICE("json")))
        return option_bad_value(err, text, "is not a template type: give map or json");
    return 0;
}

int check_duration(void *target, const void *member, const char *name, struct buf *warnings,
                   struct error *err)
{
    struct slice text = text_of(member);
    int64_t ns;

    (void)target;
    (void)name;
    (void)warnings;
    if (text.len > 0 && num_duration(text, &ns) != NUM_OK)
        return option_bad_value(err, text, "is not a duration such as 300ms or 1m30s");
    return 0;
}

int check_log_level(void *target, const void *member, const char *name, struct buf *warnings,
                    struct error *err)
{
    static const struct word levels[] = {
        { "trace", SETTING_LOG_TRACE },  { "debug", SETTING_LOG_DEBUG },
        { "info", SETTING_LOG_INFO },    { "notice", SETTING_LOG_INFO },
        { "", SETTING_LOG_INFO },        { "warn", SETTING_LOG_WARN },
        { "warning", SETTING_LOG_WARN }, { "error", SETTING_LOG_ERROR },
        { "err", SETTING_LOG_ERROR },
    };
    struct options *opt = target;
    struct slice text = text_of(member);
    const struct word *level =
        find_word(levels, sizeof(levels) / sizeof(levels[0]), slice_trim(text));

    (void)name;
    (void)warnings;
    if (!level)
        return option_bad_value(err, text,
                                "is not a log level: give trace, debug, info, warn or error");
    opt->server.level = (enum setting_log_level)level->value;
    return 0;
}

int check_log_format(void *target, const void *member, const char *name, struct buf *warnings,
                     struct error *err)
{
    struct options *opt = target;
    struct slice text = text_of(member);

    (void)err;
    opt->server.log_json = slice_equal(text, SLICE("json"));
    if (!opt->server.log_json && text.len > 0 && !slice_equal(text, SLICE("standard")))
        warn_value(warnings, name, text, "is neither standard nor json: using standard");
    return 0;
}

int check_tls_min_version(void *target, const void *member, const char *name, struct buf *warnings,
                          struct error *err)
{
    static const char *const versions[] = { "tls10", "tls11", "tls12", "tls13" };
    struct options *opt = target;
    struct slice text = text_of(member);
    int version = -1;

    for (int i = 0; i < 4; i++)
        if (slice_equal(slice_of(versions[i]), text))
            version = i;
    if (version < 0)
        return option_bad_value(err, text, "is not a TLS version: give tls12 or tls13");
    if (version < 2)
        warn_value(warnings, name, text, "is not offered any more: using tls12");
    opt->server.tls13_only = version == 3;
    return 0;
}

static int unknown_suite(struct slice name, struct error *err)
{
    const char *near = tls_suite_nearest(name);

    if (name.len == 0)
        return error_set(err, ERROR_USAGE,
                         "empty element in the list: give names such as "
                         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, separated by single commas");
    option_bad_value(err, name, "is not a known cipher suite");
    if (near) {
        struct error known = *err;

        return error_set(err, ERROR_USAGE, "%s; did you mean %s?", known.msg, near);
    }
    return -1;
}

static void warn_no_tls12_suite(const struct options *opt, const char *name, struct buf *warnings)
{
    uint32_t tls12 = 0;

    for (size_t i = 0; i < tls_suite_count; i++)
        if (!tls_suite_table[i].tls13)
            tls12 |= TLS_SUITE_BIT(tls_suite_table[i].id);
    if (!opt->server.tls13_only && (opt->server.tls_suites & tls12) == 0)
        buf_printf(warnings, "%s: no suite of TLS 1.2 is left: only TLS 1.3 will work\n", name);
}

int check_tls_suites(void *target, const void *member, const char *name, struct buf *warnings,
                     struct error *err)
{
    struct options *opt = target;
    struct slice rest = text_of(member);
    uint32_t suites = 0;

    opt->server.tls_suites_given = rest.len > 0;
    opt->server.tls_suites = 0;
    if (rest.len == 0)
        return 0;
    while (slice_is_present(rest)) {
        struct slice element = slice_trim(slice_cut(&rest, ','));
        const struct tls_suite *suite = tls_suite_find(element);

        if (!suite)
            return unknown_suite(element, err);
        if (suite->insecure)
            warn_value(warnings, name, element, "is not secure: accepted, but never offered");
        else
            suites |= TLS_SUITE_BIT(suite->id);
    }
    opt->server.tls_suites = suites;
    warn_no_tls12_suite(opt, name, warnings);
    return 0;
}

int check_tls_cert_file(void *target, const void *member, const char *name, struct buf *warnings,
                        struct error *err)
{
    const struct options *opt = target;

    (void)name;
    (void)warnings;
    if (text_of(member).len > 0 && opt->server.tls_key_file.len == 0)
        return error_set(err, ERROR_USAGE,
                         "a certificate needs its private key: give -tls-key-file as well");
    return 0;
}

int check_tls_key_file(void *target, const void *member, const char *name, struct buf *warnings,
                       struct error *err)
{
    const struct options *opt = target;

    (void)err;
    if (text_of(member).len > 0 && opt->server.tls_cert_file.len == 0)
        buf_printf(warnings, "%s: has no effect without -tls-cert-file\n", name);
    return 0;
}

int check_self_signed(void *target, const void *member, const char *name, struct buf *warnings,
                      struct error *err)
{
    const struct options *opt = target;

    (void)err;
    if (text_of(member).len > 0 && opt->server.tls_cert_file.len > 0)
        buf_printf(warnings, "%s: has no effect beside -tls-cert-file\n", name);
    return 0;
}

int check_listen(void *target, const void *member, const char *name, struct buf *warnings,
                 struct error *err)
{
    struct slice text = text_of(member);

    (void)target;
    (void)name;
    (void)warnings;
    if (text.len > 0 && !listen_address_is_valid(text))
        return option_bad_value(err, text, "is no address: give HOST:PORT, [IPV6]:PORT or :PORT");
    return 0;
}

int check_telemetry_path(void *target, const void *member, const char *name, struct buf *warnings,
                         struct error *err)
{
    static const char *const taken[] = { "/mutate", "/health/ready", "/health/live" };
    struct slice text = text_of(member);

    (void)target;
    (void)name;
    (void)warnings;
    if (text.len == 0)
        return 0;
    if (text.ptr[0] != '/')
        return option_bad_value(err, text, "is not a path: begin it with a slash, as in /metrics");
    for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
        if (slice_equal(slice_of(taken[i]), text))
            return option_bad_value(err, text, "is taken: give another path, such as /metrics");
    return 0;
}

/* The prefix with this name, which is its text without the slash; PREFIX__COUNT when there is none. */
static enum annotation_prefix find_prefix(struct slice name)
{
    int i = 0;

    for (; i < PREFIX__COUNT; i++) {
        struct slice prefix = annotation_prefix((enum annotation_prefix)i);

        if (name.len + 1 == prefix.len && slice_has_prefix(prefix, name))
            break;
    }
    return (enum annotation_prefix)i;
}

int check_prefixes(void *target, const void *member, const char *name, struct buf *warnings,
                   struct error *err)
{
    struct options *opt = target;
    struct slice rest = text_of(member);
    bool on[PREFIX__COUNT] = { false };

    (void)name;
    (void)warnings;
    while (slice_is_present(rest)) {
        struct slice element = slice_trim(slice_cut(&rest, ','));
        enum annotation_prefix prefix = find_prefix(element);

        if (prefix == PREFIX__COUNT)
            return option_bad_value(err, element,
                                    "is not an annotation prefix: give vault.hashicorp.com, "
                                    "openbao.org or both, separated by a comma");
        on[prefix] = true;
    }
    memcpy(opt->inject.prefixes, on, sizeof(on));
    return 0;
}

static int unknown_profile(struct slice name, struct error *err)
{
    struct error known;
    struct buf names;

    option_bad_value(err, name, "is not a profile: give");
    known = *err;
    buf_init(&names, sizeof(known.msg));
    for (const struct profile *p = profile_list(); p->name; p++)
        buf_printf(&names, "%s%s", names.len > 0 ? " or " : "", p->name);
    error_set(err, ERROR_USAGE, "%s " SLICE_FMT, known.msg, SLICE_ARG(buf_slice(&names)));
    buf_done(&names);
    return -1;
}

int check_profile(void *target, const void *member, const char *name, struct buf *warnings,
                  struct error *err)
{
    struct options *opt = target;
    const struct profile *profile = profile_find(text_of(member));

    (void)name;
    (void)warnings;
    if (!profile)
        return unknown_profile(text_of(member), err);
    opt->inject.profile = profile;
    return 0;
}

int check_id(void *target, const void *member, const char *name, struct buf *warnings,
             struct error *err)
{
    struct slice text = text_of(member);
    int64_t id;

    (void)target;
    (void)err;
    if (text.len > 0 && num_int64(text, &id) != NUM_OK)
        warn_value(warnings, name, text,
                   "is not an integer: pods without their own value will be denied");
    return 0;
}

int check_quantity(void *target, const void *member, const char *name, struct buf *warnings,
                   struct error *err)
{
    struct slice text = text_of(member);

    (void)target;
    (void)err;
    if (text.len > 0 && !num_is_quantity(text))
        warn_value(warnings, name, text,
                   "is not a resource quantity: pods without their own value will be denied");
    return 0;
}

int check_leader_elector(void *target, const void *member, const char *name, struct buf *warnings,
                         struct error *err)
{
    (void)target;
    (void)err;
    if (*(const bool *)member)
        buf_printf(warnings, "%s: has no effect: replicas need no leader\n", name);
    return 0;
}

static int check_word(const void *member, const char *const *words, const char *problem,
                      struct error *err)
{
    struct slice text = text_of(member);
    unsigned unused;

    if (text.len > 0 && !cert_words_find(words, text, &unused))
        return option_bad_value(err, text, problem);
    return 0;
}

int check_cert_source(void *target, const void *member, const char *name, struct buf *warnings,
                      struct error *err)
{
    (void)target;
    (void)name;
    (void)warnings;
    return check_word(member, cert_words_source,
                      "is no certificate source: give vault, files or self-signed", err);
}

int check_cert_fallback(void *target, const void *member, const char *name, struct buf *warnings,
                        struct error *err)
{
    (void)target;
    (void)name;
    (void)warnings;
    return check_word(member, cert_words_fallback, "cannot stand in: give self-signed or none",
                      err);
}

int check_publish(void *target, const void *member, const char *name, struct buf *warnings,
                  struct error *err)
{
    (void)target;
    (void)name;
    (void)warnings;
    return check_word(member, cert_words_publish, "cannot be published: give off, issuer or chain",
                      err);
}

int check_pki_address(void *target, const void *member, const char *name, struct buf *warnings,
                      struct error *err)
{
    static const struct slice secure = SLICE_INIT("https://"), plain = SLICE_INIT("http://");
    struct slice text = text_of(member);

    (void)target;
    if (text.len > 0 && memchr(text.ptr, '@', text.len)) /* shown nowhere: it may hold a password */
        return error_set(err, ERROR_USAGE, "an address may not hold a user name or a password");
    if (text.len == 0 || (text.len > secure.len && slice_has_prefix(text, secure)))
        return 0;
    if (text.len <= plain.len || !slice_has_prefix(text, plain))
        return option_bad_value(err, text,
                                "is no URL: give, for example, https://vault.vault.svc:8200");
    warn_value(warnings, name, text, "is not encrypted: who listens can use the token sent there");
    return 0;
}

int check_lease_threshold(void *target, const void *member, const char *name, struct buf *warnings,
                          struct error *err)
{
    double value = *(const double *)member;

    (void)target;
    (void)err;
    if (value < 0 || value > 0)
        buf_printf(warnings,
                   "%s: has no effect, as in vault-k8s: annotate pods with "
                   "template-lease-renewal-threshold\n",
                   name);
    return 0;
}
