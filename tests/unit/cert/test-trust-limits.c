/* cert/trust at its limits: too many anchors, too large ones, what is no anchor, and memory that is gone. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "base/time.h"
#include "cert/anchor-set.h"
#include "cert/trust.h"
#include "support/alloc-fault.h"
#include "support/made-cert.h"
#include "support/trust-object.h"

#define NOW INT64_C(2000000000)
#define DAY ((int64_t)24 * 60 * 60)
#define COUNT 80 /* certificates; the later ones end later */
#define LARGE 6  /* of so many bytes that five are too much */
#define TEXT_MAX ((size_t)16 << 20)
#define ALLOCATIONS_MAX 1000 /* of one plan; more would be an endless loop */

static struct made_cert certs[COUNT], large[LARGE];

static int set_up(void **state)
{
    struct buf hosts;
    (void)state;
    for (unsigned i = 0; i < COUNT; i++)
        made_cert(&certs[i], .serial = i + 1, .from = NOW - DAY, .to = NOW + (1 + i) * DAY,
                  .is_ca = true, .is_fixed = true, .name = "an anchor");
    buf_init(&hosts, TEXT_MAX);
    for (int i = 0; i < 60; i++)
        buf_printf(&hosts, "%059d.%059d.%059d.example,", i, i, i);
    for (unsigned i = 0; i < LARGE; i++)
        made_cert(&large[i], .serial = i + 500, .from = NOW - DAY, .to = NOW + (100 - i) * DAY,
                  .is_ca = true, .is_fixed = true, .hosts = buf_cstr(&hosts));
    buf_done(&hosts);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (int i = 0; i < COUNT; i++)
        made_cert_done(&certs[i]);
    for (int i = 0; i < LARGE; i++)
        made_cert_done(&large[i]);
    return 0;
}

static bool has(const struct trust_object *o, size_t entry, const struct made_cert *c)
{
    struct slice pem = made_cert_pem(c);
    return slice_contains(buf_slice(&o->bundles[entry]), pem);
}

static void add_many(struct trust_object *o, size_t entry, int from, int to)
{
    for (int i = from; i < to; i++)
        trust_object_add(o, entry, made_cert_pem(&certs[i]));
}

static struct trust_anchor hold(const struct made_cert *c)
{
    return (struct trust_anchor){ made_cert_pem(c), TRUST_HOLD, NOW + 50 };
}

/* Plans, writes, and sees that nothing more is to be done; the plan stays the caller's. */
static void plan_and_write(struct trust_object *o, const struct trust_anchor *ours, size_t count,
                           struct trust_plan *ret)
{
    struct trust_plan again;
    struct error err = ERROR_INIT;
    if (trust_plan(trust_object_view(o), ours, count, NOW, false, ret, &err) < 0)
        fail_msg("%s", err.msg);
    trust_object_patch(o, &ret->change);
    if (trust_plan(trust_object_view(o), ours, count, NOW, true, &again, &err) < 0)
        fail_msg("%s", err.msg);
    assert_false(again.is_needed);
    assert_false(again.is_repair);
    assert_true(again.holds_all);
    assert_int_equal(again.anchors, ret->anchors);
    assert_int_equal(again.crowded_out, 0);
    trust_plan_done(&again);
}

static void test_as_many_as_there_may_be(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[70]);
    (void)state;
    trust_object_init(&o, 1);
    add_many(&o, 0, 0, CROWD_ANCHORS_MAX - 1);
    plan_and_write(&o, &ours, 1, &plan);
    assert_int_equal(plan.anchors, CROWD_ANCHORS_MAX);
    assert_int_equal(plan.crowded_out, 0);
    trust_plan_done(&plan);
    trust_object_done(&o);
}

