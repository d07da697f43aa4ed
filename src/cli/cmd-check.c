#include "cli/cmd-check.h"

#include "base/time.h"
#include "cli/check-flags.h"
#include "cli/check.h"
#include "cli/harden.h"
#include "cli/options.h"
#include "cli/pki-settings.h"
#include "http/http.h"
#include "inject/annotation.h"
#include "server/listen-socket.h"

#define US_PER_SECOND 1000000
#define TEXTS_MAX ((size_t)16 << 10)

const char cmd_check_text[] =
    "Looks at an installation: whether Vault can be reached and signs for the webhook,\n"
    "whether the webhook's object is there, may be written and trusts the issuer, whether\n"
    "what the webhook serves would be accepted, and, where this account may create pods,\n"
    "whether the API server has a pod injected. It takes the options and variables of\n"
    "serve, so that in the webhook's pod it needs none:\n"
    "\n"
    "    kubectl exec deploy/keyhook -- keyhook check\n"
    "\n"
    "Nothing is changed: the pod is a dry run, Vault signs one certificate of a minute.\n"
    "Exit status: 0 all is well, 1 something is not, 2 wrong usage or setting.";

/* What the checks borrow. */
struct check_setting_texts {
    struct listen_address address;
    struct kube_settings kube;
    struct buf memory; /* of kube */
    struct error kube_error;
};

static int choose_address(const struct options *opt, const struct check_flags *flags,
                          struct check_setting_texts *texts, struct check_settings *ret,
                          struct error *err)
{
    struct slice text = flags->connect.len > 0 ? flags->connect : opt->server.listen;
    if (slice_equal(flags->connect, SLICE("off")))
        return 0;
    if (listen_address_parse(text, &texts->address, err) < 0)
        return error_wrap(err, "-connect");
    ret->host = texts->address.host[0] ? texts->address.host : "localhost";
    ret->port = texts->address.port;
    return 0;
}

static void find_cluster(const struct options *opt, struct check_setting_texts *texts,
                         struct check_settings *ret)
{
    struct slice dir = opt->server.cert.kube_dir;
    if (kube_settings_in_cluster(dir.len > 0 ? dir : SLICE_ABSENT, &texts->memory, &texts->kube,
                                 &texts->kube_error) == 0)
        ret->kube = &texts->kube;
    else
        ret->kube_problem = texts->kube_error.msg;
}

static int fill(const struct options *opt, const struct check_flags *flags,
                const struct cert_choice *choice, struct check_setting_texts *texts,
                struct check_settings *ret, struct error *err)
{
    const struct server_settings *set = &opt->server;
    *ret = (struct check_settings){
        .source = choice->source,
        .cert_file = set->tls_cert_file,
        .key_file = set->tls_key_file,
        .ca_file = choice->publishes ? set->tls_ca_cert_file : SLICE_ABSENT,
        .hosts = set->tls_auto_hosts,
        .webhook_name = choice->webhook,
        .publishes = choice->publishes,
        .dry_run = flags->dry_run,
        .namespace = flags->namespace,
        .labels = flags->labels,
        .prefix =
            annotation_prefix(opt->inject.prefixes[PREFIX_VAULT] ? PREFIX_VAULT : PREFIX_OPENBAO),
    };
    pki_settings(set, choice, &ret->vault);
    ret->vault.vault.connect_timeout = CHECK_TIMEOUT;
    find_cluster(opt, texts, ret);
    if (ret->namespace.len == 0 && ret->kube)
        ret->namespace = ret->kube->namespace;
    return choose_address(opt, flags, texts, ret, err);
}

static int run(const struct command_context *ctx, const struct options *opt,
               const struct check_flags *flags, struct buf *warnings, struct error *err)
{
    struct check_setting_texts texts = { .kube_error = ERROR_INIT };
    struct check_settings settings;
    struct cert_choice choice;
    struct check_output output;
    struct check_totals totals;
    buf_init(&texts.memory, TEXTS_MAX);
    int rc = cert_choose(opt, &choice, warnings, err);
    if (rc == 0)
        rc = fill(opt, flags, &choice, &texts, &settings, err);
    if (rc == 0) {
        check_output_init(&output, ctx->out, flags->format);
        totals =
            check_all(&settings, time_wall_us() / US_PER_SECOND, check_output_finding, &output);
        check_output_done(&output, &totals);
        rc = totals.failed > 0 ? COMMAND_FAILED : COMMAND_OK;
    }
    buf_done(&texts.memory);
    return rc;
}

int cmd_check(const struct command_context *ctx, int argc, char **argv)
{
    struct check_flags flags = { 0 };
    struct options opt = { 0 };
    struct error err = ERROR_INIT;
    struct buf warnings; /* the server logs them; here they are noise beside the findings */
    int status = COMMAND_OK;
    buf_init(&warnings, OPTIONS_WARNINGS_MAX);
    if (options_load(&opt, ctx, argc, argv, &flags, &status)) {
        bool is_set_up = harden_process(&err) == 0 && http_global_init(&err) == 0;
        status = is_set_up ? run(ctx, &opt, &flags, &warnings, &err) : -1;
        if (status < 0) {
            (void)fprintf(ctx->err, "keyhook check: %s\n", err.msg);
            status = err.code == ERROR_USAGE ? COMMAND_USAGE : COMMAND_FAILED;
        }
    }
    buf_done(&warnings);
    options_done(&opt);
    return status;
}
