#include <stdio.h>
#include <string.h>
#include <time.h>

#include "http/reply.h"
#include "vault/client.h"

#define SIGN_TRIES 3   /* with ever shorter life */
#define SIGN_MARGIN 5  /* seconds less than what is left of the CA */
#define SIGN_TTL_MIN 2 /* seconds */
#define PEM_MAX ((size_t)64 << 10)
#define CA_ENDS "beyond the expiration of the CA certificate at "

void vault_signed_init(struct vault_signed *s)
{
    *s = (struct vault_signed){ 0 };
    buf_init_secret(&s->leaf, PEM_MAX);
    buf_init(&s->issuing_ca, PEM_MAX);
    buf_init(&s->chain, PEM_MAX * VAULT_CHAIN_MAX);
    buf_init(&s->warnings, VAULT_WARNINGS_MAX);
}

void vault_signed_done(struct vault_signed *s)
{
    buf_done(&s->leaf);
    buf_done(&s->issuing_ca);
    buf_done(&s->chain);
    buf_done(&s->warnings);
}

/* --- the answer -------------------------------------------------------------------------------- */

/* Vault trims its PEM: without the newline, two blocks run into each other. */
static void put_pem(struct buf *out, struct slice pem)
{
    while (pem.len > 0 && (unsigned char)pem.ptr[pem.len - 1] <= ' ')
        pem.len--;
    buf_put_slice(out, pem);
    buf_put_char(out, '\n');
}

static struct slice trimmed(struct slice pem)
{
    while (pem.len > 0 && (unsigned char)pem.ptr[pem.len - 1] <= ' ')
        pem.len--;
    return pem;
}

static int put_chain(const json_t *tree, struct vault_signed *ret, struct error *err)
{
    const json_t *chain = reply_find(tree, "data.ca_chain");
    size_t count = json_array_size(chain);
    if (count > VAULT_CHAIN_MAX)
        return error_set(err, ERROR_LIMIT,
                         "the reply's data.ca_chain has more than %u certificates",
                         VAULT_CHAIN_MAX);
    buf_put_slice(&ret->chain, buf_slice(&ret->issuing_ca));
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(chain, i);
        struct slice pem =
            trimmed((struct slice){ json_string_value(one), json_string_length(one) });
        if (!json_is_string(one))
            return error_set(err, ERROR_SHAPE, "the reply's data.ca_chain.%zu is not a string", i);
        if (!slice_contains(buf_slice(&ret->chain), pem))
            put_pem(&ret->chain, pem);
    }
    return 0;
}

static void put_warnings(const json_t *tree, struct vault_signed *ret)
{
    const json_t *warnings = reply_find(tree, "warnings");
    size_t i;
    json_t *one;
    json_array_foreach(warnings, i, one)
    {
        size_t len = json_string_length(one);
        if (!json_is_string(one) || ret->warnings.len + len + 1 > VAULT_WARNINGS_MAX)
            continue;
        buf_put(&ret->warnings, json_string_value(one), len);
        buf_put_char(&ret->warnings, '\n');
    }
}

static int read_signed(const json_t *tree, struct vault_signed *ret, struct error *err)
{
    struct slice leaf, issuer;
    if (reply_string(tree, "data.certificate", &leaf, err) < 0 ||
        reply_string(tree, "data.issuing_ca", &issuer, err) < 0)
        return -1;
    put_pem(&ret->leaf, leaf);
    put_pem(&ret->issuing_ca, issuer);
    if (put_chain(tree, ret, err) < 0)
        return -1;
    put_warnings(tree, ret);
    if (buf_check(&ret->leaf, "the certificate", err) < 0 ||
        buf_check(&ret->issuing_ca, "the issuing CA", err) < 0)
        return -1;
    return buf_check(&ret->chain, "the CA chain", err);
}

/* --- the request ------------------------------------------------------------------------------- */

