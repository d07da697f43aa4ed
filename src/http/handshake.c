#include "http/handshake.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/cleanup.h"

DEFINE_CLEANUP(gnutls_pubkey_deinit, gnutls_pubkey_t);
DEFINE_CLEANUP(gnutls_x509_crt_deinit, gnutls_x509_crt_t);

static size_t significant(const gnutls_datum_t *number)
{
    size_t zeros = 0;
    while (zeros < number->size && number->data[zeros] == 0)
        zeros++;
    return number->size - zeros;
}

static int check_exponent(gnutls_pubkey_t key)
{
    gnutls_datum_t modulus = { NULL, 0 }, exponent = { NULL, 0 };
    int rc = gnutls_pubkey_export_rsa_raw(key, &modulus, &exponent);
    if (rc >= 0 && significant(&exponent) > HTTP_EXPONENT_BYTES_MAX)
        rc = GNUTLS_E_PK_INVALID_PUBKEY;
    gnutls_free(modulus.data);
    gnutls_free(exponent.data);
    return rc;
}

static int check_key(gnutls_pubkey_t key)
{
    unsigned bits = 0;
    int algorithm = gnutls_pubkey_get_pk_algorithm(key, &bits);
    if (algorithm < 0)
        return algorithm;
    if (bits > HTTP_KEY_BITS_MAX)
        return GNUTLS_E_PK_INVALID_PUBKEY;
    return algorithm == GNUTLS_PK_RSA || algorithm == GNUTLS_PK_RSA_PSS ? check_exponent(key) : 0;
}

static int check_certificate(const gnutls_datum_t *der)
{
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    CLEANUP(gnutls_pubkey_deinit) gnutls_pubkey_t key = NULL;
    int rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = gnutls_x509_crt_import(crt, der, GNUTLS_X509_FMT_DER);
    if (rc >= 0)
        rc = gnutls_pubkey_init(&key);
    if (rc >= 0)
        rc = gnutls_pubkey_import_x509(key, crt, 0);
    return rc >= 0 ? check_key(key) : rc;
}

/* What a message brought is known when the next one comes. */
static int look(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                const gnutls_datum_t *message)
{
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(session, &count);
    (void)type, (void)when, (void)incoming, (void)message;
    if (gnutls_dh_get_prime_bits(session) > (int)HTTP_KEY_BITS_MAX)
        return GNUTLS_E_PK_INVALID_PUBKEY;
    int rc = 0;
    for (unsigned i = 0; shown && i < count && rc >= 0; i++)
        rc = check_certificate(&shown[i]);
    return rc < 0 ? rc : 0;
}

/* The texts are not wanted. */
static int hear(CURL *easy, curl_infotype type, char *text, size_t size, void *arg)
{
    struct curl_tlssessioninfo *info = NULL;
    (void)text, (void)size, (void)arg;
    if (type == CURLINFO_TEXT && curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &info) == CURLE_OK &&
        info && info->backend == CURLSSLBACKEND_GNUTLS && info->internals)
        gnutls_handshake_set_hook_function(info->internals, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_PRE,
                                           look);
    return 0;
}

void handshake_bound(CURL *easy)
{
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, hear);
}
