/* The check of what the webhook shows to its clients. */

#include <stdio.h>

#include "base/time.h"
#include "cert/check.h"
#include "cert/probe.h"
#include "cli/check.h"

#define US_PER_SECOND 1000000

/* What an API server would say that asks as this entry says. */
static int judge_entry(const struct check_run *run, const struct cert_pem_list *chain,
                       const struct kube_webhook_entry *entry, struct error *err)
{
    struct cert_hosts asked;
    if (entry->ca_bundle.len == 0)
        return error_set(err, ERROR_CRYPTO,
                         "webhook '" SLICE_FMT "' has no caBundle to trust it by",
                         SLICE_ARG(entry->name));
    if (cert_hosts_parse(entry->host.len > 0 ? entry->host : run->set->hosts, &asked, err) < 0)
        return -1;
    return cert_check_chain(chain, &asked, entry->ca_bundle, run->now, err);
}

static int judge_chain(const struct check_run *run, const struct cert_pem_list *chain,
                       const struct cert_hosts *hosts, struct error *err)
{
    if (!run->webhook)
        return cert_check_chain(chain, hosts, buf_slice(&run->issue.anchor), run->now, err);
    for (size_t i = 0; i < run->webhook->entry_count; i++)
        if (judge_entry(run, chain, &run->webhook->entries[i], err) < 0)
            return -1;
    return 0;
}

static void describe(const struct check_run *run, const struct cert_pem_list *chain,
                     struct buf *out)
{
    int64_t ends = cert_pem_not_after(chain);
    buf_put_lit(out, "valid until ");
    time_put_rfc3339(out, ends * US_PER_SECOND, TIME_SECONDS);
    if (!run->webhook)
        buf_put_lit(out, "; whether it is trusted was not looked at: no caBundle is known");
}

bool check_served(struct check_run *run, struct check_finding *finding)
{
    struct error err = ERROR_INIT;
    struct cert_hosts hosts;
    struct cert_pem_list chain = { .count = 0 };
    if (run->webhook)
        finding->what = "the API server would trust what is served";
    struct cert_probe_request ask = { run->set->host, run->set->port, CHECK_TIMEOUT };
    if (cert_hosts_parse(run->set->hosts, &hosts, &err) < 0)
        return check_fail(finding, err.msg, "correct the list of names");
    if (cert_probe(&ask, &chain, &err) < 0)
        return check_fail(finding, err.msg,
                          "the webhook does not run there, or has no certificate yet: see its log, "
                          "or give its address as -connect HOST:PORT");
    bool is_fine = judge_chain(run, &chain, &hosts, &err) == 0;
    if (is_fine)
        describe(run, &chain, &finding->detail);
    else
        check_fail(finding, err.msg,
                   "calls of the API server fail until this is right: the checks above say why a "
                   "new certificate cannot be had, or restart the webhook");
    cert_pem_done(&chain);
    return is_fine;
}
