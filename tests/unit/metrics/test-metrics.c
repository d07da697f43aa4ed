#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "metrics/exposition.h"
#include "metrics/metrics.h"

#define THREADS 4u
#define COUNTS_PER_THREAD 20000u

static struct buf text;

static const char *expose(struct metrics *m)
{
    buf_done(&text);
    buf_init(&text, EXPOSITION_MAX);
    exposition_put(m, &text);
    const char *all = buf_cstr(&text);
    assert_non_null(all);
    return all;
}

static void assert_line(struct metrics *m, const char *line)
{
    const char *all = expose(m);
    const char *at = strstr(all, line);
    if (!at || (at != all && at[-1] != '\n') || at[strlen(line)] != '\n')
        fail_msg("no line \"%s\" in:\n%s", line, all);
}

static void assert_absent(struct metrics *m, const char *part)
{
    assert_null(strstr(expose(m), part));
}

static int set_up(void **state)
{
    *state = metrics_new();
    return *state ? 0 : -1;
}

static int tear_down(void **state)
{
    metrics_free(*state);
    buf_done(&text);
    return 0;
}

static void test_every_row_is_exposed(void **state)
{
    for (unsigned id = 0; id < METRIC__COUNT; id++) {
        const struct metric *info = metric_info(id);
        char line[512];
        assert_true(strlen(info->name) > 0 && strlen(info->help) > 0);
        assert_int_equal(metric_is_histogram(info), info->bounds != NULL);
        snprintf(line, sizeof(line), "# HELP %s %s", info->name, info->help);
        assert_line(*state, line);
        for (unsigned other = 0; other < id; other++)
            assert_string_not_equal(metric_info(other)->name, info->name);
    }
}

static void test_gauge(void **state)
{
    metrics_add(*state, METRIC_QUEUE, 3);
    metrics_add(*state, METRIC_QUEUE, -1);
    assert_line(*state, "vault_agent_injector_request_queue_length 2");
    metrics_set(*state, METRIC_START_TIME, 1700000000);
    assert_line(*state, "process_start_time_seconds 1700000000");
}

static void test_histogram_buckets_are_cumulative(void **state)
{
#define NAME "vault_agent_injector_request_processing_duration_ms"
    static const uint64_t values[] = { 0, 5, 6, 10000, 10001 };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        metrics_observe(*state, METRIC_DURATION_MS, values[i]);
    assert_line(*state, NAME "_bucket{le=\"5\"} 2");
    assert_line(*state, NAME "_bucket{le=\"10\"} 3");
    assert_line(*state, NAME "_bucket{le=\"7500\"} 3");
    assert_line(*state, NAME "_bucket{le=\"10000\"} 4");
    assert_line(*state, NAME "_bucket{le=\"+Inf\"} 5");
    assert_line(*state, NAME "_sum 20012");
    assert_line(*state, NAME "_count 5");
#undef NAME
}

static void test_microseconds_are_shown_as_seconds(void **state)
{
    static const uint64_t values[] = { 0, 50, 51, 1000000, 2000000, 70 };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        metrics_observe(*state, METRIC_DURATION, values[i]);
    assert_line(*state, "# TYPE keyhook_request_duration_seconds histogram");
    assert_line(*state, "keyhook_request_duration_seconds_bucket{le=\"0.00005\"} 2");
    assert_line(*state, "keyhook_request_duration_seconds_bucket{le=\"0.0001\"} 4");
    assert_line(*state, "keyhook_request_duration_seconds_bucket{le=\"1\"} 5");
    assert_line(*state, "keyhook_request_duration_seconds_bucket{le=\"2.5\"} 6");
    assert_line(*state, "keyhook_request_duration_seconds_bucket{le=\"+Inf\"} 6");
    assert_line(*state, "keyhook_request_duration_seconds_sum 3.000171");
}

