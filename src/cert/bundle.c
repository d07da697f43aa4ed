#include "cert/bundle.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <gnutls/x509.h>

#include "cert/gnutls-util.h"

static void bundle_free(struct cert_bundle *b)
{
    for (unsigned i = 0; i < b->chain_len; i++)
        gnutls_pcert_deinit(&b->chain[i]);
    if (b->key)
        gnutls_privkey_deinit(b->key);
    free(b);
}

struct cert_bundle *cert_bundle_ref(struct cert_bundle *b)
{
    atomic_fetch_add(&b->refs, 1);
    return b;
}

void cert_bundle_unref(struct cert_bundle *b)
{
    if (b && atomic_fetch_sub(&b->refs, 1) == 1)
        bundle_free(b);
}

static struct cert_bundle *bundle_new(struct error *err)
{
    struct cert_bundle *b = calloc(1, sizeof(*b));
    if (!b) {
        error_nomem(err);
        return NULL;
    }
    atomic_init(&b->refs, 1);
    int rc = gnutls_privkey_init(&b->key);
    if (rc < 0) {
        gnutls_fail(err, "private key", rc);
        bundle_free(b);
        return NULL;
    }
    return b;
}

#define KEY_ID_SIZE 32

static int key_id(gnutls_pubkey_t key, unsigned char ret[static KEY_ID_SIZE])
{
    size_t size = KEY_ID_SIZE;
    return gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ret, &size);
}

/* By hand: GnuTLS 3.7's gnutls_certificate_set_x509_key_mem2() leaks what it cannot read. */
static int check_pair(const struct cert_bundle *b, struct error *err)
{
    CLEANUP(gnutls_pubkey_deinit) gnutls_pubkey_t of_key = NULL;
    unsigned char ids[2][KEY_ID_SIZE];
    int rc = gnutls_pubkey_init(&of_key);
    if (rc >= 0)
        rc = gnutls_pubkey_import_privkey(of_key, b->key, 0, 0);
    if (rc >= 0)
        rc = key_id(of_key, ids[0]);
    if (rc >= 0)
        rc = key_id(b->chain[0].pubkey, ids[1]);
    if (rc < 0)
        return gnutls_fail(err, "certificate and key", rc);
    if (memcmp(ids[0], ids[1], KEY_ID_SIZE) != 0)
        return error_set(err, ERROR_CRYPTO, "the key does not belong to the certificate");
    return 0;
}

/* What we show and check of the leaf. */
static int read_facts(struct cert_bundle *b, struct error *err)
{
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t leaf = NULL;
    int rc = gnutls_pcert_export_x509(&b->chain[0], &leaf);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    b->not_before = gnutls_x509_crt_get_activation_time(leaf);
    b->not_after = gnutls_x509_crt_get_expiration_time(leaf);
    if (b->not_before == -1 || b->not_after == -1)
        return error_set(err, ERROR_CRYPTO, "certificate: dates cannot be read");
    b->is_rsa = gnutls_privkey_get_pk_algorithm(b->key, NULL) == GNUTLS_PK_RSA;
    return 0;
}

static int import_chain(struct cert_bundle *b, struct slice chain_pem, struct error *err)
{
    gnutls_datum_t chain = gnutls_datum_of(chain_pem);
    unsigned count = CERT_CHAIN_MAX;
    int rc = gnutls_pcert_list_import_x509_raw(b->chain, &count, &chain, GNUTLS_X509_FMT_PEM,
                                               GNUTLS_X509_CRT_LIST_SORT);
    if (rc == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return error_set(err, ERROR_LIMIT, "more than %u certificates in the chain",
                         CERT_CHAIN_MAX);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    b->chain_len = count;
    return 0;
}

static int import_key(struct cert_bundle *b, struct slice key_pem, struct error *err)
{
    gnutls_datum_t key = gnutls_datum_of(key_pem);
    int rc = gnutls_privkey_import_x509_raw(b->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    return rc < 0 ? gnutls_fail(err, "private key", rc) : 0;
}

int cert_bundle_from_pem(struct slice chain_pem, struct slice key_pem, struct cert_bundle **ret,
                         struct error *err)
{
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = bundle_new(err);
    if (!b || import_chain(b, chain_pem, err) < 0 || import_key(b, key_pem, err) < 0 ||
        check_pair(b, err) < 0 || read_facts(b, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}

int cert_bundle_from_pem_and_key(struct slice chain_pem, gnutls_x509_privkey_t key,
                                 struct cert_bundle **ret, struct error *err)
{
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = bundle_new(err);
    if (!b || import_chain(b, chain_pem, err) < 0)
        return -1;
    int rc = gnutls_privkey_import_x509(b->key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    if (rc < 0)
        return gnutls_fail(err, "private key", rc);
    if (check_pair(b, err) < 0 || read_facts(b, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}

int cert_bundle_from_objects(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key,
                             struct cert_bundle **ret, struct error *err)
{
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = bundle_new(err);
    if (!b)
        return -1;
    int rc = gnutls_pcert_import_x509(&b->chain[0], leaf, 0);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    b->chain_len = 1;
    rc = gnutls_privkey_import_x509(b->key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    if (rc < 0)
        return gnutls_fail(err, "private key", rc);
    if (read_facts(b, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}

static void date_text(int64_t at, char *ret, size_t size)
{
    time_t seconds = (time_t)at;
    struct tm parts;
    if (!gmtime_r(&seconds, &parts) || strftime(ret, size, "%Y-%m-%dT%H:%M:%SZ", &parts) == 0)
        ret[0] = '\0';
}

int cert_bundle_check_dates(const struct cert_bundle *b, int64_t now, struct error *err)
{
    char text[sizeof("YYYYYY-MM-DDTHH:MM:SSZ")];
    if (now < b->not_before) {
        date_text(b->not_before, text, sizeof(text));
        return error_set(err, ERROR_CRYPTO, "the certificate is not valid before %s", text);
    }
    if (now >= b->not_after) {
        date_text(b->not_after, text, sizeof(text));
        return error_set(err, ERROR_CRYPTO, "the certificate expired at %s", text);
    }
    return 0;
}
