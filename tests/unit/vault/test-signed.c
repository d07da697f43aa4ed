#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/reply.h"
#include "support/alloc-fault.h"
#include "vault/client.h"

#define ALLOCATIONS_MAX 200
#define PEM(body) "-----BEGIN CERTIFICATE-----\\n" body "\\n-----END CERTIFICATE-----"
#define OUT(body) "-----BEGIN CERTIFICATE-----\n" body "\n-----END CERTIFICATE-----\n"

static struct vault_client client; /* holds no secret */

static const char good[] =
    "{\"data\":{\"certificate\":\"" PEM("LEAF") "\",\"issuing_ca\":\"\\n" PEM(
        "CA") "  \",\"ca_chain\":[\"" PEM("CA") "\\n\",\"" PEM("ROOT") "\",\"" PEM("ROOT") "\"]},"
                                                                                           "\"warni"
                                                                                           "ngs\":["
                                                                                           "\"one\""
                                                                                           ",\"two"
                                                                                           "\\nthre"
                                                                                           "e\"]}";

static void test_a_reply(void **state)
{
    struct vault_signed got;
    struct error err = ERROR_INIT;
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    (void)state;
    vault_signed_init(&got);
    assert_int_equal(reply_parse(slice_of(good), &tree, &err), 0);
    for (int i = 0; i < 2; i++) { /* what was there before is replaced */
        assert_int_equal(vault_signed_read(&client, tree, &got, &err), 0);
        assert_string_equal(buf_cstr(&got.leaf), OUT("LEAF"));
        assert_string_equal(buf_cstr(&got.issuing_ca), OUT("CA"));
        assert_string_equal(buf_cstr(&got.chain), OUT("CA") OUT("ROOT"));
        assert_string_equal(buf_cstr(&got.warnings), "one\ntwo three\n");
        assert_true(got.leaf.is_secret);
    }
    CLEANUP(reply_tree_free) json_t *other = NULL;
    assert_int_equal(reply_parse(SLICE("{\"data\":{}}"), &other, &err), 0);
    assert_int_equal(vault_signed_read(&client, other, &got, &err), -1);
    assert_string_equal(buf_cstr(&got.leaf), OUT("LEAF")); /* untouched */
    vault_signed_done(&got);
}

static void test_missing_memory(void **state)
{
    unsigned long n = 1;
    struct error err = ERROR_INIT;
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    (void)state;
    assert_int_equal(reply_parse(slice_of(good), &tree, &err), 0);
    for (; n < ALLOCATIONS_MAX; n++) {
        struct vault_signed got;
        vault_signed_init(&got);
        alloc_fault_start(n);
        int rc = vault_signed_read(&client, tree, &got, &err);
        bool is_over = alloc_fault_calls() < n;
        alloc_fault_start(0);
        assert_int_equal(rc, is_over ? 0 : -1);
        if (!is_over)
            assert_int_equal(err.code, ERROR_NOMEM);
        assert_int_equal(got.leaf.len > 0, is_over);
        vault_signed_done(&got);
        if (is_over)
            break;
    }
    assert_in_range(n, 5, ALLOCATIONS_MAX - 1);
}

#define REFUSED(end, ca_end)                                                         \
    "{\"errors\":[\"cannot satisfy request, as TTL would result in notAfter of " end \
    " that is beyond the expiration of the CA certificate at " ca_end "\"]}"
#define NOW 1767322800 /* 2026-01-02T03:00:00Z */

static void test_life_left(void **state)
{
    static const struct {
        const char *words;
        int64_t asked, now, left;
    } cases[] = {
        { "", 3600, NOW, 0 },
        { "role requires keys of type rsa", 3600, NOW, 0 },
        /* an hour asked, ten minutes left, whatever our clock says */
        { REFUSED("2026-01-02T04:00:00.123456789Z", "2026-01-02T03:10:00Z"), 3600, NOW, 595 },
        { REFUSED("2026-01-02T04:00:00Z", "2026-01-02T03:10:00Z"), 3600, NOW - 86400, 595 },
        { REFUSED("2026-01-02T04:00:00Z", "2026-01-02T03:10:00Z"), 3600, NOW + 86400, 595 },
        /* three days asked, cut to an hour by the role */
        { REFUSED("2026-01-02T04:00:00Z", "2026-01-02T03:10:00Z"), 259200, NOW, 595 },
        /* nothing left */
        { REFUSED("2026-01-02T04:00:00Z", "2026-01-02T03:00:02Z"), 3600, NOW, -3 },
        { REFUSED("2026-01-02T04:00:00Z", "2025-01-01T00:00:00Z"), 3600, NOW, -31633205 },
        /* words that cannot be */
        { REFUSED("2026-01-02T03:00:00Z", "2026-01-02T04:00:00Z"), 3600, NOW, 3595 },
        { REFUSED("2026-01-02T03:00:00Z", "2036-01-02T04:00:00Z"), 3600, NOW, 1800 },
        { REFUSED("never", "2026-01-02T04:00:00Z"), 3600, NOW, 1800 },
        { REFUSED("2026-01-02T04:00:00Z", "later"), 3601, NOW, 1800 },
        { "beyond the expiration of the CA", 3, NOW, 1 },
        { "beyond the expiration of the CA certificate at 2026-01-02T03:10:0", 8, NOW, 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t left = vault_life_left(slice_of(cases[i].words), cases[i].asked, cases[i].now);
        if (left != cases[i].left)
            fail_msg("%zu: %lld left, not %lld", i, (long long)left, (long long)cases[i].left);
    }
    assert_int_equal(vault_life_left(SLICE_ABSENT, 10, NOW), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_reply),
        cmocka_unit_test(test_missing_memory),
        cmocka_unit_test(test_life_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
