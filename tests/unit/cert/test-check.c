/* cert/check: what a client would stumble over is found before it is served. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "cert/check.h"
#include "support/made-cert.h"

#define NOW INT64_C(2000000000)
#define DAY INT64_C(86400)
#define TEXT_MAX ((size_t)1 << 20)

#define SERVER GNUTLS_KP_TLS_WWW_SERVER
#define CLIENT GNUTLS_KP_TLS_WWW_CLIENT

static struct made_cert root, middle, lower, stranger, namesake, old_root, old_middle;

static int set_up(void **state)
{
    (void)state;
    made_cert(&root, .name = "root", .is_ca = true, .from = NOW - DAY, .to = NOW + 9 * DAY);
    made_cert(&middle, .name = "middle", .is_ca = true, .issuer = &root, .serial = 2,
              .from = NOW - DAY, .to = NOW + 8 * DAY);
    made_cert(&lower, .name = "lower", .is_ca = true, .issuer = &middle, .serial = 6,
              .from = NOW - DAY, .to = NOW + 7 * DAY);
    made_cert(&stranger, .name = "stranger", .is_ca = true, .from = NOW - DAY, .to = NOW + 9 * DAY);
    made_cert(&namesake, .name = "root", .is_ca = true, .serial = 3, .from = NOW - DAY,
              .to = NOW + 9 * DAY);
    made_cert(&old_root, .name = "root", .is_ca = true, .serial = 4, .key_of = &root,
              .from = NOW - DAY, .to = NOW);
    made_cert(&old_middle, .name = "middle", .is_ca = true, .serial = 5, .key_of = &middle,
              .issuer = &root, .from = NOW - DAY, .to = NOW);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    made_cert_done(&root);
    made_cert_done(&middle);
    made_cert_done(&lower);
    made_cert_done(&stranger);
    made_cert_done(&namesake);
    made_cert_done(&old_root);
    made_cert_done(&old_middle);
    return 0;
}

/* The leaf with the intermediate, if there is one, and the one above that, against the anchors: "" when it is good. */
struct check {
    const char *what;
    struct made_cert_wish leaf;
    const struct made_cert *between;
    const struct made_cert *anchors[3];
    const char *hosts, *msg;
};

static void run_check(const struct check *c, const struct made_cert *leaf, int64_t now,
                      struct error *err)
{
    struct buf chain, anchors;
    struct cert_hosts hosts;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    buf_init(&chain, TEXT_MAX);
    buf_init(&anchors, TEXT_MAX);
    buf_put_slice(&chain, made_cert_pem(leaf));
    if (c->between)
        buf_put_slice(&chain, made_cert_pem(c->between));
    if (c->between == &lower)
        buf_put_slice(&chain, made_cert_pem(&middle));
    for (int i = 0; i < 3 && c->anchors[i]; i++)
        buf_put_slice(&anchors, made_cert_pem(c->anchors[i]));
    assert_int_equal(cert_hosts_parse(slice_of(c->hosts), &hosts, err), 0);
    assert_int_equal(cert_bundle_from_pem(buf_slice(&chain), buf_slice(&leaf->key_pem), &b, err),
                     0);
    (void)!cert_check(b, &hosts, buf_slice(&anchors), now, err);
    buf_done(&chain);
    buf_done(&anchors);
}

static void check_row(const struct check *c)
{
    struct made_cert leaf;
    struct error err = ERROR_INIT;
    struct made_cert_wish wish = c->leaf;
    wish.serial = 77;
    if (wish.from == 0 && wish.to == 0) {
        wish.from = NOW - 60;
        wish.to = NOW + DAY;
    }
    made_cert_init(&leaf, &wish);
    run_check(c, &leaf, NOW, &err);
    if ((c->msg == NULL) != (err.code == ERROR_NONE) || (c->msg && !strstr(err.msg, c->msg)))
        fail_msg("%s: '%s'", c->what, err.msg);
    if (c->msg)
        assert_int_equal(err.code, ERROR_CRYPTO);
    made_cert_done(&leaf);
}

