#include "cert/key.h"

#include "cert/gnutls-util.h"

#define REQUEST_VERSION 1  /* RFC 2986 section 4.1: v1, which GnuTLS counts from one */
#define COMMON_NAME_MAX 64 /* RFC 5280, ub-common-name */

DEFINE_CLEANUP(gnutls_x509_crq_deinit, gnutls_x509_crq_t);

int cert_key_new(gnutls_x509_privkey_t *ret, struct error *err)
{
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    int rc = gnutls_x509_privkey_init(&key);
    if (rc >= 0)
        rc = gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    if (rc < 0)
        return gnutls_fail(err, "private key", rc);
    *ret = steal_ptr(key);
    return 0;
}

static int set_common_name(gnutls_x509_crq_t crq, const struct cert_hosts *hosts)
{
    for (unsigned i = 0; i < hosts->count; i++)
        if (hosts->at[i].address_len == 0 && hosts->at[i].text.len <= COMMON_NAME_MAX)
            return gnutls_x509_crq_set_dn_by_oid(crq, GNUTLS_OID_X520_COMMON_NAME, 0,
                                                 hosts->at[i].text.ptr,
                                                 (unsigned)hosts->at[i].text.len);
    return 0;
}

int cert_key_request(gnutls_x509_privkey_t key, const struct cert_hosts *hosts, struct buf *pem,
                     struct error *err)
{
    CLEANUP(gnutls_x509_crq_deinit) gnutls_x509_crq_t crq = NULL;
    gnutls_datum_t text = { NULL, 0 };
    int rc = gnutls_x509_crq_init(&crq);
    if (rc >= 0)
        rc = gnutls_x509_crq_set_version(crq, REQUEST_VERSION);
    if (rc >= 0)
        rc = gnutls_x509_crq_set_key(crq, key);
    if (rc >= 0)
        rc = set_common_name(crq, hosts);
    if (rc < 0)
        return gnutls_fail(err, "certificate request", rc);
    if (cert_hosts_put_crq(hosts, crq, err) < 0)
        return -1;
    rc = gnutls_x509_crq_sign2(crq, key, GNUTLS_DIG_SHA256, 0);
    if (rc >= 0)
        rc = gnutls_x509_crq_export2(crq, GNUTLS_X509_FMT_PEM, &text);
    if (rc < 0)
        return gnutls_fail(err, "certificate request", rc);
    buf_put(pem, (const char *)text.data, text.size);
    gnutls_free(text.data);
    return buf_check(pem, "the certificate request", err);
}
