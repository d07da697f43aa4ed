#include "cert/self-signed.h"

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "cert/gnutls-util.h"
#include "cert/hosts.h"
#include "cert/key.h"
#include "cert/pem.h"

#define COMMON_NAME "Keyhook"
#define SERIAL_SIZE 16
#define KEY_ID_SIZE 20 /* RFC 5280 section 4.2.1.2: 160 bits are the usual form */
#define X509_VERSION 3

static int set_serial(gnutls_x509_crt_t crt)
{
    unsigned char serial[SERIAL_SIZE];
    int rc = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
    if (rc < 0)
        return rc;
    serial[0] = (unsigned char)((serial[0] & 0x3f) | 0x40); /* positive and never zero */
    return gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_key_ids(gnutls_x509_crt_t crt)
{
    unsigned char id[32];
    size_t size = sizeof(id);
    int rc = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA256, id, &size);
    if (rc < 0)
        return rc;
    rc = gnutls_x509_crt_set_subject_key_id(crt, id, KEY_ID_SIZE);
    return rc < 0 ? rc : gnutls_x509_crt_set_authority_key_id(crt, id, KEY_ID_SIZE);
}

/* Everything but the hosts and the signature; the first failing call's code. */
static int set_fields(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, int64_t now)
{
    int rc = gnutls_x509_crt_set_version(crt, X509_VERSION);
    if (rc >= 0)
        rc = set_serial(crt);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, COMMON_NAME,
                                           sizeof(COMMON_NAME) - 1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_activation_time(crt, (time_t)(now - CERT_SELF_SIGNED_SKEW));
    if (rc >= 0)
        rc = gnutls_x509_crt_set_expiration_time(crt, (time_t)(now + CERT_SELF_SIGNED_LIFE));
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key(crt, key);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_basic_constraints(crt, 0, -1);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
    if (rc >= 0)
        rc = gnutls_x509_crt_set_key_purpose_oid(crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
    return rc < 0 ? rc : set_key_ids(crt);
}

int cert_self_signed(struct slice hosts, int64_t now, struct buf *pem, struct cert_bundle **ret,
                     struct error *err)
{
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    struct cert_hosts names;
    if (cert_hosts_parse(hosts, &names, err) < 0 || cert_key_new(&key, err) < 0)
        return -1;
    if (names.count == 0)
        cert_hosts_local(&names);
    int rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = set_fields(crt, key, now);
    if (rc < 0)
        return gnutls_fail(err, "self-signed certificate", rc);
    if (cert_hosts_put_crt(&names, crt, err) < 0)
        return -1;
    rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    if (rc < 0)
        return gnutls_fail(err, "self-signed certificate", rc);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    if (cert_bundle_from_objects(crt, key, &b, err) < 0 || cert_pem_put(crt, pem, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}
