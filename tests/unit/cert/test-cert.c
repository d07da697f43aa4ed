#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "base/buf.h"
#include "cert/bundle.h"
#include "cert/gnutls-util.h"
#include "cert/self-signed.h"
#include "cert/store.h"

#define PEM_MAX 65536
#define DAY ((time_t)24 * 60 * 60)

/* A key and a certificate made for one test, as PEM. */
struct pair {
    struct buf cert, key;
};

static void put_export(struct buf *out, int rc, gnutls_datum_t *text)
{
    assert_true(rc >= 0);
    buf_put(out, (const char *)text->data, text->size);
    gnutls_free(text->data);
}

static void make_pair(struct pair *p, gnutls_pk_algorithm_t algorithm, unsigned bits, time_t from,
                      time_t to)
{
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    gnutls_datum_t text;
    buf_init(&p->cert, PEM_MAX);
    buf_init(&p->key, PEM_MAX);
    assert_true(gnutls_x509_privkey_init(&key) >= 0);
    assert_true(gnutls_x509_privkey_generate(key, algorithm, bits, 0) >= 0);
    assert_true(gnutls_x509_crt_init(&crt) >= 0);
    assert_true(gnutls_x509_crt_set_version(crt, 3) >= 0);
    assert_true(gnutls_x509_crt_set_serial(crt, "\1", 1) >= 0);
    assert_true(gnutls_x509_crt_set_activation_time(crt, from) >= 0);
    assert_true(gnutls_x509_crt_set_expiration_time(crt, to) >= 0);
    assert_true(gnutls_x509_crt_set_key(crt, key) >= 0);
    assert_true(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) >= 0);
    put_export(&p->cert, gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text), &text);
    put_export(&p->key, gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &text), &text);
}

static void make_ec(struct pair *p)
{
    time_t now = time(NULL);
    make_pair(p, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), now - DAY,
              now + DAY);
}

static void pair_done(struct pair *p)
{
    buf_done(&p->cert);
    buf_done(&p->key);
}

static int load(const struct buf *cert, const struct buf *key, struct cert_bundle **ret,
                struct error *err)
{
    return cert_bundle_from_pem(buf_slice(cert), buf_slice(key), ret, err);
}

static void test_pair_loads(void **state)
{
    (void)state;
    struct pair p;
    struct error err = ERROR_INIT;
    make_ec(&p);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    assert_int_equal(load(&p.cert, &p.key, &b, &err), 0);
    assert_int_equal(b->chain_len, 1);
    assert_false(b->is_rsa);
    assert_int_equal(b->not_after - b->not_before, 2 * DAY);
    pair_done(&p);
}

static void test_rsa_is_told(void **state)
{
    (void)state;
    struct pair p;
    struct error err = ERROR_INIT;
    make_pair(&p, GNUTLS_PK_RSA, 2048, time(NULL) - DAY, time(NULL) + DAY);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    assert_int_equal(load(&p.cert, &p.key, &b, &err), 0);
    assert_true(b->is_rsa);
    pair_done(&p);
}

static void test_foreign_key_is_refused(void **state)
{
    (void)state;
    struct pair p, q;
    struct error err = ERROR_INIT;
    struct cert_bundle *b = NULL;
    make_ec(&p);
    make_ec(&q);
    assert_int_equal(load(&p.cert, &q.key, &b, &err), -1);
    assert_int_equal(err.code, ERROR_CRYPTO);
    assert_string_equal(err.msg, "the key does not belong to the certificate");
    assert_null(b);
    pair_done(&p);
    pair_done(&q);
}

static void test_garbage_is_refused(void **state)
{
    (void)state;
    struct pair p;
    struct error err = ERROR_INIT;
    struct cert_bundle *b = NULL;
    make_ec(&p);
    const struct slice junk[] = { SLICE(""), SLICE("-----BEGIN"),
                                  SLICE("-----BEGIN CERTIFICATE-----\nAAAA\n"
                                        "-----END CERTIFICATE-----\n") };
    for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
        assert_int_equal(cert_bundle_from_pem(junk[i], buf_slice(&p.key), &b, &err), -1);
        assert_int_equal(err.code, ERROR_CRYPTO);
        assert_int_equal(cert_bundle_from_pem(buf_slice(&p.cert), junk[i], &b, &err), -1);
        assert_int_equal(err.code, ERROR_CRYPTO);
    }
    assert_null(b);
    pair_done(&p);
}

static void test_dates(void **state)
{
    (void)state;
    struct pair p;
    struct error err = ERROR_INIT;
    make_pair(&p, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 1000000000,
              1000000100);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    assert_int_equal(load(&p.cert, &p.key, &b, &err), 0);
    assert_int_equal(cert_bundle_check_dates(b, 1000000000, &err), 0);
    assert_int_equal(cert_bundle_check_dates(b, 1000000099, &err), 0);
    assert_int_equal(cert_bundle_check_dates(b, 999999999, &err), -1);
    assert_string_equal(err.msg, "the certificate is not valid before 2001-09-09T01:46:40Z");
    assert_int_equal(cert_bundle_check_dates(b, 1000000100, &err), -1);
    assert_string_equal(err.msg, "the certificate expired at 2001-09-09T01:48:20Z");
    pair_done(&p);
}

