#include "support/made-cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <gnutls/abstract.h>

#include "cert/hosts.h"

#define PEM_MAX ((size_t)64 << 10)
#define DAY ((int64_t)24 * 60 * 60)
#define RSA_BITS 2048
#define SCALAR_SIZE 32

#define must(rc) must_be((rc) >= 0, __LINE__)

static void must_be(bool is_good, int line)
{
    if (is_good)
        return;
    (void)fprintf(stderr, "made-cert.c:%d: no certificate\n", line);
    abort();
}

/* The generator of P-256 (FIPS 186-4, D.1.2.3) is the public key of the private key 1. */
static void fix_key(gnutls_x509_privkey_t key)
{
    static unsigned char x[SCALAR_SIZE] = { 0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47,
                                            0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2,
                                            0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0,
                                            0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96 };
    static unsigned char y[SCALAR_SIZE] = { 0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b,
                                            0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16,
                                            0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce,
                                            0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5 };
    static unsigned char k[SCALAR_SIZE] = { [SCALAR_SIZE - 1] = 1 };
    gnutls_datum_t dx = { x, sizeof(x) }, dy = { y, sizeof(y) }, dk = { k, sizeof(k) };
    must(gnutls_x509_privkey_import_ecc_raw(key, GNUTLS_ECC_CURVE_SECP256R1, &dx, &dy, &dk));
}

static void make_key(gnutls_x509_privkey_t *key, const struct made_cert_wish *wish)
{
    must(gnutls_x509_privkey_init(key));
    if (wish->key_of)
        must(gnutls_x509_privkey_cpy(*key, wish->key_of->key));
    else if (wish->is_fixed)
        fix_key(*key);
    else if (wish->is_rsa)
        must(gnutls_x509_privkey_generate(*key, GNUTLS_PK_RSA, RSA_BITS, 0));
    else
        must(gnutls_x509_privkey_generate(*key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0));
}

static void set_serial(gnutls_x509_crt_t crt, unsigned number)
{
    unsigned char serial[] = { 1, (unsigned char)(number >> 16), (unsigned char)(number >> 8),
                               (unsigned char)number };
    must(gnutls_x509_crt_set_serial(crt, serial, sizeof(serial)));
}

static void set_hosts(gnutls_x509_crt_t crt, const char *list)
{
    struct cert_hosts hosts;
    struct error err = ERROR_INIT;
    must(cert_hosts_parse(slice_of(list), &hosts, &err));
    must(cert_hosts_put_crt(&hosts, crt, &err));
}

static void set_fields(const struct made_cert *c, const struct made_cert_wish *wish)
{
    bool has_dates = wish->from != 0 || wish->to != 0;
    int64_t now = time(NULL);
    must(gnutls_x509_crt_set_version(c->crt, 3));
    set_serial(c->crt, wish->serial);
    must(gnutls_x509_crt_set_activation_time(c->crt, has_dates ? wish->from : now - DAY));
    must(gnutls_x509_crt_set_expiration_time(c->crt, has_dates ? wish->to : now + DAY));
    must(gnutls_x509_crt_set_key(c->crt, c->key));
    if (wish->name)
        must(gnutls_x509_crt_set_dn_by_oid(c->crt, GNUTLS_OID_X520_COMMON_NAME, 0, wish->name,
                                           (unsigned)strlen(wish->name)));
    must(gnutls_x509_crt_set_basic_constraints(c->crt, wish->is_ca, -1));
    if (wish->is_ca)
        must(gnutls_x509_crt_set_key_usage(c->crt, GNUTLS_KEY_KEY_CERT_SIGN));
    set_hosts(c->crt, wish->hosts);
    for (const char *const *oid = wish->purposes; oid && *oid; oid++)
        must(gnutls_x509_crt_set_key_purpose_oid(c->crt, *oid, 0));
}

static void sign(const struct made_cert *c, const struct made_cert_wish *wish)
{
    gnutls_privkey_t key;
    const struct made_cert *issuer = wish->issuer ? wish->issuer : c;
    must(gnutls_privkey_init(&key));
    must(gnutls_privkey_import_x509(key, issuer->key, 0));
    must(gnutls_x509_crt_privkey_sign(c->crt, issuer->crt, key, GNUTLS_DIG_SHA256,
                                      wish->is_fixed ? GNUTLS_PRIVKEY_FLAG_REPRODUCIBLE : 0));
    gnutls_privkey_deinit(key);
}

static void put(struct buf *out, int rc, gnutls_datum_t *text)
{
    must(rc);
    buf_put(out, (const char *)text->data, text->size);
    gnutls_free(text->data);
}

/* GnuTLS looks for extensions in what it has read, not in what it has made. */
static void read_again(struct made_cert *c)
{
    gnutls_datum_t pem = { (unsigned char *)c->pem.data, (unsigned)c->pem.len };
    gnutls_x509_crt_deinit(c->crt);
    must(gnutls_x509_crt_init(&c->crt));
    must(gnutls_x509_crt_import(c->crt, &pem, GNUTLS_X509_FMT_PEM));
}

void made_cert_init(struct made_cert *c, const struct made_cert_wish *wish)
{
    gnutls_datum_t text;
    buf_init(&c->pem, PEM_MAX);
    buf_init_secret(&c->key_pem, PEM_MAX);
    make_key(&c->key, wish);
    must(gnutls_x509_crt_init(&c->crt));
    set_fields(c, wish);
    sign(c, wish);
    put(&c->pem, gnutls_x509_crt_export2(c->crt, GNUTLS_X509_FMT_PEM, &text), &text);
    read_again(c);
    put(&c->key_pem, gnutls_x509_privkey_export2(c->key, GNUTLS_X509_FMT_PEM, &text), &text);
}

void made_cert_done(struct made_cert *c)
{
    gnutls_x509_crt_deinit(c->crt);
    gnutls_x509_privkey_deinit(c->key);
    buf_done(&c->pem);
    buf_done(&c->key_pem);
}
