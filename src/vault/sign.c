#include <stdio.h>

#include "base/text.h"
#include "base/time.h"
#include "http/reply.h"
#include "vault/client.h"

#define US_PER_SECOND 1000000
#define SIGN_TRIES 8   /* with ever shorter life */
#define SIGN_TTL_MIN 2 /* seconds */

static int post_sign(struct vault_client *c, const struct vault_sign_request *req,
                     json_t **ret_tree, enum vault_failure *ret_failure, struct error *err)
{
    char path[VAULT_PATH_MAX], life[32];
    *ret_failure = VAULT_LOCAL;
    int n = snprintf(path, sizeof(path), SLICE_FMT "/sign/" SLICE_FMT, SLICE_ARG(req->pki_path),
                     SLICE_ARG(req->role));
    if (n < 0 || (size_t)n >= sizeof(path))
        return error_set(err, ERROR_USAGE, "the path of the PKI role is too long");
    (void)snprintf(life, sizeof(life), "%llds", (long long)req->ttl);
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

static int try_sign(struct vault_client *c, const struct vault_sign_request *req, json_t **ret_tree,
                    enum vault_failure *ret_failure, struct error *err)
{
    if (vault_token_get(c, ret_failure, err) < 0)
        return -1;
    if (post_sign(c, req, ret_tree, ret_failure, err) == 0)
        return 0;
    if (*ret_failure == VAULT_FORBIDDEN)
        vault_token_drop(c);
    return -1;
}

/* A token that is refused may just have been revoked: a fresh one gets one try. */
static int sign_with_token(struct vault_client *c, const struct vault_sign_request *req,
                           json_t **ret_tree, enum vault_failure *ret_failure, struct error *err)
{
    bool had_token = c->token.text.len > 0;
    if (try_sign(c, req, ret_tree, ret_failure, err) == 0)
        return 0;
    if (*ret_failure != VAULT_FORBIDDEN || !had_token)
        return -1;
    *err = (struct error)ERROR_INIT;
    return try_sign(c, req, ret_tree, ret_failure, err);
}

/* A copy of the request with clean paths. */
static int check_request(struct vault_sign_request *req, struct error *err)
{
    if (req->role.len == 0 || req->pki_path.len == 0 || req->ttl < SIGN_TTL_MIN)
        return error_set(err, ERROR_USAGE,
                         "signing needs a mount path, a role and at least %d seconds of life",
                         SIGN_TTL_MIN);
    if (!slice_is_present(req->csr_pem) || !text_is_utf8(req->csr_pem))
        return error_set(err, ERROR_USAGE, "the certificate request is not PEM");
    if (vault_clean_path(&req->pki_path, "the mount path of the PKI engine", err) < 0)
        return -1;
    return vault_check_name(req->role, "the PKI role", err);
}

/* Tries with what is left of the CA, if that is why it was refused. */
static int sign_within_ca(struct vault_client *c, struct vault_sign_request *req, json_t **ret_tree,
                          enum vault_failure *ret_failure, struct error *err)
{
    for (int tries = 1;; tries++) {
        if (sign_with_token(c, req, ret_tree, ret_failure, err) == 0)
            return 0;
        if (tries == SIGN_TRIES || *ret_failure != VAULT_BAD_REQUEST)
            return -1;
        int64_t left =
            vault_life_left(buf_slice(&c->reply.body), req->ttl, time_wall_us() / US_PER_SECOND);
        if (left < SIGN_TTL_MIN)
            return -1;
        req->ttl = left;
        *err = (struct error)ERROR_INIT;
    }
}

int vault_sign(struct vault_client *c, const struct vault_sign_request *req,
               struct vault_signed *ret, enum vault_failure *ret_failure, struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct vault_sign_request ask = *req;
    *ret_failure = VAULT_LOCAL;
    if (check_request(&ask, err) < 0 || sign_within_ca(c, &ask, &tree, ret_failure, err) < 0)
        return error_wrap(err, "sign");
    if (vault_signed_read(c, tree, ret, err) < 0) {
        (void)vault_client_unreadable(c, ret_failure, err);
        return error_wrap(err, "sign");
    }
    if (ask.ttl < req->ttl) /* there is room: Vault's own may fill half of it */
        buf_put_lit(&ret->warnings,
                    "the CA ends before the life that was asked for: renew the CA\n");
    atomic_fetch_add(&c->counters.signs, 1);
    return 0;
}
