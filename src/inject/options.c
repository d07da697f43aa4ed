#include "inject/options.h"

#include "base/num.h"

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
    if (check_duration("auth-min-backoff", opt->auth_min_backoff, err) < 0)
        return -1;
    return check_duration("auth-max-backoff", opt->auth_max_backoff, err);
}