static void test_labels(void **state)
{
    metrics_label(*state, METRIC_DECISIONS, 1, SLICE("denied"), SLICE("a\"b\\c\nd"));
    assert_line(*state,
                "keyhook_decisions_total{decision=\"denied\",reason=\"a\\\"b\\\\c\\nd\"} 0");
    metrics_count(*state, METRIC_DECISIONS, 1);
    metrics_count(*state, METRIC_DECISIONS, 1);
    assert_line(*state,
                "keyhook_decisions_total{decision=\"denied\",reason=\"a\\\"b\\\\c\\nd\"} 2");
    metrics_label(*state, METRIC_BUILD_INFO, 0, SLICE("1.2.3"), SLICE_ABSENT);
    assert_line(*state, "keyhook_build_info{version=\"1.2.3\"} 0");
}

static void test_pods_by_namespace(void **state)
{
#define INJECTIONS "vault_agent_injector_injections_by_namespace_total"
#define FAILED "vault_agent_injector_failed_injections_by_namespace_total"
    assert_absent(*state, INJECTIONS "{");
    metrics_count_pod(*state, METRICS_INIT_AND_SIDECAR, SLICE("apps"));
    metrics_count_pod(*state, METRICS_INIT_AND_SIDECAR, SLICE("apps"));
    metrics_count_pod(*state, METRICS_INIT_ONLY, SLICE("jobs"));
    metrics_count_pod(*state, METRICS_SIDECAR_ONLY, SLICE("jobs"));
    metrics_count_pod(*state, METRICS_FAILED, SLICE_ABSENT);
    assert_line(*state, INJECTIONS "{namespace=\"apps\",injection_type=\"init_and_sidecar\"} 2");
    assert_line(*state, INJECTIONS "{namespace=\"jobs\",injection_type=\"init_only\"} 1");
    assert_line(*state, INJECTIONS "{namespace=\"jobs\",injection_type=\"sidecar_only\"} 1");
    assert_line(*state, FAILED "{namespace=\"\"} 1");
    assert_absent(*state, FAILED "{namespace=\"apps\"");
}

static void test_namespaces_are_limited(void **state)
{
    char name[METRICS_NAMESPACE_LEN_MAX + 2];
    for (unsigned i = 0; i < METRICS_NAMESPACES_MAX + 7; i++) {
        snprintf(name, sizeof(name), "n-%u", i);
        metrics_count_pod(*state, METRICS_FAILED, slice_of(name));
    }
    metrics_count_pod(*state, METRICS_FAILED, SLICE("n-3")); /* known: still counted apart */
    memset(name, 'x', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    metrics_count_pod(*state, METRICS_FAILED, slice_of(name)); /* too long */
    assert_line(*state, FAILED "{namespace=\"n-3\"} 2");
    assert_line(*state, FAILED "{namespace=\"n-999\"} 1");
    assert_line(*state, FAILED "{namespace=\"other\"} 8");
    assert_absent(*state, "namespace=\"n-1000\"");
    unsigned lines = 0;
    for (const char *at = strstr(expose(*state), FAILED "{"); at; at = strstr(at + 1, FAILED "{"))
        lines++;
    assert_int_equal(lines, METRICS_NAMESPACES_MAX + 1);
}

static void *count_many(void *m)
{
    char name[16];
    for (unsigned i = 0; i < COUNTS_PER_THREAD; i++) {
        snprintf(name, sizeof(name), "t-%u", i % 10);
        metrics_count_pod(m, METRICS_FAILED, slice_of(name));
        metrics_add(m, METRIC_QUEUE, 1);
    }
    return NULL;
}

static void test_threads_lose_nothing(void **state)
{
    pthread_t threads[THREADS];
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_many, *state), 0);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    char line[128];
    for (unsigned i = 0; i < 10; i++) {
        snprintf(line, sizeof(line), FAILED "{namespace=\"t-%u\"} %u", i,
                 THREADS * COUNTS_PER_THREAD / 10);
        assert_line(*state, line);
    }
    snprintf(line, sizeof(line), "vault_agent_injector_request_queue_length %u",
             THREADS * COUNTS_PER_THREAD);
    assert_line(*state, line);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_every_row_is_exposed),
        TEST(test_gauge),
        TEST(test_histogram_buckets_are_cumulative),
        TEST(test_microseconds_are_shown_as_seconds),
        TEST(test_labels),
        TEST(test_pods_by_namespace),
        TEST(test_namespaces_are_limited),
        TEST(test_threads_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