static const char *const server[] = { SERVER, NULL };
static const char *const client[] = { CLIENT, NULL };
static const char *const both[] = { CLIENT, SERVER, NULL };
static const char *const any[] = { GNUTLS_KP_ANY, NULL };
static const char *const signing[] = { GNUTLS_KP_CODE_SIGNING, NULL };

#define LEAF(...)                                     \
    {                                                 \
        .hosts = "a.svc", .name = "leaf", __VA_ARGS__ \
    }

static void test_use(void **state)
{
    const struct check table[] = {
        { "a server's", LEAF(.issuer = &root, .purposes = server), NULL, { &root }, "a.svc", NULL },
        { "server and client",
          LEAF(.issuer = &root, .purposes = both),
          NULL,
          { &root },
          "a.svc",
          NULL },
        { "client alone",
          LEAF(.issuer = &root, .purposes = client),
          NULL,
          { &root },
          "a.svc",
          "not for TLS servers: the issuer must allow serverAuth" },
        { "code signing",
          LEAF(.issuer = &root, .purposes = signing),
          NULL,
          { &root },
          "a.svc",
          "not for TLS servers" },
        { "any purpose", LEAF(.issuer = &root, .purposes = any), NULL, { &root }, "a.svc", NULL },
        { "no purpose told", LEAF(.issuer = &root), NULL, { &root }, "a.svc", NULL },
        { "a CA that serves itself",
          LEAF(.is_ca = true, .issuer = &root),
          NULL,
          { &root },
          "a.svc",
          NULL },
        { "another name",
          LEAF(.issuer = &root),
          NULL,
          { &root },
          "b.svc",
          "the certificate is not for 'b.svc', which its clients ask for: the issuer must allow" },
        { "one name of two",
          LEAF(.issuer = &root),
          NULL,
          { &root },
          "a.svc,b.svc",
          "not for 'b.svc'" },
        { "an address",
          LEAF(.issuer = &root),
          NULL,
          { &root },
          "a.svc,10.0.0.7",
          "not for '10.0.0.7'" },
        { "the common name does not count",
          { .name = "a.svc", .issuer = &root },
          NULL,
          { &root },
          "a.svc",
          "not for 'a.svc'" },
        { "RSA", LEAF(.issuer = &root, .is_rsa = true), NULL, { &root }, "a.svc", NULL },
        { "no names asked", LEAF(.issuer = &root), NULL, { &root }, "", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check_row(&table[i]);
}

static void test_chain(void **state)
{
    const struct check table[] = {
        { "under an intermediate, root trusted",
          LEAF(.issuer = &middle),
          &middle,
          { &root },
          "a.svc",
          NULL },
        { "under an intermediate that is trusted itself",
          LEAF(.issuer = &middle),
          &middle,
          { &middle },
          "a.svc",
          NULL },
        { "the intermediate need not be sent then",
          LEAF(.issuer = &middle),
          NULL,
          { &middle },
          "a.svc",
          NULL },
        { "the intermediate is missing",
          LEAF(.issuer = &middle),
          NULL,
          { &root },
          "a.svc",
          "does not lead to the published anchor" },
        { "another anchor",
          LEAF(.issuer = &root),
          NULL,
          { &stranger },
          "a.svc",
          "does not lead to the published anchor" },
        { "one of two anchors", LEAF(.issuer = &root), NULL, { &stranger, &root }, "a.svc", NULL },
        { "an anchor of the same name",
          LEAF(.issuer = &root),
          NULL,
          { &namesake },
          "a.svc",
          "does not lead to the published anchor" },
        { "no anchor known", LEAF(.issuer = &root), NULL, { NULL }, "a.svc", NULL },
        { "the anchor has ended",
          LEAF(.issuer = &root),
          NULL,
          { &old_root },
          "a.svc",
          "the anchor has ended" },
        { "one anchor has ended",
          LEAF(.issuer = &root),
          NULL,
          { &old_root, &root },
          "a.svc",
          NULL },
        { "the intermediate has ended",
          LEAF(.issuer = &middle),
          &old_middle,
          { &root },
          "a.svc",
          "certificate 2 of the chain has ended" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check_row(&table[i]);
}

static void test_two_intermediates(void **state)
{
    const struct check table[] = {
        { "two intermediates, root trusted",
          LEAF(.issuer = &lower),
          &lower,
          { &root },
          "a.svc",
          NULL },
        { "two intermediates, the upper one trusted",
          LEAF(.issuer = &lower),
          &lower,
          { &middle },
          "a.svc",
          NULL },
        { "two intermediates, the lower one trusted",
          LEAF(.issuer = &lower),
          &lower,
          { &lower },
          "a.svc",
          NULL },
        { "two intermediates, another anchor",
          LEAF(.issuer = &lower),
          &lower,
          { &stranger },
          "a.svc",
          "does not lead to the published anchor" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        check_row(&table[i]);
}

static void test_dates(void **state)
{
    static const struct {
        int64_t from, to;
        const char *msg;
    } table[] = {
        { NOW, NOW + 1, NULL },
        { NOW - DAY, NOW, "expired at" },
        { NOW + 1, NOW + DAY, NULL },
        { NOW + CERT_CLOCK_ALLOWANCE, NOW + DAY, NULL },
        { NOW + CERT_CLOCK_ALLOWANCE + 1, NOW + DAY,
          "begins 301 seconds from now: the clock here or at the issuer is wrong" },
        { NOW - DAY, NOW - 1, "expired at" },
        { NOW + 100, NOW + 100, "expired at" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct check c = { "dates", LEAF(.issuer = &root, .from = table[i].from, .to = table[i].to),
                           NULL,    { &root },
                           "a.svc", table[i].msg };
        check_row(&c);
    }
}

/* A certificate that vouches for itself, as cert/self-signed makes it. */
static void test_its_own_anchor(void **state)
{
    struct made_cert leaf, other;
    struct error err = ERROR_INIT;
    (void)state;
    made_cert(&leaf, .hosts = "a.svc", .name = "Keyhook", .purposes = server, .from = NOW - 60,
              .to = NOW + DAY);
    made_cert(&other, .hosts = "a.svc", .name = "Keyhook", .purposes = server, .serial = 2,
              .from = NOW - 60, .to = NOW + DAY);
    struct check own = { .hosts = "a.svc", .anchors = { &other, &leaf } };
    run_check(&own, &leaf, NOW, &err);
    assert_string_equal(err.msg, "");
    own.anchors[1] = NULL;
    run_check(&own, &leaf, NOW, &err);
    assert_non_null(strstr(err.msg, "does not lead to the published anchor"));
    made_cert_done(&leaf);
    made_cert_done(&other);
}

static void test_anchors_that_are_none(void **state)
{
    struct made_cert leaf;
    struct error err = ERROR_INIT;
    struct cert_hosts hosts;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    (void)state;
    made_cert(&leaf, .hosts = "a.svc", .from = NOW - 60, .to = NOW + DAY);
    assert_int_equal(cert_hosts_parse(SLICE("a.svc"), &hosts, &err), 0);
    assert_int_equal(cert_bundle_from_pem(made_cert_pem(&leaf), buf_slice(&leaf.key_pem), &b, &err),
                     0);
    assert_int_equal(cert_check(b, &hosts, SLICE("no PEM"), NOW, &err), -1);
    assert_int_equal(err.code, ERROR_CRYPTO);
    made_cert_done(&leaf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_use),
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_two_intermediates),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_its_own_anchor),
        cmocka_unit_test(test_anchors_that_are_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
