/* cert/hosts and cert/key: names and addresses of a certificate, and the request for one. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "cert/gnutls-util.h"
#include "cert/hosts.h"
#include "cert/key.h"
#include "support/made-cert.h"

#define TEXT_MAX ((size_t)1 << 20)
#define A63 "a23456789b123456789c123456789d123456789e123456789f123456789g123"
#define A253 A63 "." A63 "." A63 ".a23456789b123456789c123456789d123456789e123456789f123456789ga"

static void test_lists(void **state)
{
    static const struct {
        const char *list;
        unsigned count, addresses;
    } table[] = {
        { "", 0, 0 },
        { " , ,", 0, 0 },
        { "a", 1, 0 },
        { "keyhook.vault.svc,keyhook.vault.svc.cluster.local", 2, 0 },
        { " a.svc ,\t*.b.svc,,10.0.0.7,fd00::5,::1", 5, 3 },
        { "A-B_c.svc", 1, 0 },
        { "1a.svc", 1, 0 },
        { "10.svc", 1, 0 },
        { A63 ".svc", 1, 0 },
        { A253, 1, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct cert_hosts hosts;
        struct error err = ERROR_INIT;
        unsigned addresses = 0;
        if (cert_hosts_parse(slice_of(table[i].list), &hosts, &err) < 0)
            fail_msg("'%s': %s", table[i].list, err.msg);
        assert_int_equal(hosts.count, table[i].count);
        for (unsigned j = 0; j < hosts.count; j++)
            addresses += hosts.at[j].address_len > 0;
        assert_int_equal(addresses, table[i].addresses);
    }
}

static void test_refused(void **state)
{
    static const char *const odd[] = {
        "a b",     "x/y",        "\xc3\xa4.svc", ".",       "*.",          "*",
        "a.*.svc", "**.svc",     ".a",           "a..b",    "a.svc.",      "-a.svc",
        "a-.svc",  "10.0.0.256", "1.2.3",        "123",     "[::1]",       "fe80::1%lo",
        "a:443",   A63 "x.svc",  A253 "a",       "*." A253, "*." A253 "a", "ok.svc,b@d",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        struct cert_hosts hosts = { .count = 77 };
        struct error err = ERROR_INIT;
        if (cert_hosts_parse(slice_of(odd[i]), &hosts, &err) == 0)
            fail_msg("'%s' is taken", odd[i]);
        assert_int_equal(err.code, ERROR_USAGE);
        assert_int_equal(hosts.count, 77);
    }
}

static void test_the_message_names_the_host(void **state)
{
    struct cert_hosts hosts;
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(cert_hosts_parse(SLICE("ok.svc, no host ,x"), &hosts, &err), -1);
    assert_string_equal(err.msg,
                        "the certificate host 'no host' is neither a DNS name nor an IP address");
    err = (struct error)ERROR_INIT;
    assert_int_equal(cert_hosts_parse(((struct slice){ "127.0.0.1\0x", 11 }), &hosts, &err), -1);
}

static void test_limit(void **state)
{
    struct cert_hosts hosts;
    struct error err = ERROR_INIT;
    struct buf list;
    (void)state;
    buf_init(&list, TEXT_MAX);
    for (unsigned i = 0; i < CERT_HOSTS_MAX; i++)
        buf_put_lit(&list, "a.svc,");
    assert_int_equal(cert_hosts_parse(buf_slice(&list), &hosts, &err), 0);
    assert_int_equal(hosts.count, CERT_HOSTS_MAX);
    buf_put_lit(&list, "b");
    assert_int_equal(cert_hosts_parse(buf_slice(&list), &hosts, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&list);
}

/* What a certificate is for, and what it is not. */
static void test_missing(void **state)
{
    static const struct {
        const char *name, *has, *wants, *missing;
    } table[] = {
        { "x", "a.svc", "a.svc", NULL },
        { "x", "a.svc", "A.SVC", NULL },
        { "x", "A.svc", "a.svc", NULL },
        { "x", "a.svc,b.svc", "b.svc", NULL },
        { "x", "a.svc", "a.svc,b.svc", "b.svc" },
        { "x", "*.b.svc", "a.b.svc", NULL },
        { "x", "*.b.svc", "a.a.b.svc", "a.a.b.svc" },
        { "x", "*.b.svc", "*.b.svc", NULL },
        { "x", "a.b.svc", "*.b.svc", "*.b.svc" },
        { "x", "10.0.0.7", "10.0.0.7", NULL },
        { "x", "10.0.0.7", "10.0.0.8", "10.0.0.8" },
        { "x", "fd00::5", "fd00:0::5", NULL },
        { "x", "a.svc", "10.0.0.7", "10.0.0.7" },
        { "x", "10.0.0.7", "a.svc", "a.svc" },
        { "a.svc", "", "a.svc", "a.svc" }, /* clients do not look at the common name */
        { "a.svc", "10.0.0.7", "a.svc", "a.svc" },
        { "x", "", "a.svc", "a.svc" },
        { "x", A253, A253, NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct made_cert c;
        struct cert_hosts wants;
        struct error err = ERROR_INIT;
        made_cert(&c, .name = table[i].name, .hosts = table[i].has, .is_fixed = true);
        assert_int_equal(cert_hosts_parse(slice_of(table[i].wants), &wants, &err), 0);
        const struct cert_host *missing = cert_hosts_missing(&wants, c.crt);
        struct slice text = missing ? missing->text : SLICE_ABSENT;
        if (!slice_equal(text, slice_of(table[i].missing)))
            fail_msg("'%s' for '%s' lacks '" SLICE_FMT "'", table[i].has, table[i].wants,
                     SLICE_ARG(text));
        made_cert_done(&c);
    }
}

/* --- the request -------------------------------------------------------------------------------- */

DEFINE_CLEANUP(gnutls_x509_crq_deinit, gnutls_x509_crq_t);

static void read_request(const char *list, gnutls_x509_crq_t *ret, gnutls_x509_privkey_t *ret_key)
{
    struct cert_hosts hosts;
    struct error err = ERROR_INIT;
    struct buf pem;
    buf_init(&pem, TEXT_MAX);
    assert_int_equal(cert_hosts_parse(slice_of(list), &hosts, &err), 0);
    assert_int_equal(cert_key_new(ret_key, &err), 0);
    assert_int_equal(cert_key_request(*ret_key, &hosts, &pem, &err), 0);
    assert_null(memmem(pem.data, pem.len, "PRIVATE", 7));
    gnutls_datum_t text = gnutls_datum_of(buf_slice(&pem));
    assert_true(gnutls_x509_crq_init(ret) >= 0);
    assert_true(gnutls_x509_crq_import(*ret, &text, GNUTLS_X509_FMT_PEM) >= 0);
    buf_done(&pem);
}

static void test_request(void **state)
{
    CLEANUP(gnutls_x509_crq_deinit) gnutls_x509_crq_t crq = NULL;
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    char text[300];
    size_t size = sizeof(text);
    unsigned type, critical, bits;
    (void)state;
    read_request("10.0.0.7,a.svc,*.b.svc,fd00::5", &crq, &key);
    assert_true(gnutls_x509_crq_verify(crq, 0) >= 0);
    assert_int_equal(gnutls_x509_crq_get_version(crq), 1);
    assert_int_equal(gnutls_x509_crq_get_pk_algorithm(crq, &bits), GNUTLS_PK_ECDSA);
    assert_int_equal(bits, 256);
    assert_true(
        gnutls_x509_crq_get_dn_by_oid(crq, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) >= 0);
    assert_string_equal(text, "a.svc");
    static const struct {
        unsigned type, len;
        const char *data;
    } names[] = {
        { GNUTLS_SAN_IPADDRESS, 4, "\x0a\0\0\x07" },
        { GNUTLS_SAN_DNSNAME, 5, "a.svc" },
        { GNUTLS_SAN_DNSNAME, 7, "*.b.svc" },
        { GNUTLS_SAN_IPADDRESS, 16, "\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\5" },
    };
    for (unsigned i = 0; i < 4; i++) {
        size = sizeof(text);
        assert_true(gnutls_x509_crq_get_subject_alt_name(crq, i, text, &size, &type, &critical) >=
                    0);
        assert_int_equal(type, names[i].type);
        assert_int_equal(size, names[i].len);
        assert_memory_equal(text, names[i].data, size);
    }
    size = sizeof(text);
    assert_true(gnutls_x509_crq_get_subject_alt_name(crq, 4, text, &size, &type, &critical) < 0);
}

/* A common name has room for 64 characters: the first name that fits. */
static void test_request_for_long_names(void **state)
{
    CLEANUP(gnutls_x509_crq_deinit) gnutls_x509_crq_t crq = NULL, none = NULL;
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL, other = NULL;
    char text[300];
    size_t size = sizeof(text);
    (void)state;
    read_request(A63 ".svc,b.svc", &crq, &key);
    assert_true(
        gnutls_x509_crq_get_dn_by_oid(crq, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) >= 0);
    assert_string_equal(text, "b.svc");
    read_request(A63 ".svc", &none, &other);
    size = sizeof(text);
    assert_true(
        gnutls_x509_crq_get_dn_by_oid(none, GNUTLS_OID_X520_COMMON_NAME, 0, 0, text, &size) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_the_message_names_the_host),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_request),
        cmocka_unit_test(test_request_for_long_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