static void test_what_ends_first_goes(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[0]); /* which ends before all others */
    (void)state;
    trust_object_init(&o, 2);
    for (int i = CROWD_ANCHORS_MAX; i > 0; i--) /* the last to end first */
        add_many(&o, 0, i, i + 1);
    add_many(&o, 1, 1, CROWD_ANCHORS_MAX + 2);
    plan_and_write(&o, &ours, 1, &plan);
    assert_int_equal(plan.anchors, CROWD_ANCHORS_MAX);
    assert_int_equal(plan.crowded_out, 2); /* number 1 of both, number 2 of the second */
    for (size_t entry = 0; entry < 2; entry++) {
        assert_true(has(&o, entry, &certs[0]));
        assert_false(has(&o, entry, &certs[1]));
        assert_true(has(&o, entry, &certs[3]));
    }
    assert_true(has(&o, 0, &certs[2]));
    assert_false(has(&o, 1, &certs[2]));
    trust_plan_done(&plan);
    trust_object_done(&o);
}

static void stamp(struct trust_object *o, const struct made_cert *c, int64_t at)
{
    unsigned char hash[TRUST_HASH_SIZE];
    size_t size = sizeof(hash);
    struct buf name, value;
    buf_init(&name, TEXT_MAX);
    buf_init(&value, TEXT_MAX);
    assert_true(gnutls_x509_crt_get_fingerprint(c->crt, GNUTLS_DIG_SHA256, hash, &size) >= 0);
    buf_put_lit(&name, TRUST_STAMP_PREFIX);
    for (int i = 0; i < 8; i++)
        buf_printf(&name, "%02x", hash[i]);
    time_put_rfc3339(&value, at * 1000000, TIME_SECONDS);
    trust_object_annotate(o, buf_slice(&name), buf_slice(&value));
    buf_done(&name);
    buf_done(&value);
}

static void test_a_stamp_protects(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[79]);
    (void)state;
    trust_object_init(&o, 1);
    add_many(&o, 0, 0, CROWD_ANCHORS_MAX);
    stamp(&o, &certs[0], NOW + 20);
    plan_and_write(&o, &ours, 1, &plan);
    assert_int_equal(plan.crowded_out, 1);
    assert_true(has(&o, 0, &certs[0]));
    assert_false(has(&o, 0, &certs[1]));
    trust_plan_done(&plan);
    trust_object_done(&o);
}

static void test_ours_never_go(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours[TRUST_HELD_MAX];
    (void)state;
    for (size_t i = 0; i < TRUST_HELD_MAX; i++)
        ours[i] = hold(&certs[i]);
    trust_object_init(&o, 1);
    add_many(&o, 0, 0, COUNT);
    plan_and_write(&o, ours, TRUST_HELD_MAX, &plan);
    assert_int_equal(plan.crowded_out, COUNT - CROWD_ANCHORS_MAX);
    for (size_t i = 0; i < TRUST_HELD_MAX; i++)
        assert_true(has(&o, 0, &certs[i]));
    assert_false(has(&o, 0, &certs[TRUST_HELD_MAX]));
    trust_plan_done(&plan);
    trust_object_done(&o);
}

static void test_bytes(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[0]);
    (void)state;
    trust_object_init(&o, 1);
    for (int i = 0; i < LARGE; i++)
        trust_object_add(&o, 0, made_cert_pem(&large[i]));
    plan_and_write(&o, &ours, 1, &plan);
    assert_true(plan.crowded_out > 0 && plan.crowded_out < LARGE);
    assert_true(o.bundles[0].len <= CROWD_BYTES_MAX);
    assert_true(o.bundles[0].len + large[0].pem.len >
                CROWD_BYTES_MAX); /* no more went than had to */
    assert_true(has(&o, 0, &large[0]));
    assert_false(has(&o, 0, &large[LARGE - 1])); /* it ends first */
    trust_plan_done(&plan);
    trust_object_done(&o);
}

static uint64_t removed(struct trust_object *o, size_t ret_unclaimed[1])
{
    struct trust_plan plan;
    struct error err = ERROR_INIT;
    struct trust_anchor ours = hold(&certs[70]);
    if (trust_plan(trust_object_view(o), &ours, 1, NOW + 5 * DAY, false, &plan, &err) < 0)
        fail_msg("%s", err.msg);
    uint64_t number = plan.removed;
    *ret_unclaimed = plan.unclaimed;
    trust_object_patch(o, &plan.change);
    trust_plan_done(&plan);
    return number;
}

