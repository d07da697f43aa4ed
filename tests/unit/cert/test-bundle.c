/* cert/bundle from all kinds of PEM: orders, garbage, keys. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <gnutls/x509.h>

#include "cert/bundle.h"
#include "cert/pem.h"
#include "support/alloc-fault.h"
#include "support/made-cert.h"

#define TEXT_MAX ((size_t)1 << 20)
#define LETTERS 128
#define ALLOCATIONS_MAX 1000

/* r signs m, m signs l; o is a stranger; c is l's certificate from another CA, with the same key. */
static struct made_cert certs[LETTERS];
static const char letters[] = "rmlocx";

static int set_up(void **state)
{
    (void)state;
    made_cert(&certs['r'], .name = "root", .is_ca = true);
    made_cert(&certs['m'], .name = "middle", .is_ca = true, .issuer = &certs['r']);
    made_cert(&certs['l'], .name = "leaf", .issuer = &certs['m'], .hosts = "a.svc");
    made_cert(&certs['o'], .name = "other");
    made_cert(&certs['x'], .name = "cross", .is_ca = true);
    made_cert(&certs['c'], .name = "leaf", .issuer = &certs['x'], .key_of = &certs['l'],
              .serial = 9);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (const char *l = letters; *l; l++)
        made_cert_done(&certs[(int)*l]);
    return 0;
}

/* Letters are certificates, '*' is a block that is none, '-' other text, a capital letter that key. */
static void put_text(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '*')
            buf_put_lit(out, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        else if (*text == '-')
            buf_put_lit(out, "subject=CN = x\n\n");
        else if (*text >= 'A' && *text <= 'Z')
            buf_put_slice(out, buf_slice(&certs[*text + 'a' - 'A'].key_pem));
        else
            buf_put_slice(out, made_cert_pem(&certs[(int)*text]));
    }
}

static int load(const char *chain, const char *key, struct cert_bundle **ret, struct error *err)
{
    struct buf texts[2];
    for (int i = 0; i < 2; i++) {
        buf_init_secret(&texts[i], TEXT_MAX);
        put_text(&texts[i], i == 0 ? chain : key);
    }
    int rc = cert_bundle_from_pem(buf_slice(&texts[0]), buf_slice(&texts[1]), ret, err);
    buf_done(&texts[0]);
    buf_done(&texts[1]);
    return rc;
}

static char letter_of(const gnutls_pcert_st *pcert)
{
    for (const char *l = letters; *l; l++) {
        gnutls_datum_t der;
        assert_true(gnutls_x509_crt_export2(certs[(int)*l].crt, GNUTLS_X509_FMT_DER, &der) >= 0);
        bool is_it =
            der.size == pcert->cert.size && memcmp(der.data, pcert->cert.data, der.size) == 0;
        gnutls_free(der.data);
        if (is_it)
            return *l;
    }
    return '?';
}

