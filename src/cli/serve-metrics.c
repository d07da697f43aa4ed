#include "cli/serve-metrics.h"

#include <assert.h>

#include "base/version.h"

enum result { RESULT_OK, RESULT_FAILED };

static_assert((unsigned)VAULT_FAILURE__COUNT <= METRICS_SERIES_MAX, "one series for each class");
static_assert((unsigned)KUBE_FAILURE__COUNT <= METRICS_SERIES_MAX, "one series for each class");

void serve_metrics_label(struct metrics *m, const struct serve_cert *cert)
{
    metrics_label(m, METRIC_BUILD_INFO, 0, slice_of(keyhook_version()), SLICE_ABSENT);
    metrics_set_series(m, METRIC_BUILD_INFO, 0, 1);
    metrics_label(m, METRIC_CERT_RENEWALS, RESULT_OK, SLICE("ok"), SLICE_ABSENT);
    metrics_label(m, METRIC_CERT_RENEWALS, RESULT_FAILED, SLICE("failed"), SLICE_ABSENT);
    /* The first class is none. Without Vault everything that fails is local. */
    for (unsigned f = 1; f < VAULT_FAILURE__COUNT; f++)
        if (cert->is_vault || f == VAULT_LOCAL)
            metrics_label(m, METRIC_CERT_FAILURES, f, slice_of(vault_failure_info(f)->name),
                          SLICE_ABSENT);
    for (unsigned f = 1; f < KUBE_FAILURE__COUNT; f++)
        metrics_label(m, METRIC_KUBE_FAILURES, f, slice_of(kube_failure_info(f)->name),
                      SLICE_ABSENT);
}

static void copy_failures(struct metrics *m, const struct serve_cert *cert,
                          const struct cert_keeper_counters *c)
{
    unsigned long long kube[KUBE_FAILURE__COUNT];
    cert_keeper_kube_failures(cert->keeper, kube);
    for (unsigned f = 1; f < KUBE_FAILURE__COUNT; f++)
        metrics_set_series(m, METRIC_KUBE_FAILURES, f, (int64_t)kube[f]);
    for (unsigned f = 1; f < VAULT_FAILURE__COUNT; f++)
        metrics_set_series(m, METRIC_CERT_FAILURES, f, (int64_t)atomic_load(&c->failures[f]));
}

void serve_metrics_copy(struct metrics *m, const struct serve_cert *cert)
{
    const struct cert_keeper_counters *c = cert_keeper_counters(cert->keeper);
    const struct {
        enum metric_id id;
        int64_t value;
    } rows[] = {
        { METRIC_CERT_EXPIRY, atomic_load(&c->ends) },
        { METRIC_ANCHOR_EXPIRY, atomic_load(&c->anchor_ends) },
        { METRIC_CERT_SUCCESS, atomic_load(&c->last_success) },
        { METRIC_CERT_FALLBACK, atomic_load(&c->is_fallback) },
        { METRIC_PUBLISHED, atomic_load(&c->is_published) },
        { METRIC_SEEN, atomic_load(&c->last_seen) },
        { METRIC_ANCHORS, (int64_t)atomic_load(&c->anchors) },
        { METRIC_UNCLAIMED, (int64_t)atomic_load(&c->unclaimed) },
        { METRIC_WRITES, (int64_t)atomic_load(&c->writes) },
        { METRIC_CONFLICTS, (int64_t)atomic_load(&c->conflicts) },
        { METRIC_REPAIRS, (int64_t)atomic_load(&c->repairs) },
        { METRIC_CONTESTED, atomic_load(&c->is_contested) },
        { METRIC_CROWDED_OUT, (int64_t)atomic_load(&c->crowded_out) },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        metrics_set(m, rows[i].id, rows[i].value);
    metrics_set_series(m, METRIC_CERT_RENEWALS, RESULT_OK, (int64_t)atomic_load(&c->renewed));
    metrics_set_series(m, METRIC_CERT_RENEWALS, RESULT_FAILED, (int64_t)atomic_load(&c->failed));
    copy_failures(m, cert, c);
}
