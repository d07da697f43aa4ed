#include "cert/self-signed.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include <gnutls/crypto.h>
#include <gnutls/x509.h>

#include "cert/gnutls-util.h"

#define COMMON_NAME "Keyhook"
#define SERIAL_SIZE 16
#define KEY_ID_SIZE 20 /* RFC 5280 section 4.2.1.2: 160 bits are the usual form */
#define DNS_NAME_MAX 253
#define X509_VERSION 3
#define HOST_TEXT_MAX (DNS_NAME_MAX + 1)

static bool is_dns_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static bool is_dns_name(struct slice host)
{
    if (slice_has_prefix(host, SLICE("*.")))
        host = slice_after(host, 2);
    if (host.len == 0 || host.len > DNS_NAME_MAX || host.ptr[0] == '.')
        return false;
    for (size_t i = 0; i < host.len; i++)
        if (!is_dns_char(host.ptr[i]))
            return false;
    return true;
}

/* The address in network order, its length as result; 0 when host is no address. */
static unsigned parse_address(struct slice host, unsigned char ret[static sizeof(struct in6_addr)])
{
    char text[HOST_TEXT_MAX];
    if (host.len >= sizeof(text))
        return 0;
    memcpy(text, host.ptr, host.len);
    text[host.len] = '\0';
    if (inet_pton(AF_INET, text, ret) == 1)
        return sizeof(struct in_addr);
    return inet_pton(AF_INET6, text, ret) == 1 ? sizeof(struct in6_addr) : 0;
}

static int add_host(gnutls_x509_crt_t crt, struct slice host, struct error *err)
{
    unsigned char address[sizeof(struct in6_addr)];
    unsigned len = parse_address(host, address);
    int rc;
    if (len > 0)
        rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_IPADDRESS, address, len,
                                                  GNUTLS_FSAN_APPEND);
    else if (is_dns_name(host))
        rc = gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, host.ptr,
                                                  (unsigned)host.len, GNUTLS_FSAN_APPEND);
    else
        return error_set(err, ERROR_USAGE, "a certificate host is neither name nor address");
    return rc < 0 ? gnutls_fail(err, "subject alternative name", rc) : 0;
}

static int add_default_hosts(gnutls_x509_crt_t crt, struct error *err)
{
    if (add_host(crt, SLICE("localhost"), err) < 0 || add_host(crt, SLICE("127.0.0.1"), err) < 0 ||
        add_host(crt, SLICE("::1"), err) < 0)
        return -1;
    char name[HOST_NAME_MAX + 1];
    if (gethostname(name, sizeof(name)) < 0)
        return 0;
    name[HOST_NAME_MAX] = '\0';
    struct slice own = slice_of(name);
    if (!is_dns_name(own) || slice_equal(own, SLICE("localhost")))
        return 0;
    return add_host(crt, own, err);
}

static int add_hosts(gnutls_x509_crt_t crt, struct slice hosts, struct error *err)
{
    unsigned count = 0;
    while (slice_is_present(hosts)) {
        struct slice host = slice_trim(slice_cut(&hosts, ','));
        if (host.len == 0)
            continue;
        if (++count > CERT_HOSTS_MAX)
            return error_set(err, ERROR_LIMIT, "more than %u certificate hosts", CERT_HOSTS_MAX);
        if (add_host(crt, host, err) < 0)
            return -1;
    }
    return count == 0 ? add_default_hosts(crt, err) : 0;
}

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

static int put_pem(gnutls_x509_crt_t crt, struct buf *pem, struct error *err)
{
    gnutls_datum_t text = { NULL, 0 };
    int rc = gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &text);
    if (rc < 0)
        return gnutls_fail(err, "certificate", rc);
    buf_put(pem, (const char *)text.data, text.size);
    gnutls_free(text.data);
    return buf_check(pem, "certificate", err);
}

static int make_key(gnutls_x509_privkey_t *ret, struct error *err)
{
    int rc = gnutls_x509_privkey_init(ret);
    if (rc >= 0)
        rc = gnutls_x509_privkey_generate(*ret, GNUTLS_PK_ECDSA,
                                          GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
    return rc < 0 ? gnutls_fail(err, "private key", rc) : 0;
}

int cert_self_signed(struct slice hosts, int64_t now, struct buf *pem, struct cert_bundle **ret,
                     struct error *err)
{
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    CLEANUP(gnutls_x509_crt_deinit) gnutls_x509_crt_t crt = NULL;
    if (make_key(&key, err) < 0)
        return -1;
    int rc = gnutls_x509_crt_init(&crt);
    if (rc >= 0)
        rc = set_fields(crt, key, now);
    if (rc < 0)
        return gnutls_fail(err, "self-signed certificate", rc);
    if (add_hosts(crt, hosts, err) < 0)
        return -1;
    rc = gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0);
    if (rc < 0)
        return gnutls_fail(err, "self-signed certificate", rc);
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    if (cert_bundle_from_objects(crt, key, &b, err) < 0 || put_pem(crt, pem, err) < 0)
        return -1;
    *ret = steal_ptr(b);
    return 0;
}