static void test_orders(void **state)
{
    static const struct {
        const char *chain, *key, *wanted;
    } table[] = {
        { "l", "L", "l" },      { "lm", "L", "lm" },   { "lmr", "L", "lmr" }, { "lrm", "L", "lmr" },
        { "ml", "L", "lm" },    { "rml", "L", "lmr" }, { "mrl", "L", "lmr" }, { "rlm", "L", "lmr" },
        { "lo", "L", "l" },     { "ol", "L", "l" },    { "lom", "L", "lm" },  { "llm", "L", "lm" },
        { "-l-m-", "L", "lm" }, { "lL", "lL", "l" },   { "Ll", "Ll", "l" },   { "o", "O", "o" },
        { "mr", "M", "mr" },    { "lmr", "M", "mr" },  { "lcmx", "L", "lm" }, { "clmx", "L", "cx" },
        { "l", "-L-", "l" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error err = ERROR_INIT;
        CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
        if (load(table[i].chain, table[i].key, &b, &err) < 0)
            fail_msg("%s: %s", table[i].chain, err.msg);
        char found[CERT_CHAIN_MAX + 1] = "";
        for (unsigned j = 0; j < b->chain_len; j++)
            found[j] = letter_of(&b->chain[j]);
        if (strcmp(found, table[i].wanted) != 0)
            fail_msg("%s: %s, not %s", table[i].chain, found, table[i].wanted);
    }
}

static void test_refused(void **state)
{
    static const struct {
        const char *chain, *key;
        enum error_code code;
        const char *msg;
    } table[] = {
        { "", "L", ERROR_CRYPTO, "certificate" },
        { "-", "L", ERROR_CRYPTO, "certificate" },
        { "L", "L", ERROR_CRYPTO, "certificate" },
        { "*", "L", ERROR_CRYPTO, "certificate" },
        { "l*", "L", ERROR_CRYPTO, "certificate" },
        { "l", "", ERROR_CRYPTO, "private key" },
        { "l", "-", ERROR_CRYPTO, "private key" },
        { "l", "l", ERROR_CRYPTO, "private key" },
        { "l", "O", ERROR_CRYPTO, "the key does not belong to the certificate" },
        { "lmr", "O", ERROR_CRYPTO, "the key does not belong to the certificate" },
        { "lmrocx---lll", "L", ERROR_LIMIT, "more than 8 certificates in the chain" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error err = ERROR_INIT;
        struct cert_bundle *b = NULL;
        if (load(table[i].chain, table[i].key, &b, &err) == 0)
            fail_msg("'%s' with '%s' is taken", table[i].chain, table[i].key);
        assert_null(b);
        if (err.code != table[i].code || !strstr(err.msg, table[i].msg))
            fail_msg("'%s' with '%s': %d %s", table[i].chain, table[i].key, (int)err.code, err.msg);
    }
}

static void test_forms_of_keys(void **state)
{
    struct error err = ERROR_INIT;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    gnutls_datum_t text;
    (void)state;
    assert_true(gnutls_x509_privkey_export2_pkcs8(certs['l'].key, GNUTLS_X509_FMT_PEM, NULL, 0,
                                                  &text) >= 0);
    struct slice plain = { (const char *)text.data, text.size };
    assert_int_equal(cert_bundle_from_pem(made_cert_pem(&certs['l']), plain, &b, &err), 0);
    gnutls_free(text.data);
    cert_bundle_unref(steal_ptr(b));

    struct buf key; /* as "openssl ecparam -genkey" writes it */
    buf_init_secret(&key, TEXT_MAX);
    buf_put_lit(&key, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
                      "-----END EC PARAMETERS-----\n");
    buf_put_slice(&key, buf_slice(&certs['l'].key_pem));
    assert_int_equal(cert_bundle_from_pem(made_cert_pem(&certs['l']), buf_slice(&key), &b, &err),
                     0);
    buf_done(&key);
}

static void test_an_encrypted_key_is_told(void **state)
{
    static const unsigned ways[] = { GNUTLS_PKCS_PBES2_AES_256, GNUTLS_PKCS_PBES2_3DES };
    (void)state;
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        struct error err = ERROR_INIT;
        struct cert_bundle *b = NULL;
        gnutls_datum_t text;
        assert_true(gnutls_x509_privkey_export2_pkcs8(certs['l'].key, GNUTLS_X509_FMT_PEM, "secret",
                                                      ways[i], &text) >= 0);
        struct slice key = { (const char *)text.data, text.size };
        assert_int_equal(cert_bundle_from_pem(made_cert_pem(&certs['l']), key, &b, &err), -1);
        assert_string_equal(err.msg, "private key: it is encrypted, and there is no password here");
        gnutls_free(text.data);
    }
}

static void test_every_allocation_fails_once(void **state)
{
    struct buf chain;
    unsigned long n = 1;
    (void)state;
    buf_init(&chain, TEXT_MAX);
    put_text(&chain, "mlr");
    for (;; n++) {
        struct error err = ERROR_INIT;
        struct cert_bundle *b = NULL;
        alloc_fault_start(n);
        int rc = cert_bundle_from_pem(buf_slice(&chain), buf_slice(&certs['l'].key_pem), &b, &err);
        if (!alloc_fault_stop()) {
            assert_int_equal(rc, 0);
            cert_bundle_unref(b);
            break;
        }
        assert_int_equal(rc, -1);
        assert_null(b);
        assert_int_equal(err.code, ERROR_NOMEM);
        assert_true(n < ALLOCATIONS_MAX);
    }
    assert_true(n > 1);
    buf_done(&chain);
}

static void test_pem_lists(void **state)
{
    static const struct {
        const char *text;
        int count; /* -1: refused */
    } table[] = {
        { "l", 1 },
        { "lmr", 3 },
        { "-l-m-", 2 },
        { "ll", 2 },
        { "Ll", 1 },
        { "", -1 },
        { "-", -1 },
        { "l*", -1 },
        { "*l", -1 },
        { "L", -1 },
        { "lmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmro", 64 },
        { "lmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmrocxlmroc", -1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct error err = ERROR_INIT;
        struct cert_pem_list list = { .count = 99 };
        struct buf text;
        buf_init_secret(&text, TEXT_MAX);
        put_text(&text, table[i].text);
        int rc = cert_pem_parse(buf_slice(&text), &list, &err);
        if (table[i].count < 0) {
            assert_int_equal(rc, -1);
            assert_true(err.code == ERROR_CRYPTO || err.code == ERROR_LIMIT);
            assert_int_equal(list.count, 0);
        } else {
            assert_int_equal(rc, 0);
            assert_int_equal(list.count, table[i].count);
        }
        cert_pem_done(&list);
        buf_done(&text);
    }
}

static void test_pem_text_is_always_the_same(void **state)
{
    struct error err = ERROR_INIT;
    struct cert_pem_list list;
    struct buf crlf, out;
    struct slice pem = made_cert_pem(&certs['l']);
    (void)state;
    buf_init(&crlf, TEXT_MAX);
    buf_init(&out, TEXT_MAX);
    for (size_t i = 0; i < pem.len; i++) {
        if (pem.ptr[i] == '\n')
            buf_put_char(&crlf, '\r');
        buf_put_char(&crlf, pem.ptr[i]);
    }
    assert_int_equal(cert_pem_parse(buf_slice(&crlf), &list, &err), 0);
    assert_int_equal(cert_pem_put(list.at[0], &out, &err), 0);
    assert_true(slice_equal(buf_slice(&out), pem));
    cert_pem_done(&list);
    buf_done(&crlf);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_forms_of_keys),
        cmocka_unit_test(test_an_encrypted_key_is_told),
        cmocka_unit_test(test_every_allocation_fails_once),
        cmocka_unit_test(test_pem_lists),
        cmocka_unit_test(test_pem_text_is_always_the_same),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
