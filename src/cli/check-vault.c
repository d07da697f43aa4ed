/* The checks of where certificates come from: Vault, or files. */

#include <stdio.h>
#include <stdlib.h>

#include "base/time.h"
#include "cert/check.h"
#include "cli/check.h"

#define US_PER_SECOND 1000000

static bool fail_class(struct check_finding *finding, const struct error *err,
                       enum vault_failure failure)
{
    return check_fail(finding, err->msg, vault_failure_info(failure)->advice);
}

/* --- Vault ------------------------------------------------------------------------------------- */

static bool judge_health(const struct check_run *run, struct check_finding *finding)
{
    const struct vault_health *h = &run->health;
    struct slice address = run->set->vault.vault.address;
    const char *state = !h->initialized ? "not initialised" : h->sealed ? "sealed" : NULL;
    buf_printf(&finding->detail, "%s at " SLICE_FMT " is %s", h->version, SLICE_ARG(address),
               state        ? state
               : h->standby ? "a standby, unsealed"
                            : "active, unsealed");
    if (state)
        buf_put_slice(&finding->advice, slice_of(vault_failure_info(VAULT_SEALED)->advice));
    return !state;
}

bool check_vault_health(struct check_run *run, struct check_finding *finding)
{
    CLEANUP(vault_client_free) struct vault_client *vault = NULL;
    enum vault_failure failure = VAULT_LOCAL;
    struct error err = ERROR_INIT;
    if (vault_client_new(&run->set->vault.vault, &vault, &err) < 0 ||
        vault_health(vault, &run->health, &failure, &err) < 0)
        return fail_class(finding, &err, failure);
    return judge_health(run, finding);
}

bool check_vault_clock(struct check_run *run, struct check_finding *finding)
{
    if (run->health.server_time == 0) {
        buf_put_lit(&finding->detail, "Vault did not tell its time");
        return true;
    }
    long long ahead = (long long)(time_wall_us() / US_PER_SECOND - run->health.server_time);
    buf_printf(&finding->detail, "ours is %lld s %s Vault's", llabs(ahead),
               ahead < 0 ? "behind" : "ahead of");
    if (llabs(ahead) <= CHECK_CLOCK_MAX)
        return true;
    buf_put_lit(&finding->advice,
                "set the clocks right: certificates would begin too late or end too early");
    return false;
}

static void describe_issue(const struct cert_issue *issue, struct buf *out)
{
    buf_put_lit(out, "valid until ");
    time_put_rfc3339(out, issue->bundle->not_after * US_PER_SECOND, TIME_SECONDS);
    if (issue->anchor_ends > 0) {
        buf_put_lit(out, ", its anchor until ");
        time_put_rfc3339(out, issue->anchor_ends * US_PER_SECOND, TIME_SECONDS);
    }
}

bool check_vault_sign(struct check_run *run, struct check_finding *finding)
{
    CLEANUP(cert_source_free) struct cert_source *source = NULL;
    enum vault_failure failure = VAULT_LOCAL;
    struct error err = ERROR_INIT;
    struct cert_vault_settings vault = run->set->vault;
    vault.ttl = CHECK_TTL;
    if (cert_source_vault(&vault, &source, &err) < 0 ||
        source->kind->issue(source, run->now, &run->issue, &failure, &err) < 0) {
        cert_issue_done(&run->issue);
        return fail_class(finding, &err, failure);
    }
    describe_issue(&run->issue, &finding->detail);
    return true;
}

/* --- files ------------------------------------------------------------------------------------- */

static int read_files(struct check_run *run, struct error *err)
{
    CLEANUP(cert_source_free) struct cert_source *source = NULL;
    enum vault_failure ignored;
    struct cert_hosts hosts;
    const struct cert_files_settings settings = { .cert_path = run->set->cert_file,
                                                  .key_path = run->set->key_file,
                                                  .ca_path = run->set->ca_file };
    if (cert_source_files(&settings, &source, err) < 0 ||
        source->kind->issue(source, run->now, &run->issue, &ignored, err) < 0 ||
        cert_hosts_parse(run->set->hosts, &hosts, err) < 0)
        return -1;
    return cert_check(run->issue.bundle, &hosts, buf_slice(&run->issue.anchor), run->now, err);
}

bool check_files(struct check_run *run, struct check_finding *finding)
{
    struct error err = ERROR_INIT;
    if (read_files(run, &err) < 0) {
        cert_issue_done(&run->issue);
        return check_fail(finding, err.msg,
                          "give a pair that belongs together, is valid now and is for the "
                          "webhook's names; its file may hold the issuing CA behind the leaf");
    }
    describe_issue(&run->issue, &finding->detail);
    return true;
}
