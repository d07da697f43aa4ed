#include "cert/check.h"

#include "cert/gnutls-util.h"

#define REASON_MAX 200

static int parse_chain(const struct cert_bundle *b, struct cert_pem_list *ret, struct error *err)
{
    ret->count = 0;
    for (unsigned i = 0; i < b->chain_len; i++) {
        int rc = gnutls_pcert_export_x509((gnutls_pcert_st *)(uintptr_t)&b->chain[i], &ret->at[i]);
        if (rc < 0)
            return gnutls_fail(err, "certificate", rc);
        ret->count++;
    }
    return 0;
}

static void free_trust_list(gnutls_x509_trust_list_t list)
{
    gnutls_x509_trust_list_deinit(list, 0);
}

DEFINE_CLEANUP(free_trust_list, gnutls_x509_trust_list_t);

static int explain(unsigned status, struct error *err)
{
    gnutls_datum_t text = { NULL, 0 };
    if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &text, 0) < 0)
        return error_set(err, ERROR_CRYPTO, "the chain does not lead to the published anchor");
    error_set(err, ERROR_CRYPTO, "the chain does not lead to the published anchor: %.*s",
              REASON_MAX, (const char *)text.data);
    gnutls_free(text.data);
    return -1;
}

/* How many, from the start on, have not ended. */
static unsigned count_current(const gnutls_x509_crt_t *at, unsigned count, int64_t now)
{
    unsigned i = 0;
    while (i < count && gnutls_x509_crt_get_expiration_time(at[i]) > now)
        i++;
    return i;
}

static bool is_anchor(gnutls_x509_crt_t crt, const struct cert_pem_list *anchors, int64_t now)
{
    for (unsigned i = 0; i < anchors->count; i++)
        if (gnutls_x509_crt_equals(crt, anchors->at[i]) != 0 &&
            count_current(&anchors->at[i], 1, now) == 1)
            return true;
    return false;
}

/*
 * How many of the current ones are needed: up to where an anchor is reached.  GnuTLS by itself follows the
 * chain past an anchor that is no root, and asks for one of what lies beyond.
 */
static unsigned count_needed(const struct cert_pem_list *chain, unsigned current,
                             const struct cert_pem_list *anchors, int64_t now)
{
    unsigned i = 1;
    while (i < current && !is_anchor(chain->at[i], anchors, now))
        i++;
    return i;
}

/*
 * Dates by our own clock, not by GnuTLS's: nobody follows a certificate that has ended.  The leaf's, with their
 * allowance, are looked at elsewhere.
 */
static int verify(const struct cert_pem_list *chain, const struct cert_pem_list *anchors,
                  int64_t now, struct error *err)
{
    CLEANUP(free_trust_list) gnutls_x509_trust_list_t trusted = NULL;
    unsigned status = 0, useful = 0,
             current = 1 + count_current(chain->at + 1, chain->count - 1, now),
             needed = count_needed(chain, current, anchors, now);
    int rc = gnutls_x509_trust_list_init(&trusted, 0);
    for (unsigned i = 0; rc >= 0 && i < anchors->count; i++)
        if (count_current(&anchors->at[i], 1, now) == 1) {
            useful++;
            rc = gnutls_x509_trust_list_add_cas(trusted, &anchors->at[i], 1, 0);
        }
    if (rc >= 0)
        rc = gnutls_x509_trust_list_verify_crt2(
            trusted, (gnutls_x509_crt_t *)(uintptr_t)chain->at, needed, NULL, 0,
            GNUTLS_VERIFY_DISABLE_TIME_CHECKS | GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS, &status,
            NULL);
    if (rc < 0)
        return gnutls_fail(err, "verification", rc);
    if (status != 0 && useful == 0)
        return error_set(err, ERROR_CRYPTO, "the anchor has ended: renew the CA");
    if (status != 0 && needed == current && current < chain->count)
        return error_set(err, ERROR_CRYPTO, "certificate %u of the chain has ended: renew that CA",
                         current + 1);
    return status != 0 ? explain(status, err) : 0;
}

static int check_anchors(const struct cert_pem_list *chain, struct slice anchors, int64_t now,
                         struct error *err)
{
    struct cert_pem_list list;
    if (anchors.len == 0)
        return 0;
    if (cert_pem_parse(anchors, &list, err) < 0)
        return -1;
    int rc = verify(chain, &list, now, err);
    cert_pem_done(&list);
    return rc;
}

static int check_use(gnutls_x509_crt_t leaf, const struct cert_hosts *hosts, struct error *err)
{
    const struct cert_host *missing = cert_hosts_missing(hosts, leaf);
    if (missing)
        return error_set(err, ERROR_CRYPTO,
                         "the certificate is not for '" SLICE_FMT
                         "', which its clients ask for: the issuer must allow that name and take "
                         "it from the request",
                         SLICE_ARG(missing->text));
    if (gnutls_x509_crt_check_key_purpose(leaf, GNUTLS_KP_TLS_WWW_SERVER, 0) == 0)
        return error_set(err, ERROR_CRYPTO,
                         "the certificate is not for TLS servers: the issuer must allow serverAuth "
                         "(in a PKI role: server_flag)");
    return 0;
}

static int check_dates(gnutls_x509_crt_t leaf, int64_t now, struct error *err)
{
    int64_t begins = gnutls_x509_crt_get_activation_time(leaf);
    int64_t ends = gnutls_x509_crt_get_expiration_time(leaf);
    if (begins <= now + CERT_CLOCK_ALLOWANCE)
        return cert_bundle_judge_dates(begins, ends, now < begins ? begins : now, err);
    return error_set(
        err, ERROR_CRYPTO,
        "the certificate begins %lld seconds from now: the clock here or at the issuer is "
        "wrong",
        (long long)(begins - now));
}

int cert_check_chain(const struct cert_pem_list *chain, const struct cert_hosts *hosts,
                     struct slice anchors, int64_t now, struct error *err)
{
    if (check_dates(chain->at[0], now, err) < 0 || check_use(chain->at[0], hosts, err) < 0)
        return -1;
    return check_anchors(chain, anchors, now, err);
}

int cert_check(const struct cert_bundle *b, const struct cert_hosts *hosts, struct slice anchors,
               int64_t now, struct error *err)
{
    struct cert_pem_list chain = { .count = 0 };
    int rc = parse_chain(b, &chain, err);
    if (rc == 0)
        rc = cert_check_chain(&chain, hosts, anchors, now, err);
    cert_pem_done(&chain);
    return rc;
}
