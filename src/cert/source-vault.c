#include <stdlib.h>

#include "cert/check.h"
#include "cert/gnutls-util.h"
#include "cert/key.h"
#include "cert/pem.h"
#include "cert/source.h"

#define REQUEST_MAX ((size_t)16 << 10)
#define TEXTS_MAX ((size_t)16 << 10)

struct vault_source {
    struct cert_source head;
    struct vault_client *vault;
    struct buf texts; /* what the slices below point into */
    struct slice pki_path, pki_role;
    struct cert_hosts hosts;
    int64_t ttl;
    bool whole_chain;
};

/* --- what is served and what is published ------------------------------------------------------- */

/* The certificate in the list that signed crt, other than itself; NULL when there is none. */
static gnutls_x509_crt_t issuer_of(gnutls_x509_crt_t crt, const struct cert_pem_list *list)
{
    if (gnutls_x509_crt_check_issuer(crt, crt) != 0)
        return NULL;
    for (unsigned i = 0; i < list->count; i++)
        if (gnutls_x509_crt_check_issuer(crt, list->at[i]) != 0)
            return list->at[i];
    return NULL;
}

/* Leaf and intermediates on the way up; never the root, and nothing that only crosses the way. */
static int put_served(const struct cert_pem_list *leaf, const struct cert_pem_list *chain,
                      struct buf *out, struct error *err)
{
    gnutls_x509_crt_t at = leaf->at[0];
    if (cert_pem_put(at, out, err) < 0)
        return -1;
    for (unsigned i = 0; i + 1 < CERT_CHAIN_MAX; i++) {
        at = issuer_of(at, chain);
        if (!at || gnutls_x509_crt_check_issuer(at, at) != 0)
            return 0;
        if (cert_pem_put(at, out, err) < 0)
            return -1;
    }
    return 0;
}

/* The issuing CA, or with `whole` also what signed it, and so on; nothing else that Vault puts beside them. */
static int put_anchor(const struct cert_pem_list *chain, bool whole, struct cert_issue *ret,
                      struct error *err)
{
    gnutls_x509_crt_t at = chain->at[0];
    ret->anchor_ends = gnutls_x509_crt_get_expiration_time(at);
    for (unsigned i = 0; at && i < chain->count; i++) {
        if (cert_pem_put(at, &ret->anchor, err) < 0)
            return -1;
        at = whole ? issuer_of(at, chain) : NULL;
    }
    return 0;
}

static int make_bundle(const struct vault_source *v, const struct vault_signed *got,
                       gnutls_x509_privkey_t key, struct cert_issue *ret, struct error *err)
{
    struct cert_pem_list leaf = { .count = 0 }, chain = { .count = 0 };
    struct buf served;
    buf_init(&served, CERT_ANCHOR_MAX);
    int rc = cert_pem_parse(buf_slice(&got->leaf), &leaf, err);
    if (rc == 0)
        rc = cert_pem_parse(buf_slice(&got->chain), &chain, err);
    if (rc == 0)
        rc = put_served(&leaf, &chain, &served, err);
    if (rc == 0)
        rc = put_anchor(&chain, v->whole_chain, ret, err);
    if (rc == 0)
        rc = cert_bundle_from_pem_and_key(buf_slice(&served), key, &ret->bundle, err);
    cert_pem_done(&leaf);
    cert_pem_done(&chain);
    buf_done(&served);
    return rc;
}

/* --- the source -------------------------------------------------------------------------------- */

static int sign(struct vault_source *v, gnutls_x509_privkey_t key, struct vault_signed *got,
                enum vault_failure *ret_failure, struct error *err)
{
    struct buf request;
    buf_init(&request, REQUEST_MAX);
    int rc = cert_key_request(key, &v->hosts, &request, err);
    struct vault_sign_request ask = { v->pki_path, v->pki_role, buf_slice(&request), v->ttl };
    if (rc == 0)
        rc = vault_sign(v->vault, &ask, got, ret_failure, err);
    buf_done(&request);
    return rc;
}

