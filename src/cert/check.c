#include "cert/check.h"

#include "cert/gnutls-util.h"
#include "cert/pem.h"

#define REASON_MAX 200

struct parsed_chain {
    gnutls_x509_crt_t at[CERT_CHAIN_MAX];
    unsigned count;
};

static void parsed_chain_done(struct parsed_chain *c)
{
    for (unsigned i = 0; i < c->count; i++)
        gnutls_x509_crt_deinit(c->at[i]);
}

static int parse_chain(const struct cert_bundle *b, struct parsed_chain *ret, struct error *err)
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

/* Dates are looked at elsewhere, with our clock and its allowance. */
static int check_anchors(struct parsed_chain *chain, struct slice anchors, struct error *err)
{
    struct cert_pem_list list;
    unsigned status = 0;
    CLEANUP(free_trust_list) gnutls_x509_trust_list_t trusted = NULL;
    if (anchors.len == 0)
        return 0;
    if (cert_pem_parse(anchors, &list, err) < 0)
        return -1;
    int rc = gnutls_x509_trust_list_init(&trusted, 0);
    if (rc >= 0)
        rc = gnutls_x509_trust_list_add_cas(trusted, list.at, list.count, 0);
    if (rc >= 0)
        rc = gnutls_x509_trust_list_verify_crt2(trusted, chain->at, chain->count, NULL, 0,
                                                GNUTLS_VERIFY_DISABLE_TIME_CHECKS |
                                                    GNUTLS_VERIFY_DISABLE_TRUSTED_TIME_CHECKS,
                                                &status, NULL);
    if (rc < 0)
        gnutls_fail(err, "verification", rc);
    else if (status != 0)
        rc = explain(status, err);
    cert_pem_done(&list);
    return rc < 0 ? -1 : 0;
}

static int check_use(gnutls_x509_crt_t leaf, const struct cert_hosts *hosts, struct error *err)
{
    const struct cert_host *missing = cert_hosts_missing(hosts, leaf);
    if (missing)
        return error_set(err, ERROR_CRYPTO,
                         "the certificate is not for '" SLICE_FMT
                         "': allow that name in the PKI role, and let it use the request's names",
                         SLICE_ARG(missing->text));
    if (gnutls_x509_crt_check_key_purpose(leaf, GNUTLS_KP_TLS_WWW_SERVER, 0) == 0)
        return error_set(err, ERROR_CRYPTO,
                         "the certificate is not for TLS servers: set server_flag in the PKI role");
    return 0;
}

static int check_dates(const struct cert_bundle *b, int64_t now, struct error *err)
{
    if (b->not_before <= now + CERT_CLOCK_ALLOWANCE)
        return cert_bundle_check_dates(b, now < b->not_before ? b->not_before : now, err);
    return error_set(
        err, ERROR_CRYPTO,
        "the certificate begins %lld seconds from now: the clock here or at the issuer is "
        "wrong",
        (long long)(b->not_before - now));
}

int cert_check(const struct cert_bundle *b, const struct cert_hosts *hosts, struct slice anchors,
               int64_t now, struct error *err)
{
    struct parsed_chain chain;
    int rc = parse_chain(b, &chain, err);
    if (rc == 0)
        rc = check_dates(b, now, err);
    if (rc == 0)
        rc = check_use(chain.at[0], hosts, err);
    if (rc == 0)
        rc = check_anchors(&chain, anchors, err);
    parsed_chain_done(&chain);
    return rc;
}