/* Who puts back what was taken out can be told from who adds something else. */
static void test_what_goes_is_a_number(void **state)
{
    struct trust_object o;
    size_t unclaimed;
    (void)state;
    trust_object_init(&o, 2);
    add_many(&o, 0, 0, 3); /* ended */
    add_many(&o, 0, 20, 22);
    uint64_t first = removed(&o, &unclaimed);
    assert_true(first != 0);
    assert_int_equal(unclaimed, 2);
    assert_int_equal(removed(&o, &unclaimed), 0);
    for (int i = 2; i >= 0; i--) /* in another order */
        add_many(&o, 0, i, i + 1);
    assert_true(removed(&o, &unclaimed) == first);
    add_many(&o, 0, 0, 2);
    uint64_t fewer = removed(&o, &unclaimed);
    assert_true(fewer != 0 && fewer != first);
    trust_object_add(&o, 1,
                     SLICE("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    assert_true(removed(&o, &unclaimed) != 0);
    assert_int_equal(removed(&o, &unclaimed), 0);
    trust_object_done(&o);
}

static void test_comments_count(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[0]);
    (void)state;
    trust_object_init(&o, 1);
    add_many(&o, 0, 0, 2);
    while (o.bundles[0].len <= CROWD_BYTES_MAX)
        trust_object_add(&o, 0, SLICE("# a comment\n"));
    plan_and_write(&o, &ours, 1, &plan);
    assert_true(plan.is_needed);
    assert_int_equal(plan.crowded_out, 0);
    assert_int_equal(o.bundles[0].len, certs[0].pem.len + certs[1].pem.len);
    trust_plan_done(&plan);
    trust_object_done(&o);
}

/* Other certificates at hardly any cost: the last byte of the signature differs, nobody looks at it. */
static void put_variant(struct buf *out, const struct made_cert *c, unsigned number)
{
    gnutls_datum_t der = { NULL, 0 }, pem = { NULL, 0 };
    assert_true(gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_DER, &der) >= 0);
    der.data[der.size - 1] = (unsigned char)number;
    der.data[der.size - 2] = (unsigned char)(number >> 8);
    assert_true(gnutls_pem_base64_encode2("CERTIFICATE", &der, &pem) >= 0);
    buf_put(out, (const char *)pem.data, pem.size);
    gnutls_free(der.data);
    gnutls_free(pem.data);
}

static void test_more_than_are_read(void **state)
{
    struct trust_object o;
    struct trust_plan plan;
    struct trust_anchor ours = hold(&certs[1]);
    (void)state;
    trust_object_init(&o, 1);
    for (unsigned i = 0; i < ANCHOR_SET_MAX + 5; i++)
        put_variant(&o.bundles[0], &certs[0], i);
    plan_and_write(&o, &ours, 1, &plan);
    assert_int_equal(plan.anchors, CROWD_ANCHORS_MAX);
    assert_int_equal(plan.crowded_out, ANCHOR_SET_MAX + 5 - (CROWD_ANCHORS_MAX - 1));
    assert_true(has(&o, 0, &certs[1]));
    trust_plan_done(&plan);
    trust_object_done(&o);
}

/* --- refused ------------------------------------------------------------------------------------ */

static void assert_refused(const struct trust_anchor *ours, size_t count, enum error_code code,
                           const char *msg)
{
    struct trust_object o;
    struct trust_plan plan = { .anchors = 77 };
    struct error err = ERROR_INIT;
    trust_object_init(&o, 1);
    assert_int_equal(trust_plan(trust_object_view(&o), ours, count, NOW, false, &plan, &err), -1);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.msg, msg));
    assert_int_equal(plan.anchors, 77);
    trust_object_done(&o);
}