static int post_sign(struct vault_client *c, const struct vault_sign_request *req, int64_t ttl,
                     json_t **ret_tree, enum vault_failure *ret_failure, struct error *err)
{
    char path[VAULT_PATH_MAX], life[32];
    *ret_failure = VAULT_LOCAL;
    int n = snprintf(path, sizeof(path), SLICE_FMT "/sign/" SLICE_FMT, SLICE_ARG(req->pki_path),
                     SLICE_ARG(req->role));
    if (n < 0 || (size_t)n >= sizeof(path))
        return error_set(err, ERROR_USAGE, "the path of the PKI role is too long");
    (void)snprintf(life, sizeof(life), "%llds", (long long)ttl);
    CLEANUP(reply_tree_free)
    json_t *body = json_pack("{s:s%,s:s,s:s}", "csr", req->csr_pem.ptr, req->csr_pem.len, "ttl",
                             life, "format", "pem");
    if (!body)
        return error_nomem(err);
    struct vault_call call = { .method = "POST",
                               .path = slice_of(path),
                               .body = body,
                               .has_token = true,
                               .has_namespace = true };
    return vault_client_call(c, &call, ret_tree, ret_failure, err);
}

/* A token that is refused may just have been revoked: a fresh one gets one try. */
static int sign_with_token(struct vault_client *c, const struct vault_sign_request *req,
                           int64_t ttl, json_t **ret_tree, enum vault_failure *ret_failure,
                           struct error *err)
{
    for (int fresh = 0; fresh < 2; fresh++) {
        bool had_token = c->token.text.len > 0;
        if (vault_token_get(c, ret_failure, err) < 0)
            return -1;
        if (post_sign(c, req, ttl, ret_tree, ret_failure, err) == 0)
            return 0;
        if (*ret_failure != VAULT_FORBIDDEN)
            return -1;
        vault_token_drop(c);
        if (!had_token)
            return -1;
        *err = (struct error)ERROR_INIT;
    }
    return error_set(err, ERROR_IO, "the token is refused");
}

/*
 * What is left of the CA, from the only place that tells it without the certificate itself: Vault's
 * words. 0 when they say nothing of it.
 */
static int64_t left_of_ca(const struct vault_client *c)
{
    struct slice body = buf_slice(&c->reply.body);
    const char *at = memmem(body.ptr, body.len, CA_ENDS, strlen(CA_ENDS));
    char date[20];
    struct tm parts = { 0 };
    if (!at || (size_t)(body.ptr + body.len - at) < strlen(CA_ENDS) + sizeof(date))
        return 0;
    memcpy(date, at + strlen(CA_ENDS), sizeof(date) - 1);
    date[sizeof(date) - 1] = 0;
    if (!strptime(date, "%Y-%m-%dT%H:%M:%S", &parts))
        return 0;
    return (int64_t)timegm(&parts) - (int64_t)time(NULL) - SIGN_MARGIN;
}

static bool is_past_ca(const struct vault_client *c, enum vault_failure failure)
{
    return failure == VAULT_BAD_REQUEST &&
           slice_contains(buf_slice(&c->reply.body), SLICE("beyond the expiration of the CA"));
}

static int check_request(const struct vault_sign_request *req, struct error *err)
{
    if (req->role.len == 0 || req->pki_path.len == 0 || req->ttl < SIGN_TTL_MIN)
        return error_set(err, ERROR_USAGE,
                         "signing needs a mount path, a role and at least %d seconds of life",
                         SIGN_TTL_MIN);
    if (vault_check_path(req->pki_path, "the mount path of the PKI engine", err) < 0)
        return -1;
    return vault_check_path(req->role, "the PKI role", err);
}

int vault_sign(struct vault_client *c, const struct vault_sign_request *req,
               struct vault_signed *ret, enum vault_failure *ret_failure, struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    int64_t ttl = req->ttl;
    *ret_failure = VAULT_LOCAL;
    if (check_request(req, err) < 0)
        return -1;
    for (int tries = 1;; tries++) {
        if (sign_with_token(c, req, ttl, &tree, ret_failure, err) == 0)
            break;
        if (tries == SIGN_TRIES || !is_past_ca(c, *ret_failure))
            return error_wrap(err, "sign");
        int64_t left = left_of_ca(c);
        ttl = left > 0 && left < ttl ? left : ttl / 2;
        if (ttl < SIGN_TTL_MIN)
            return error_wrap(err, "sign");
        *err = (struct error)ERROR_INIT;
    }
    if (read_signed(tree, ret, err) < 0) {
        *ret_failure = VAULT_PROTOCOL;
        return error_wrap(err, "sign");
    }
    ret->is_shortened = ttl < req->ttl;
    if (ret->is_shortened)
        buf_put_lit(&ret->warnings,
                    "the CA ends before the life that was asked for: renew the CA\n");
    atomic_fetch_add(&c->counters.signs, 1);
    return 0;
}
