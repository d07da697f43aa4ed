#include "inject/options.h"

#include <stddef.h>

#include "base/num.h"
#include "base/text.h"

void inject_options_init(struct inject_options *opt)
{
    *opt = (struct inject_options){
        .prefixes = { true, true },
        .vault_address = SLICE(""),
        .vault_image = SLICE("hashicorp/vault:2.0.4"),
        .vault_auth_type = SLICE("kubernetes"),
        .vault_auth_path = SLICE("auth/kubernetes"),
        .vault_namespace = SLICE(""),
        .vault_cacert_bytes = SLICE(""),
        .proxy_address = SLICE(""),
        .run_as_user = SLICE("100"),
        .run_as_group = SLICE("1000"),
        .set_security_context = true,
        .cpu_request = SLICE("250m"),
        .cpu_limit = SLICE("500m"),
        .memory_request = SLICE("64Mi"),
        .memory_limit = SLICE("128Mi"),
        .ephemeral_request = SLICE(""),
        .ephemeral_limit = SLICE(""),
        .default_template = SLICE("map"),
        .exit_on_retry_failure = true,
        .static_secret_render_interval = SLICE(""),
        .auth_min_backoff = SLICE(""),
        .auth_max_backoff = SLICE(""),
        .disable_idle_connections = SLICE(""),
        .disable_keep_alives = SLICE(""),
    };
}

static int check_duration(const char *name, struct slice text, struct error *err)
{
    int64_t ns;
    if (text.len == 0 || num_duration(text, &ns) == NUM_OK)
        return 0;
    return error_set(err, ERROR_USAGE,
                     "option -%s: '" SLICE_FMT "' is not a duration such as 500ms, 5s or 1m30s",
                     name, SLICE_ARG(text));
}

struct text_option {
    const char *name;
    size_t offset;
};

/* clang-format off */
#define OPTION(flag, m) { flag, offsetof(struct inject_options, m) }

/* All of them end up in JSON, which holds UTF-8 only. */
static const struct text_option texts[] = {
    OPTION("vault-address", vault_address), OPTION("vault-image", vault_image),
    OPTION("vault-auth-type", vault_auth_type), OPTION("vault-auth-path", vault_auth_path),
    OPTION("vault-namespace", vault_namespace), OPTION("vault-cacert-bytes", vault_cacert_bytes),
    OPTION("proxy-address", proxy_address), OPTION("run-as-user", run_as_user),
    OPTION("run-as-group", run_as_group), OPTION("cpu-request", cpu_request),
    OPTION("cpu-limit", cpu_limit), OPTION("memory-request", memory_request),
    OPTION("memory-limit", memory_limit), OPTION("ephemeral-storage-request", ephemeral_request),
    OPTION("ephemeral-storage-limit", ephemeral_limit), OPTION("default-template", default_template),
    OPTION("template-static-secret-render-interval", static_secret_render_interval),
    OPTION("auth-min-backoff", auth_min_backoff), OPTION("auth-max-backoff", auth_max_backoff),
    OPTION("disable-idle-connections", disable_idle_connections),
    OPTION("disable-keep-alives", disable_keep_alives),
};
/* clang-format on */

static int check_texts(const struct inject_options *opt, struct error *err)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *field = (const char *)opt + texts[i].offset;
        if (!text_is_utf8(*(const struct slice *)(const void *)field))
            return error_set(err, ERROR_USAGE, "option -%s: the value is not UTF-8", texts[i].name);
    }
    return 0;
}

int inject_options_check(const struct inject_options *opt, struct error *err)
{
    if (opt->vault_address.len == 0)
        return error_set(
            err, ERROR_USAGE,
            "no Vault address; give -vault-address or AGENT_INJECT_VAULT_ADDR, such as "
            "https://vault.vault.svc:8200");
    if (!slice_equal(opt->default_template, SLICE("map")) &&
        !slice_equal(opt->default_template, SLICE("json")))
        return error_set(err, ERROR_USAGE,
                         "option -default-template: '" SLICE_FMT "' is neither map nor json",
                         SLICE_ARG(opt->default_template));
    if (!opt->prefixes[PREFIX_VAULT] && !opt->prefixes[PREFIX_OPENBAO])
        return error_set(err, ERROR_USAGE, "option -annotation-prefixes: no prefix is left");
    if (check_texts(opt, err) < 0)
        return -1;
    if (check_duration("auth-min-backoff", opt->auth_min_backoff, err) < 0)
        return -1;
    return check_duration("auth-max-backoff", opt->auth_max_backoff, err);
}