static void test_what_is_no_anchor(void **state)
{
    struct buf text;
    (void)state;
    static const char *const behind[] = { "-----BEGIN", "-----BEGIN CERTIFICATE-----\nAAAA\n",
                                          "-----BEGIN X-----\nAAAA\n-----END X-----\n" };
    for (int role = TRUST_HOLD; role <= TRUST_DROP; role++) {
        struct trust_anchor none = { SLICE("no PEM"), (enum trust_role)role, 0 };
        assert_refused(&none, 1, ERROR_CRYPTO, "no certificate");
        none.pem = SLICE_ABSENT;
        assert_refused(&none, 1, ERROR_CRYPTO, "no certificate");
    }
    for (size_t i = 1; i < sizeof(behind) / sizeof(behind[0]); i++) {
        buf_init(&text, TEXT_MAX);
        buf_put_slice(&text, made_cert_pem(&certs[0]));
        buf_put(&text, behind[i], strlen(behind[i]));
        struct trust_anchor half = { buf_slice(&text), TRUST_HOLD, 0 };
        assert_refused(&half, 1, ERROR_CRYPTO, "no certificate");
        buf_done(&text);
    }
}

static void test_too_many_of_ours(void **state)
{
    struct trust_anchor ours[TRUST_HELD_MAX + 1];
    struct buf text;
    (void)state;
    for (size_t i = 0; i <= TRUST_HELD_MAX; i++)
        ours[i] = hold(&certs[i]);
    assert_refused(ours, TRUST_HELD_MAX + 1, ERROR_LIMIT, "more than 16 anchors");
    buf_init(&text, TEXT_MAX);
    for (size_t i = 0; i <= CROWD_ANCHORS_MAX; i++)
        buf_put_slice(&text, made_cert_pem(&certs[i]));
    ours[0].pem = buf_slice(&text);
    assert_refused(ours, 1, ERROR_LIMIT, "more than 64");
    buf_clear(&text);
    for (int i = 0; i < LARGE; i++)
        buf_put_slice(&text, made_cert_pem(&large[i]));
    ours[0].pem = buf_slice(&text);
    assert_refused(ours, 1, ERROR_LIMIT, "larger than 65536 bytes");
    buf_done(&text);
}

/* --- memory ------------------------------------------------------------------------------------- */

/* A plan that takes every way: additions, removals, both kinds of stamps. */
static void test_every_allocation_fails_once(void **state)
{
    struct trust_object o;
    struct trust_anchor ours[] = { hold(&certs[0]),
                                   { made_cert_pem(&certs[1]), TRUST_RETIRE, NOW + 100 } };
    unsigned long n = 1;
    (void)state;
    alloc_fault_with_gnutls();
    trust_object_init(&o, 2);
    add_many(&o, 0, 1, 50);
    trust_object_annotate(&o, SLICE(TRUST_STAMP_PREFIX "x"), SLICE("y"));
    stamp(&o, &certs[2], NOW - 1);
    for (;; n++) {
        struct trust_plan plan = { .anchors = 77 };
        struct error err = ERROR_INIT;
        const struct kube_webhook *view = trust_object_view(&o);
        alloc_fault_start(n);
        int rc = trust_plan(view, ours, 2, NOW, false, &plan, &err);
        if (!alloc_fault_stop()) {
            assert_int_equal(rc, 0);
            trust_plan_done(&plan);
            break;
        }
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, ERROR_NOMEM);
        assert_int_equal(plan.anchors, 77);
        assert_true(n < ALLOCATIONS_MAX);
    }
    assert_true(n > 10);
    trust_object_done(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_many_as_there_may_be),
        cmocka_unit_test(test_what_ends_first_goes),
        cmocka_unit_test(test_a_stamp_protects),
        cmocka_unit_test(test_ours_never_go),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_what_goes_is_a_number),
        cmocka_unit_test(test_comments_count),
        cmocka_unit_test(test_more_than_are_read),
        cmocka_unit_test(test_what_is_no_anchor),
        cmocka_unit_test(test_too_many_of_ours),
        cmocka_unit_test(test_every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
