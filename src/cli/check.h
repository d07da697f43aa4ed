#ifndef SRC_CLI_CHECK_H
#define SRC_CLI_CHECK_H

/*
 * Is the installation healthy?  A table of checks, each a question with one answer.
 *
 * A check looks at one thing, says what it found, and, when that is wrong, what to do.  One that needs
 * what another did not find is skipped, so that one fault gives one finding.  Nothing is changed, neither
 * in Vault (but for one short-lived certificate) nor in the cluster.
 */

#include <stdint.h>

#include "base/buf.h"
#include "cert/source.h"
#include "cli/cert-choice.h"
#include "kube/webhook.h"
#include "vault/vault.h"

#define CHECK_DETAIL_MAX ((size_t)2048)
#define CHECK_ADVICE_MAX ((size_t)1024)
#define CHECK_TIMEOUT ((int64_t)5 * 1000000) /* of one connection, in microseconds */
#define CHECK_CLOCK_MAX ((int64_t)60)        /* seconds between two clocks */
#define CHECK_TTL ((int64_t)60)              /* seconds of life of the certificate asked for */

/* Whether a pod is tried: if we may create pods, or else it is a failure, or never. */
enum check_dry_run { CHECK_DRY_RUN_AUTO, CHECK_DRY_RUN_MUST, CHECK_DRY_RUN_OFF };

/* What is to be checked; borrowed for the run. */
struct check_settings {
    enum cert_source_id source;
    struct cert_vault_settings vault;
    struct slice cert_file, key_file, ca_file;
    struct slice hosts;        /* comma list: names of the webhook; may be empty but for Vault */
    struct slice webhook_name; /* empty: no cluster is asked */
    bool publishes;            /* the caBundle is ours to write */
    const struct kube_settings *kube; /* NULL: not in a cluster */
    const char *kube_problem;         /* why not, then */
    enum check_dry_run dry_run;
    struct slice namespace, labels, prefix; /* of the pod that is tried, and of its annotations */
    const char *host, *port;                /* where the webhook listens; host NULL: not asked */
};

enum check_state { CHECK_OK, CHECK_FAILED, CHECK_SKIPPED };

struct check_finding {
    const char *name; /* of the check */
    const char *what; /* the question, as a statement */
    enum check_state state;
    struct buf detail; /* what was found, or why it was skipped */
    struct buf advice; /* what to do; empty unless failed */
};

/* What checks hand on to later ones. */
struct check_run {
    const struct check_settings *set;
    int64_t now; /* seconds since the epoch */
    struct vault_health health;
    struct cert_issue issue; /* the certificate got from the source */
    struct kube_client *kube;
    struct kube_webhook *webhook;
};

/* True: fine.  False: *finding has what is wrong and what to do, or why the check, as its state says, was skipped. */
typedef bool check_fn(struct check_run *run, struct check_finding *finding);

/* Vault and files, the cluster, and what is served. */
check_fn check_settings_given;
check_fn check_vault_health, check_vault_clock, check_vault_sign, check_files;
check_fn check_kube_rights, check_webhook_object, check_bundle, check_no_bundle;
check_fn check_injection;
check_fn check_served;

/* Always false: for a check's `return check_fail(...)`. */
bool check_fail(struct check_finding *finding, const char *problem, const char *advice);

/* Called for each check in turn. */
typedef void check_report_fn(void *arg, const struct check_finding *finding);

struct check_totals {
    unsigned ok, failed, skipped;
};

/* Runs the table. */
struct check_totals check_all(const struct check_settings *set, int64_t now,
                              check_report_fn *report, void *arg);

#endif