static struct cert_bundle *self_signed(const char *hosts, gnutls_x509_crt_t *ret)
{
    struct error err = ERROR_INIT;
    struct cert_bundle *b = NULL;
    struct buf pem;
    buf_init(&pem, CERT_PEM_MAX);
    if (cert_self_signed(slice_of(hosts), time(NULL), &pem, &b, &err) < 0)
        fail_msg("%s", err.msg);
    gnutls_datum_t text = gnutls_datum_of(buf_slice(&pem));
    assert_true(gnutls_x509_crt_init(ret) >= 0);
    assert_true(gnutls_x509_crt_import(*ret, &text, GNUTLS_X509_FMT_PEM) >= 0);
    assert_null(memmem(pem.data, pem.len, "PRIVATE", 7));
    buf_done(&pem);
    return b;
}

static void test_self_signed_fields(void **state)
{
    (void)state;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = self_signed(NULL, &crt);
    unsigned is_critical, is_ca = 1, usage = 0;
    int path_len;
    assert_true(gnutls_x509_crt_get_basic_constraints(crt, &is_critical, &is_ca, &path_len) >= 0);
    assert_int_equal(is_ca, 0);
    assert_true(gnutls_x509_crt_get_key_usage(crt, &usage, &is_critical) >= 0);
    assert_int_equal(usage, GNUTLS_KEY_DIGITAL_SIGNATURE);
    assert_int_equal(b->not_after - b->not_before, CERT_SELF_SIGNED_LIFE + CERT_SELF_SIGNED_SKEW);
    assert_false(b->is_rsa);
    assert_true(gnutls_x509_crt_check_hostname(crt, "localhost"));
    assert_true(gnutls_x509_crt_check_ip(crt, (const unsigned char *)"\x7f\0\0\1", 4, 0));
    assert_false(gnutls_x509_crt_check_hostname(crt, "elsewhere.example"));
}

static void test_self_signed_hosts(void **state)
{
    (void)state;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    CLEANUP(cert_bundle_unref)
    struct cert_bundle *b = self_signed(" a.svc , *.b.svc,,10.0.0.7,fd00::5,", &crt);
    assert_non_null(b);
    assert_true(gnutls_x509_crt_check_hostname(crt, "a.svc"));
    assert_true(gnutls_x509_crt_check_hostname(crt, "x.b.svc"));
    assert_true(gnutls_x509_crt_check_ip(crt, (const unsigned char *)"\x0a\0\0\x07", 4, 0));
    assert_false(gnutls_x509_crt_check_hostname(crt, "localhost"));
}

static void test_self_signed_refuses_odd_hosts(void **state)
{
    (void)state;
    static const char *const odd[] = { "a b", "x/y", "\xc3\xa4.svc", ".", "*.", "a,b\nc" };
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct error err = ERROR_INIT;
        struct cert_bundle *b = NULL;
        struct buf pem;
        buf_init(&pem, CERT_PEM_MAX);
        assert_int_equal(cert_self_signed(slice_of(odd[i]), time(NULL), &pem, &b, &err), -1);
        assert_int_equal(err.code, ERROR_USAGE);
        assert_int_equal(pem.len, 0);
        assert_null(b);
    }
}

static void test_self_signed_pairs_differ(void **state)
{
    (void)state;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t first = NULL, second = NULL;
    CLEANUP(cert_bundle_unref) struct cert_bundle *a = self_signed("a", &first);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = self_signed("a", &second);
    assert_non_null(a);
    assert_non_null(b);
    unsigned char serials[2][32];
    size_t sizes[2] = { sizeof(serials[0]), sizeof(serials[1]) };
    assert_true(gnutls_x509_crt_get_serial(first, serials[0], &sizes[0]) >= 0);
    assert_true(gnutls_x509_crt_get_serial(second, serials[1], &sizes[1]) >= 0);
    assert_int_equal(sizes[0], 16);
    assert_memory_not_equal(serials[0], serials[1], 16);
}

static void test_store_keeps_old_bundle_alive(void **state)
{
    (void)state;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL, other = NULL;
    CLEANUP(cert_store_free) struct cert_store *store = cert_store_new();
    assert_non_null(store);
    assert_null(cert_store_ref(store));
    struct cert_bundle *first = self_signed("first", &crt);
    cert_store_replace(store, first);
    struct cert_bundle *held = cert_store_ref(store);
    assert_ptr_equal(held, first);
    assert_int_equal(atomic_load(&held->refs), 2);
    cert_store_replace(store, self_signed("second", &other));
    assert_int_equal(atomic_load(&held->refs), 1);
    assert_int_equal(held->chain_len, 1); /* still ours to read */
    cert_bundle_unref(held);
    cert_bundle_unref(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair_loads),
        cmocka_unit_test(test_rsa_is_told),
        cmocka_unit_test(test_foreign_key_is_refused),
        cmocka_unit_test(test_garbage_is_refused),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_self_signed_fields),
        cmocka_unit_test(test_self_signed_hosts),
        cmocka_unit_test(test_self_signed_refuses_odd_hosts),
        cmocka_unit_test(test_self_signed_pairs_differ),
        cmocka_unit_test(test_store_keeps_old_bundle_alive),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
