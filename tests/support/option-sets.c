#include "support/option-sets.h"

typedef void change_fn(struct inject_options *opt);

static void defaults(struct inject_options *opt)
{
    opt->verify_patch = false;
}

static void verified(struct inject_options *opt)
{
    opt->verify_patch = true;
}

static void openbao_alone(struct inject_options *opt)
{
    opt->prefixes[PREFIX_VAULT] = false;
}

static void vault_alone(struct inject_options *opt)
{
    opt->prefixes[PREFIX_OPENBAO] = false;
}

static void certificate(struct inject_options *opt)
{
    opt->vault_cacert_bytes = SLICE("LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==");
    opt->proxy_address = SLICE("http://proxy.example:3128");
    opt->vault_namespace = SLICE("team/\"a\"");
    opt->vault_auth_type = SLICE("aws");
}

static void json_template(struct inject_options *opt)
{
    opt->default_template = SLICE("json");
    opt->exit_on_retry_failure = false;
    opt->static_secret_render_interval = SLICE("30s");
    opt->max_connections_per_host = 7;
}

static void revoking(struct inject_options *opt)
{
    opt->revoke_on_shutdown = true;
    opt->run_as_same_user = true;
    opt->set_security_context = false;
    opt->disable_idle_connections = SLICE("auto-auth,caching");
    opt->disable_keep_alives = SLICE("proxying,,templating");
}

/* Bad values that the server takes at start: they deny pods. */
static void careless(struct inject_options *opt)
{
    opt->run_as_user = SLICE("root");
    opt->cpu_limit = SLICE("half a core");
}

static change_fn *const changes[OPTION_SETS] = {
    defaults, verified, openbao_alone, vault_alone, certificate, json_template, revoking, careless,
};

void option_set(unsigned number, struct inject_options *ret)
{
    inject_options_init(ret);
    ret->vault_address = SLICE("https://vault.vault.svc:8200");
    changes[number % OPTION_SETS](ret);
}
