/* The check of the whole way: the API server is shown a pod that asks for an agent, and keeps nothing. */

#include <stdio.h>

#include "cli/check.h"
#include "kube/pod.h"

#define NOT_CALLED                                                                               \
    "the API server did not ask the webhook: look whether namespaceSelector, objectSelector, "   \
    "matchConditions and rules of its object take in this namespace and these annotations, and " \
    "whether another webhook changes or drops them"

/*
 * Why a pod is refused, by what the API server says; the first row that fits.  These words are those of
 * Kubernetes 1.30 to 1.35 and of the chart's policy; what has none of them is told as it is.
 */
/* clang-format off */
static const struct refusal {
    const char *words;
    bool is_ours;    /* and a webhook of our object is named */
    bool is_unasked; /* it says nothing about the installation */
    const char *cause, *advice;
} refusals[] = {
    { "cannot create resource \"pods\"", false, true, "this account may not create pods there", "" },
    { "x509:", true, false, "the API server does not trust the webhook",
      "the checks 'bundle' and 'served' say why" },
    { "failed calling webhook", true, false, "the API server cannot reach the webhook",
      "look at the Service and its endpoints, whether the replicas are ready, and whether network or firewall let the API server through to their port" },
    { "denied the request", true, false, "the webhook refuses the pod",
      "its words say why: the defaults that it gives to pods, or the namespace" },
    { "no volume vault-secrets", false, false, "the policy of the chart refuses the pod, which was not injected", NOT_CALLED },
    { "violates PodSecurity", false, false, "Pod Security refuses the injected pod",
      "try in a namespace like those of your applications (-n), or set there or for the agent what it asks for" },
    { "quota: ", false, false, "the quota of the namespace refuses the pod",
      "raise it, lower the agent's requests and limits, or try in another namespace (-n)" },
    { "failed calling webhook", false, false, "another webhook fails", "mend that one, or try in another namespace (-n)" },
    { "denied the request", false, false, "another webhook refuses the pod", "see what it wants, or try in another namespace (-n)" },
    { "ValidatingAdmissionPolicy", false, false, "another policy refuses the pod", "see what it wants, or try in another namespace (-n)" },
    { "namespaces \"", false, false, "there is no such namespace", "give one that is there (-n)" },
    { "error looking up service account", false, false, "the namespace is not complete", "wait until it has its service account 'default', or try in another namespace (-n)" },
};
/* clang-format on */

static bool names_ours(const struct check_run *run, struct slice words)
{
    for (size_t i = 0; i < run->webhook->entry_count; i++)
        if (slice_contains(words, run->webhook->entries[i].name))
            return true;
    return false;
}

static const struct refusal *find_refusal(const struct check_run *run, struct slice words)
{
    bool is_ours = names_ours(run, words);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
        if (slice_contains(words, slice_of(refusals[i].words)) && (is_ours || !refusals[i].is_ours))
            return &refusals[i];
    return NULL;
}

/* Not having looked is no fault of the installation, unless it was asked for. */
static bool tell_unasked(const struct check_run *run, struct check_finding *finding)
{
    struct slice namespace = run->set->namespace;
    bool must = run->set->dry_run == CHECK_DRY_RUN_MUST;
    buf_printf(&finding->detail,
               "not tried: this account may not create pods in '" SLICE_FMT
               "', as it should be for the webhook's own",
               SLICE_ARG(namespace));
    buf_printf(must ? &finding->advice : &finding->detail,
               "%sa Role with create on pods in '" SLICE_FMT
               "' lets it be tried; helm test does so with an account of its own",
               must ? "" : "; ", SLICE_ARG(namespace));
    finding->state = must ? CHECK_FAILED : CHECK_SKIPPED;
    return false;
}

static bool judge_refusal(const struct check_run *run, struct slice words,
                          enum kube_failure failure, struct check_finding *finding)
{
    const struct refusal *row = find_refusal(run, words);
    if (row && row->is_unasked)
        return tell_unasked(run, finding);
    buf_printf(&finding->detail, "%s, in '" SLICE_FMT "': " SLICE_FMT,
               row ? row->cause : "the API server refuses the pod", SLICE_ARG(run->set->namespace),
               SLICE_ARG(words));
    const char *advice = failure == KUBE_FORBIDDEN ? "its words say who refuses it, and why"
                                                   : kube_failure_info(failure)->advice;
    buf_put_slice(&finding->advice, slice_of(row ? row->advice : advice));
    return false;
}

static bool judge_answer(const struct check_run *run, const struct kube_pod_answer *answer,
                         struct check_finding *finding)
{
    bool is_injected = answer->has_volume && answer->has_agent;
    buf_printf(&finding->detail, "%s in '" SLICE_FMT "'",
               is_injected          ? "a dry run was injected"
               : answer->has_volume ? "a dry run got the volume vault-secrets, but no agent,"
                                    : "a dry run was accepted without an agent",
               SLICE_ARG(run->set->namespace));
    if (is_injected)
        return true;
    buf_put_slice(&finding->advice,
                  answer->has_volume
                      ? SLICE("something else changes pods: look at the other mutating webhooks")
                      : SLICE(NOT_CALLED "; or failurePolicy is Ignore and it cannot be reached"));
    return false;
}

static bool try_pod(struct check_run *run, struct buf *words, struct check_finding *finding)
{
    struct kube_pod_question question = {
        .namespace = run->set->namespace,
        .prefix = run->set->prefix,
        .labels = run->set->labels,
        .volume = "vault-secrets",
        .agents = { "vault-agent", "vault-agent-init" },
    };
    enum kube_failure failure = KUBE_LOCAL;
    struct kube_pod_answer answer;
    struct error err = ERROR_INIT;
    if (kube_pod_try(run->kube, &question, &answer, words, &failure, &err) == 0)
        return judge_answer(run, &answer, finding);
    if (words->len > 0)
        return judge_refusal(run, buf_slice(words), failure, finding);
    return check_fail(finding, err.msg, kube_failure_info(failure)->advice);
}

bool check_injection(struct check_run *run, struct check_finding *finding)
{
    struct buf words;
    if (run->set->namespace.len == 0)
        return check_fail(finding, "it is not known in which namespace to try", "give one as -n");
    buf_init(&words, CHECK_DETAIL_MAX);
    bool is_fine = try_pod(run, &words, finding);
    buf_done(&words);
    return is_fine;
}
