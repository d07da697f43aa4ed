#include <stdio.h>

#include "base/file.h"
#include "base/time.h"
#include "http/reply.h"
#include "vault/client.h"

#define US_PER_SECOND 1000000
#define LEASE_MAX ((int64_t)10 * 365 * 86400) /* seconds; keeps the microseconds in range */

/* What can stand in a header: printable, without blanks. */
static bool is_word(struct slice text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] <= ' ' || (unsigned char)text.ptr[i] > '~')
            return false;
    return text.len > 0;
}

void vault_token_drop(struct vault_client *c)
{
    buf_done(&c->token.text);
    c->token.life = 0;
}

/* How long a token lives, from an "auth" object or a look-up. */
static void set_life(struct vault_token *token, int64_t seconds, bool is_renewable)
{
    seconds = seconds < 0 ? 0 : seconds > LEASE_MAX ? LEASE_MAX : seconds;
    token->since = time_boot_us();
    token->life = seconds * US_PER_SECOND;
    token->is_renewable = is_renewable;
}

static int take_auth(struct vault_client *c, const json_t *tree, struct error *err)
{
    struct slice text;
    int64_t life;
    bool is_renewable;
    if (reply_string(tree, "auth.client_token", &text, err) < 0 ||
        reply_int(tree, "auth.lease_duration", &life, err) < 0 ||
        reply_bool(tree, "auth.renewable", &is_renewable, err) < 0)
        return -1;
    if (!is_word(text))
        return error_set(err, ERROR_SHAPE, "the reply's auth.client_token is no token");
    buf_clear(&c->token.text);
    buf_put_slice(&c->token.text, text);
    set_life(&c->token, life, is_renewable);
    return buf_check(&c->token.text, "the token", err);
}

static int post_login(struct vault_client *c, json_t **ret_tree, enum vault_failure *ret_failure,
                      struct error *err)
{
    char path[VAULT_PATH_MAX];
    int n = snprintf(path, sizeof(path), "auth/" SLICE_FMT "/login", SLICE_ARG(c->set.auth_path));
    if (n < 0 || (size_t)n >= sizeof(path))
        return error_set(err, ERROR_USAGE, "the mount path of the auth method is too long");
    CLEANUP(reply_tree_free)
    json_t *body = json_pack("{s:s%,s:s%}", "role", c->set.auth_role.ptr, c->set.auth_role.len,
                             "jwt", c->jwt.data, c->jwt.len);
    if (!body)
        return error_nomem(err);
    struct vault_call call = {
        .method = "POST",
        .path = slice_of(path),
        .body = body,
        .has_namespace = true,
        .is_login = true,
    };
    return vault_client_call(c, &call, ret_tree, ret_failure, err);
}

static int log_in(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    *ret_failure = VAULT_LOCAL;
    vault_token_drop(c);
    buf_clear(&c->jwt);
    if (file_read_word(c->set.jwt_file.ptr, "service-account token", &c->jwt, err) < 0 ||
        post_login(c, &tree, ret_failure, err) < 0)
        return error_wrap(err, "login with role '" SLICE_FMT "'", SLICE_ARG(c->set.auth_role));
    if (take_auth(c, tree, err) < 0) {
        vault_token_drop(c);
        (void)vault_client_unreadable(c, ret_failure, err);
        return error_wrap(err, "login");
    }
    atomic_fetch_add(&c->counters.logins, 1);
    return 0;
}

/*
 * How long a token lives that somebody else made.  Who may not look it up uses it as it is; any other
 * failure is one of the call, because a life that is not known would never be renewed.
 */
static int look_up(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    struct vault_call call = { .method = "GET",
                               .path = SLICE("auth/token/lookup-self"),
                               .has_token = true,
                               .has_namespace = true };
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct error refused = ERROR_INIT;
    int64_t life;
    bool is_renewable;
    set_life(&c->token, 0, false);
    if (vault_client_call(c, &call, &tree, ret_failure, &refused) < 0) {
        if (*ret_failure != VAULT_FORBIDDEN) {
            *err = refused;
            return -1;
        }
        *ret_failure = VAULT_OK;
        return 0;
    }
    if (reply_int(tree, "data.ttl", &life, err) < 0 ||
        reply_bool(tree, "data.renewable", &is_renewable, err) < 0)
        return vault_client_unreadable(c, ret_failure, err);
    set_life(&c->token, life, is_renewable);
    *ret_failure = VAULT_OK;
    return 0;
}

/* The file is read each time: whoever made the token may put another one there. */
static int use_file(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    struct buf before = c->token.text;
    *ret_failure = VAULT_LOCAL;
    buf_init_secret(&c->token.text, VAULT_TOKEN_MAX);
    int rc = file_read_word(c->set.token_file.ptr, "token", &c->token.text, err);
    bool is_same = slice_equal(buf_slice(&before), buf_slice(&c->token.text));
    buf_done(&before);
    if (rc == 0 && is_same)
        *ret_failure = VAULT_OK;
    else if (rc == 0)
        rc = look_up(c, ret_failure, err);
    if (rc < 0)
        vault_token_drop(c);
    return rc;
}

static int64_t age(const struct vault_token *token)
{
    return time_boot_us() - token->since;
}

static bool is_due(const struct vault_token *token)
{
    return token->life > 0 && age(token) >= token->life / 3 * 2;
}

/* Vault answers 200 even when a limit allows nothing more: what counts is that the token lives longer. */
static int renew(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    int64_t left = c->token.life - age(&c->token);
    struct vault_call call = { .method = "POST",
                               .path = SLICE("auth/token/renew-self"),
                               .has_token = true,
                               .has_namespace = true };
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    CLEANUP(reply_tree_free)
    json_t *body = json_pack("{s:I}", "increment", (json_int_t)(c->token.life / US_PER_SECOND));
    *ret_failure = VAULT_LOCAL;
    if (!body)
        return error_nomem(err);
    call.body = body;
    if (vault_client_call(c, &call, &tree, ret_failure, err) < 0)
        return -1;
    if (take_auth(c, tree, err) < 0)
        return vault_client_unreadable(c, ret_failure, err);
    *ret_failure = VAULT_FORBIDDEN;
    if (c->token.life <= left + US_PER_SECOND)
        return error_set(err, ERROR_IO, "the token has reached the limit of its life");
    *ret_failure = VAULT_OK;
    atomic_fetch_add(&c->counters.token_renewals, 1);
    return 0;
}

int vault_token_get(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    struct error ignored = ERROR_INIT;
    if (c->set.token_file.len > 0)
        return use_file(c, ret_failure, err);
    const struct vault_token *t = &c->token;
    bool can_renew = t->is_renewable && age(t) < t->life;
    if (t->text.len > 0 && (!is_due(t) || (can_renew && renew(c, ret_failure, &ignored) == 0)))
        return 0;
    return log_in(c, ret_failure, err);
}

int vault_tend(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
{
    *ret_failure = VAULT_OK;
    if (c->set.token_file.len == 0)
        return 0;
    if (use_file(c, ret_failure, err) < 0)
        return -1;
    if (!is_due(&c->token))
        return 0;
    if (c->token.is_renewable && renew(c, ret_failure, err) == 0)
        return 0;
    if (!c->token.is_renewable) {
        *ret_failure = VAULT_FORBIDDEN;
        error_set(err, ERROR_IO, "it is not renewable");
    }
    return error_wrap(err, "the token in '" SLICE_FMT "' ends", SLICE_ARG(c->set.token_file));
}
