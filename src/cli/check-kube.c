/* The checks of the cluster: rights, the webhook's object, and the anchors in it. */

#include <stdio.h>

#include "base/time.h"
#include "cert/trust.h"
#include "cli/check.h"
#include "kube/access.h"

#define US_PER_SECOND 1000000

static bool fail_class(struct check_finding *finding, const struct error *err,
                       enum kube_failure failure)
{
    return check_fail(finding, err->msg, kube_failure_info(failure)->advice);
}

/* --- rights ------------------------------------------------------------------------------------ */

/* clang-format off */
static const struct {
    const char *verb;
    bool for_publishing;
} verbs[] = {
    { "get",   false },
    { "patch", true },
    { "watch", true },
};
/* clang-format on */

static int missing_verbs(struct check_run *run, struct buf *ret, enum kube_failure *ret_failure,
                         struct error *err)
{
    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        bool may = true;
        if (verbs[i].for_publishing && !run->set->publishes)
            continue;
        if (kube_may_webhook(run->kube, verbs[i].verb, run->set->webhook_name, &may, ret_failure,
                             err) < 0)
            return -1;
        if (!may)
            buf_printf(ret, "%s%s", ret->len > 0 ? ", " : "", verbs[i].verb);
    }
    return 0;
}

static bool judge_verbs(const struct check_run *run, struct slice missing,
                        struct check_finding *finding)
{
    struct slice name = run->set->webhook_name;
    if (missing.len == 0) {
        buf_put_lit(&finding->detail, "RBAC grants what is needed");
        return true;
    }
    buf_printf(&finding->detail, "RBAC does not grant " SLICE_FMT " on '" SLICE_FMT "'",
               SLICE_ARG(missing), SLICE_ARG(name));
    buf_printf(&finding->advice,
               "give this service account a ClusterRole with " SLICE_FMT
               " on mutatingwebhookconfigurations, resourceNames [" SLICE_FMT
               "] (apiGroup admissionregistration.k8s.io)",
               SLICE_ARG(missing), SLICE_ARG(name));
    return false;
}

bool check_kube_rights(struct check_run *run, struct check_finding *finding)
{
    enum kube_failure failure = KUBE_LOCAL;
    struct error err = ERROR_INIT;
    struct buf missing;
    if (!run->set->kube)
        return check_fail(
            finding, run->set->kube_problem,
            "run this in the webhook's pod: kubectl exec deploy/NAME -- keyhook check");
    buf_init(&missing, CHECK_DETAIL_MAX);
    int rc = kube_client_new(run->set->kube, &run->kube, &err);
    if (rc == 0)
        rc = missing_verbs(run, &missing, &failure, &err);
    bool is_fine = rc == 0 ? judge_verbs(run, buf_slice(&missing), finding)
                           : fail_class(finding, &err, failure);
    buf_done(&missing);
    return is_fine;
}

/* --- the object -------------------------------------------------------------------------------- */

bool check_webhook_object(struct check_run *run, struct check_finding *finding)
{
    struct slice name = run->set->webhook_name;
    enum kube_failure failure = KUBE_LOCAL;
    struct error err = ERROR_INIT;
    if (kube_webhook_get(run->kube, name, &run->webhook, &failure, &err) < 0) {
        if (failure != KUBE_NOT_FOUND)
            return fail_class(finding, &err, failure);
        buf_printf(&finding->detail, "there is no MutatingWebhookConfiguration '" SLICE_FMT "'",
                   SLICE_ARG(name));
        buf_put_lit(&finding->advice, "create it, or give the right name as -webhook-name");
        return false;
    }
    buf_printf(&finding->detail, "'" SLICE_FMT "' has %zu webhook%s", SLICE_ARG(name),
               run->webhook->entry_count, run->webhook->entry_count == 1 ? "" : "s");
    if (run->webhook->entry_count > 0)
        return true;
    buf_put_lit(&finding->advice, "without a webhook in it the API server never asks us");
    return false;
}

static bool is_bundle_readable(const struct check_run *run, struct check_finding *finding)
{
    for (size_t i = 0; i < run->webhook->entry_count; i++) {
        const struct kube_webhook_entry *entry = &run->webhook->entries[i];
        if (entry->ca_is_base64 && entry->ca_bundle.len > 0)
            continue;
        buf_printf(&finding->detail, "the caBundle of webhook '" SLICE_FMT "' is %s",
                   SLICE_ARG(entry->name), entry->ca_is_base64 ? "empty" : "not base64");
        return false;
    }
    return true;
}

static bool holds_anchor(const struct check_run *run, struct check_finding *finding)
{
    struct trust_anchor anchor = { .pem = buf_slice(&run->issue.anchor),
                                   .role = TRUST_HOLD,
                                   .until = run->issue.anchor_ends };
    struct trust_plan plan;
    struct error err = ERROR_INIT;
    if (trust_plan(run->webhook, &anchor, 1, run->now, false, &plan, &err) < 0) {
        buf_put_slice(&finding->detail, slice_of(err.msg));
        return false;
    }
    bool holds = plan.holds_all;
    size_t others = plan.unclaimed;
    trust_plan_done(&plan);
    if (holds)
        buf_put_lit(&finding->detail, "the issuing CA is in every caBundle");
    if (holds && others > 0)
        buf_printf(
            &finding->detail,
            "; beside it %zu that nobody has stamped: of others, or left by restarts, they stay "
            "until they end",
            others);
    if (!holds)
        buf_put_lit(&finding->detail, "the CA that signs our certificate is not in every caBundle");
    return holds;
}

bool check_bundle(struct check_run *run, struct check_finding *finding)
{
    bool is_known = run->issue.anchor.len > 0;
    if (is_bundle_readable(run, finding) && (!is_known || holds_anchor(run, finding))) {
        if (!is_known)
            buf_put_lit(&finding->detail, "every caBundle is filled");
        return true;
    }
    buf_put_slice(&finding->advice,
                  run->set->publishes
                      ? SLICE("the webhook writes it by itself within seconds: see its log and "
                              "metrics for why not, and whether another manager overwrites it")
                      : SLICE("nothing writes it with -publish=off: put the CA into caBundle, or "
                              "let the webhook publish it"));
    return false;
}

/* Nobody said which object it is: no caBundle can be seen. */
bool check_no_bundle(struct check_run *run, struct check_finding *finding)
{
    (void)run;
    finding->state = CHECK_SKIPPED;
    buf_put_lit(&finding->detail,
                "whether the API server trusts the certificate was not looked at: give "
                "-webhook-name and a service account that may get that object, or let helm test "
                "have the API server try a pod");
    return false;
}
