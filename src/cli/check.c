#include "cli/check.h"

#include <stdio.h>

/* Which settings a check is for. */
enum check_needs {
    NEEDS_VAULT = 1 << 0,
    NEEDS_FILES = 1 << 1,
    NEEDS_CLUSTER = 1 << 2,
    NEEDS_ADDRESS = 1 << 3,
    NEEDS_DRY_RUN = 1 << 4,
    NEEDS_NO_CLUSTER = 1 << 5,
};

/* Rows of the table, as bits of `after`. */
enum check_id {
    ID_SETTINGS,
    ID_HEALTH,
    ID_CLOCK,
    ID_SIGN,
    ID_FILES,
    ID_RIGHTS,
    ID_OBJECT,
    ID_BUNDLE,
    ID_NO_BUNDLE,
    ID_SERVED,
    ID_INJECTION
};
#define AFTER(id) (1u << (id))

/* clang-format off */
static const struct row {
    const char *name, *what;
    unsigned needs; /* bits NEEDS_x */
    unsigned after; /* checks that must have been fine */
    check_fn *look;
} rows[] = {
    [ID_SETTINGS] = { "settings",  "it is known what to look at",                 0,             0,                 check_settings_given },
    [ID_HEALTH] = { "vault",       "Vault can be reached and is unsealed",         NEEDS_VAULT,   0,                 check_vault_health },
    [ID_CLOCK]  = { "clock",       "this clock and Vault's agree",                 NEEDS_VAULT,   AFTER(ID_HEALTH),  check_vault_clock },
    [ID_SIGN]   = { "certificate", "Vault signs a certificate for the webhook",    NEEDS_VAULT,   AFTER(ID_CLOCK),   check_vault_sign },
    [ID_FILES]  = { "files",       "certificate and key can be served",            NEEDS_FILES,   0,                 check_files },
    [ID_RIGHTS] = { "rights",      "the cluster lets us read and write the webhook", NEEDS_CLUSTER, 0,               check_kube_rights },
    [ID_OBJECT] = { "webhook",     "the MutatingWebhookConfiguration is there",    NEEDS_CLUSTER, AFTER(ID_RIGHTS),  check_webhook_object },
    [ID_BUNDLE] = { "bundle",      "every caBundle holds our anchor",              NEEDS_CLUSTER, AFTER(ID_OBJECT),  check_bundle },
    [ID_NO_BUNDLE] = { "bundle",   "every caBundle holds our anchor",             NEEDS_NO_CLUSTER, 0,               check_no_bundle },
    [ID_SERVED] = { "served",      "what is served can be used",                   NEEDS_ADDRESS, 0,                 check_served },
    [ID_INJECTION] = { "injection", "a pod that asks for an agent gets one",       NEEDS_DRY_RUN, AFTER(ID_OBJECT),  check_injection },
};
/* clang-format on */

#define ROW_COUNT (sizeof(rows) / sizeof(rows[0]))

bool check_fail(struct check_finding *finding, const char *problem, const char *advice)
{
    buf_clear(&finding->detail);
    buf_put_slice(&finding->detail, slice_of(problem));
    buf_put_slice(&finding->advice, slice_of(advice));
    return false;
}

/* A pod's variables are here, but not the arguments of the program that runs in it. */
bool check_settings_given(struct check_run *run, struct check_finding *finding)
{
    static const char *const sources[] = {
        [CERT_SOURCE_VAULT] = "Vault",
        [CERT_SOURCE_FILES] = "files",
        [CERT_SOURCE_SELF_SIGNED] = "self-signed certificates",
    };
    const struct check_settings *set = run->set;
    buf_printf(&finding->detail, "%s, ", sources[set->source]);
    if (set->webhook_name.len > 0)
        buf_printf(&finding->detail, "webhook '" SLICE_FMT "'", SLICE_ARG(set->webhook_name));
    else
        buf_put_lit(&finding->detail, "no webhook's object");
    if (set->source != CERT_SOURCE_SELF_SIGNED || set->webhook_name.len > 0)
        return true;
    buf_put_lit(&finding->advice,
                "nothing says what is to be checked: give the options of serve, or "
                "set their KEYHOOK_* variables for the pod");
    return false;
}

static unsigned met_needs(const struct check_settings *set)
{
    bool is_alone = set->webhook_name.len == 0 && set->source != CERT_SOURCE_SELF_SIGNED;
    return (set->source == CERT_SOURCE_VAULT ? NEEDS_VAULT : 0u) |
           (set->source == CERT_SOURCE_FILES ? NEEDS_FILES : 0u) |
           (set->webhook_name.len > 0 ? NEEDS_CLUSTER : 0u) | (is_alone ? NEEDS_NO_CLUSTER : 0u) |
           (set->host ? NEEDS_ADDRESS : 0u) |
           (set->webhook_name.len > 0 && set->dry_run != CHECK_DRY_RUN_OFF ? NEEDS_DRY_RUN : 0u);
}

/* The first check that this one needed and that was not fine; NULL: it can be made. */
static const char *obstacle(const struct row *row, unsigned passed)
{
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (row->after & ~passed & AFTER(i))
            return rows[i].name;
    return NULL;
}

static void look(struct check_run *run, const struct row *row, unsigned passed,
                 struct check_finding *ret)
{
    const char *missing = obstacle(row, passed);
    if (missing) {
        ret->state = CHECK_SKIPPED;
        buf_printf(&ret->detail, "needs '%s'", missing);
    } else if (!row->look(run, ret) && ret->state == CHECK_OK) {
        ret->state = CHECK_FAILED;
    }
}

static void run_done(struct check_run *run)
{
    kube_webhook_free(run->webhook);
    kube_client_free(run->kube);
    cert_issue_done(&run->issue);
}

struct check_totals check_all(const struct check_settings *set, int64_t now,
                              check_report_fn *report, void *arg)
{
    struct check_run run = { .set = set, .now = now };
    struct check_totals totals = { 0 };
    unsigned passed = 0, met = met_needs(set);
    cert_issue_init(&run.issue);
    for (size_t i = 0; i < ROW_COUNT; i++) {
        struct check_finding finding = { .name = rows[i].name, .what = rows[i].what };
        if (rows[i].needs & ~met)
            continue;
        buf_init(&finding.detail, CHECK_DETAIL_MAX);
        buf_init(&finding.advice, CHECK_ADVICE_MAX);
        look(&run, &rows[i], passed, &finding);
        passed |= finding.state == CHECK_OK ? AFTER(i) : 0;
        totals.ok += finding.state == CHECK_OK;
        totals.failed += finding.state == CHECK_FAILED;
        totals.skipped += finding.state == CHECK_SKIPPED;
        report(arg, &finding);
        buf_done(&finding.detail);
        buf_done(&finding.advice);
    }
    run_done(&run);
    return totals;
}
