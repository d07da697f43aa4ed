#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/gnutls.h>

#include "metrics/exposition.h"
#include "server/refusal.h"
#include "server/route-table.h"
#include "server/throttle.h"
#include "server/tls-priority.h"

#define SECOND 1000000

static void test_routes(void **state)
{
    (void)state;
    struct route_table table;
    struct error err = ERROR_INIT;
    assert_int_equal(route_table_init(&table, SLICE("/prom/here"), &err), 0);
    static const struct {
        const char *path;
        bool exists;
    } rows[] = {
        { "/mutate", true },      { "/health/ready", true },
        { "/health/live", true }, { "/prom/here", true },
        { "/mutate/", false },    { "//mutate", false },
        { "/metrics", false },    { "", false },
        { "/", false },           { "/MUTATE", false },
        { "/health", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if ((route_find(&table, slice_of(rows[i].path)) != NULL) != rows[i].exists)
            fail_msg("%s", rows[i].path);
    assert_int_equal(route_table_init(&table, SLICE(""), &err), 0);
    assert_null(route_find(&table, SLICE("")));
}

static void assert_whole(const struct route_table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct route *r = &table->rows[i];
        static const char *const words[] = { "GET", "HEAD", "POST" };
        assert_ptr_equal(route_find(table, r->path), r); /* no path twice */
        assert_non_null(r->handle);
        for (size_t w = 0; w < 3; w++)
            assert_int_equal(route_allows(r, slice_of(words[w])),
                             strstr(r->allow, words[w]) != NULL);
        assert_false(route_allows(r, SLICE("get")));
        assert_false(route_allows(r, SLICE("PUT")));
        assert_false(route_allows(r, SLICE("")));
    }
}

static void test_every_route_is_whole(void **state)
{
    (void)state;
    struct route_table table;
    struct error err = ERROR_INIT;
    assert_int_equal(route_table_init(&table, SLICE("/m"), &err), 0);
    assert_whole(&table);
    route_table_init_plain(&table);
    assert_whole(&table);
    assert_non_null(route_find(&table, SLICE("/metrics")));
    assert_null(route_find(&table, SLICE("/mutate"))); /* never without TLS */
}

static void test_bad_telemetry_paths(void **state)
{
    (void)state;
    static const char *const rows[] = { "metrics", "/mutate", "/health/ready", " /metrics" };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct route_table table;
        struct error err = ERROR_INIT;
        assert_int_equal(route_table_init(&table, slice_of(rows[i]), &err), -1);
        assert_int_equal(err.code, ERROR_USAGE);
    }
}

static void test_throttle(void **state)
{
    (void)state;
    struct throttle t;
    uint64_t suppressed = 99;
    throttle_init(&t, 2);
    assert_true(throttle_pass(&t, 5 * SECOND, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_true(throttle_pass(&t, 5 * SECOND + 1, &suppressed));
    assert_false(throttle_pass(&t, 5 * SECOND + 2, &suppressed));
    assert_false(throttle_pass(&t, 6 * SECOND - 1, &suppressed));
    assert_true(throttle_pass(&t, 6 * SECOND, &suppressed));
    assert_int_equal(suppressed, 2);
    assert_true(throttle_pass(&t, 6 * SECOND, &suppressed));
    assert_int_equal(suppressed, 0);
    assert_false(throttle_pass(&t, 6 * SECOND, &suppressed));
    assert_int_equal(throttle_take_suppressed(&t), 1);
    assert_int_equal(throttle_take_suppressed(&t), 0);
    throttle_done(&t);
}

static void assert_priority(struct tls_choice choice, const char *expected)
{
    struct buf out;
    buf_init(&out, TLS_PRIORITY_MAX);
    tls_priority_put(&out, &choice);
    const char *text = buf_cstr(&out);
    assert_string_equal(text, expected);
    gnutls_priority_t parsed = NULL;
    const char *at = NULL;
    int rc = gnutls_priority_init(&parsed, text, &at);
    if (rc < 0)
        fail_msg("%s at %s", gnutls_strerror(rc), at);
    gnutls_priority_deinit(parsed);
    buf_done(&out);
}

#define GROUPS ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1:%SERVER_PRECEDENCE"
#define ALL_CIPHERS ":-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
#define BOTH_VERSIONS "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"
#define ONLY_13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define ECDHE ":-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA"

static void test_priorities(void **state)
{
    (void)state;
    assert_priority((struct tls_choice){ 0 }, BOTH_VERSIONS ALL_CIPHERS ECDHE GROUPS);
    assert_priority((struct tls_choice){ .tls13_only = true }, ONLY_13 ALL_CIPHERS ECDHE GROUPS);
    assert_priority((struct tls_choice){ .tls13_only = true,
                                         .ciphers = TLS_CIPHER_CHACHA20,
                                         .exchanges = TLS_EXCHANGE_RSA },
                    ONLY_13 ALL_CIPHERS ECDHE GROUPS);
    assert_priority((struct tls_choice){ .ciphers = TLS_CIPHER_AES_256_GCM,
                                         .exchanges = TLS_EXCHANGE_ECDHE_ECDSA },
                    BOTH_VERSIONS ":-CIPHER-ALL:+AES-256-GCM:-KX-ALL:+ECDHE-ECDSA" GROUPS);
    assert_priority((struct tls_choice){ .ciphers = TLS_CIPHER_CHACHA20 | TLS_CIPHER_AES_128_GCM,
                                         .exchanges = TLS_EXCHANGE_RSA | TLS_EXCHANGE_ECDHE_RSA },
                    BOTH_VERSIONS ":-CIPHER-ALL:+AES-128-GCM:+CHACHA20-POLY1305:-KX-ALL"
                                  ":+ECDHE-RSA:+RSA" GROUPS);
    assert_priority((struct tls_choice){ .ciphers = TLS_CIPHER_AES_128_GCM },
                    ONLY_13 ":-CIPHER-ALL:+AES-128-GCM:-KX-ALL" GROUPS);
}

static void test_refusal_statuses(void **state)
{
    (void)state;
    static const unsigned known[] = { 400, 404, 405, 413, 414, 415, 431, 503, 505 };
    unsigned seen = 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        seen |= 1u << refusal_index(known[i]);
    assert_int_equal(seen, 0x1ff);
    assert_int_equal(refusal_index(500), 9);
    assert_int_equal(refusal_index(0), 9);
    struct metrics *m = metrics_new();
    struct buf out;
    buf_init(&out, EXPOSITION_MAX);
    refusal_label(m);
    metrics_count(m, METRIC_REFUSED, refusal_index(413));
    exposition_put(m, &out);
    assert_non_null(strstr(buf_cstr(&out), "\nkeyhook_refused_requests_total{status=\"413\"} 1\n"));
    assert_non_null(
        strstr(buf_cstr(&out), "\nkeyhook_refused_requests_total{status=\"other\"} 0\n"));
    buf_done(&out);
    metrics_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_every_route_is_whole),
        cmocka_unit_test(test_bad_telemetry_paths),
        cmocka_unit_test(test_throttle),
        cmocka_unit_test(test_priorities),
        cmocka_unit_test(test_refusal_statuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