/* What came is not what we asked for: the role is wrong, unless something else is. */
static enum vault_failure class_of(const struct cert_bundle *b, int64_t now,
                                   const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        return VAULT_LOCAL;
    return b && b->not_before > now + CERT_CLOCK_ALLOWANCE ? VAULT_CLOCK : VAULT_BAD_REQUEST;
}

static int vault_issue(struct cert_source *s, int64_t now, struct cert_issue *ret,
                       enum vault_failure *ret_failure, struct error *err)
{
    struct vault_source *v = (struct vault_source *)s;
    CLEANUP(gnutls_x509_privkey_deinit) gnutls_x509_privkey_t key = NULL;
    struct vault_signed got;
    *ret_failure = VAULT_LOCAL;
    vault_signed_init(&got);
    ret->issued = now;
    int rc = cert_key_new(&key, err);
    if (rc == 0)
        rc = sign(v, key, &got, ret_failure, err);
    bool is_signed = rc == 0;
    if (rc == 0)
        rc = make_bundle(v, &got, key, ret, err);
    if (rc == 0)
        rc = cert_check(ret->bundle, &v->hosts, buf_slice(&ret->anchor), now, err);
    if (rc == 0)
        buf_put_slice(&ret->notes, buf_slice(&got.warnings));
    else if (is_signed)
        *ret_failure = class_of(ret->bundle, now, err);
    vault_signed_done(&got);
    return rc;
}

static int vault_source_tend(struct cert_source *s, enum vault_failure *ret_failure,
                             struct error *err)
{
    return vault_tend(((struct vault_source *)s)->vault, ret_failure, err);
}

static void vault_source_cancel(struct cert_source *s)
{
    vault_client_cancel(((struct vault_source *)s)->vault);
}

static int64_t vault_source_retry_after(const struct cert_source *s)
{
    return vault_client_retry_after(((const struct vault_source *)s)->vault);
}

static void vault_source_free(struct cert_source *s)
{
    struct vault_source *v = (struct vault_source *)s;
    vault_client_free(v->vault);
    buf_done(&v->texts);
    free(v);
}

static const struct cert_source_kind vault_kind = {
    .name = "vault",
    .renews = true,
    .issue = vault_issue,
    .tend = vault_source_tend,
    .cancel = vault_source_cancel,
    .retry_after = vault_source_retry_after,
    .free = vault_source_free,
};

static int copy_texts(struct vault_source *v, const struct cert_vault_settings *set,
                      struct error *err)
{
    struct slice hosts = set->hosts;
    buf_init(&v->texts, TEXTS_MAX);
    buf_put_slice(&v->texts, set->pki_path);
    buf_put_slice(&v->texts, set->pki_role);
    buf_put_slice(&v->texts, set->hosts);
    if (buf_check(&v->texts, "the settings of the certificate source", err) < 0)
        return -1;
    const char *at = buf_slice(&v->texts).ptr;
    v->pki_path = (struct slice){ at, set->pki_path.len };
    v->pki_role = (struct slice){ at + set->pki_path.len, set->pki_role.len };
    hosts.ptr = at + set->pki_path.len + set->pki_role.len;
    while (v->pki_path.len > 0 && v->pki_path.ptr[v->pki_path.len - 1] == '/')
        v->pki_path.len--;
    if (cert_hosts_parse(hosts, &v->hosts, err) < 0)
        return -1;
    if (v->hosts.count == 0)
        return error_set(err, ERROR_USAGE, "a certificate from Vault needs at least one host name");
    return 0;
}

int cert_source_vault(const struct cert_vault_settings *settings, struct cert_source **ret,
                      struct error *err)
{
    struct vault_source *v = calloc(1, sizeof(*v));
    if (!v)
        return error_nomem(err);
    v->head.kind = &vault_kind;
    v->ttl = settings->ttl;
    v->whole_chain = settings->whole_chain;
    CLEANUP(cert_source_free) struct cert_source *source = &v->head;
    if (copy_texts(v, settings, err) < 0 || vault_client_new(&settings->vault, &v->vault, err) < 0)
        return -1;
    *ret = steal_ptr(source);
    return 0;
}
