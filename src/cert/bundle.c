#include "cert/bundle.h"

#include <stdlib.h>
#include <string.h>

#include <gnutls/x509.h>

#include "base/time.h"
#include "cert/gnutls-util.h"
#include "cert/pem.h"

#define US_PER_SECOND 1000000

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

static int key_id(const struct cert_bundle *b, unsigned char ret[static KEY_ID_SIZE])
{
    CLEANUP(gnutls_pubkey_deinit) gnutls_pubkey_t key = NULL;
    size_t size = KEY_ID_SIZE;
    int rc = gnutls_pubkey_init(&key);
    if (rc >= 0)
        rc = gnutls_pubkey_import_privkey(key, b->key, 0, 0);
    return rc < 0 ? rc : gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, ret, &size);
}

/*
 * Puts the key's certificate in front.  By hand: GnuTLS takes the first one for the leaf, and 3.7's
 * gnutls_certificate_set_x509_key_mem2() leaks what it cannot read.
 */
static int find_leaf(const struct cert_bundle *b, struct cert_pem_list *list, struct error *err)
{
    unsigned char wanted[KEY_ID_SIZE], id[KEY_ID_SIZE];
    int rc = key_id(b, wanted);
    if (rc < 0)
        return gnutls_fail(err, "certificate and key", rc);
    for (unsigned i = 0; i < list->count; i++) {
        size_t size = sizeof(id);
        rc = gnutls_x509_crt_get_key_id(list->at[i], GNUTLS_KEYID_USE_SHA256, id, &size);
        if (rc == GNUTLS_E_MEMORY_ERROR)
            return error_nomem(err);
        if (rc < 0 || memcmp(id, wanted, KEY_ID_SIZE) != 0)
            continue;
        gnutls_x509_crt_t leaf = list->at[i];
        list->at[i] = list->at[0];
        list->at[0] = leaf;
        return 0;
    }
    return error_set(err, ERROR_CRYPTO, "the key does not belong to the certificate");
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

/* GnuTLS sorts what belongs to the leaf behind it, and drops the rest. */
static int sort_chain(struct cert_bundle *b, struct cert_pem_list *list, struct error *err)
{
    unsigned count = list->count;
    if (count > CERT_CHAIN_MAX)
        return error_set(err, ERROR_LIMIT, "more than %u certificates in the chain",
                         CERT_CHAIN_MAX);
    if (find_leaf(b, list, err) < 0)
        return -1;
    int rc = gnutls_pcert_import_x509_list(b->chain, list->at, &count, GNUTLS_X509_CRT_LIST_SORT);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    b->chain_len = count;
    return 0;
}

/* The key must be there already. */
static int import_chain(struct cert_bundle *b, struct slice chain_pem, struct error *err)
{
    struct cert_pem_list list;
    if (cert_pem_parse(chain_pem, &list, err) < 0)
        return -1;
    int rc = sort_chain(b, &list, err);
    cert_pem_done(&list);
    return rc < 0 ? -1 : read_facts(b, err);
}

static int import_key(struct cert_bundle *b, struct slice key_pem, struct error *err)
{
    gnutls_datum_t key = gnutls_datum_of(key_pem);
    int rc = gnutls_privkey_import_x509_raw(b->key, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (rc == GNUTLS_E_DECRYPTION_FAILED)
        return error_set(err, ERROR_CRYPTO,
                         "private key: it is encrypted, and there is no password here");
    return rc < 0 ? gnutls_fail(err, "private key", rc) : 0;
}

int cert_bundle_from_pem(struct slice chain_pem, struct slice key_pem, struct cert_bundle **ret,
                         struct error *err)
{
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = bundle_new(err);
    if (!b || import_key(b, key_pem, err) < 0 || import_chain(b, chain_pem, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}

int cert_bundle_from_pem_and_key(struct slice chain_pem, gnutls_x509_privkey_t key,
                                 struct cert_bundle **ret, struct error *err)
{
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = bundle_new(err);
    if (!b)
        return -1;
    int rc = gnutls_privkey_import_x509(b->key, key, GNUTLS_PRIVKEY_IMPORT_COPY);
    if (rc < 0)
        return gnutls_fail(err, "private key", rc);
    if (import_chain(b, chain_pem, err) < 0)
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

static int wrong_date(const char *what, int64_t at, struct error *err)
{
    char memory[sizeof("0000-00-00T00:00:00Z")];
    struct buf text = buf_over(memory, sizeof(memory) - 1);
    time_put_rfc3339(&text, at * US_PER_SECOND, TIME_SECONDS);
    return error_set(err, ERROR_CRYPTO, "the certificate %s %s", what, buf_cstr(&text));
}

int cert_bundle_judge_dates(int64_t not_before, int64_t not_after, int64_t now, struct error *err)
{
    if (now < not_before)
        return wrong_date("is not valid before", not_before, err);
    if (now >= not_after)
        return wrong_date("expired at", not_after, err);
    return 0;
}

int cert_bundle_check_dates(const struct cert_bundle *b, int64_t now, struct error *err)
{
    return cert_bundle_judge_dates(b->not_before, b->not_after, now, err);
}
