#include "vault/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "http/address.h"
#include "http/put-json.h"
#include "http/reply.h"

#define SETTINGS_MAX ((size_t)16 << 10)
#define BODY_MAX ((size_t)64 << 10)
#define SHOWN_MAX ((size_t)8 * TEXT_VALUE_MAX) /* a shown byte may take several */
#define WORDS_SHOWN_MAX ((size_t)8 * VAULT_WORDS_MAX)

/* --- life -------------------------------------------------------------------------------------- */

/* The settings' texts, one behind the other in memory of ours. */
static int copy_settings(struct vault_client *c, const struct vault_settings *set,
                         struct error *err)
{
    c->set = *set;
    struct slice *texts[] = { &c->set.address,   &c->set.ca_file,   &c->set.server_name,
                              &c->set.namespace, &c->set.auth_path, &c->set.auth_role,
                              &c->set.jwt_file,  &c->set.token_file };
    size_t count = sizeof(texts) / sizeof(texts[0]);
    for (size_t i = 0; i < count; i++) {
        buf_put_slice(&c->texts, *texts[i]);
        buf_put_char(&c->texts, 0); /* files are opened by name */
    }
    if (buf_check(&c->texts, "the settings of the Vault client", err) < 0)
        return -1;
    const char *at = c->texts.data;
    for (size_t i = 0; i < count; i++) {
        texts[i]->ptr = at;
        at += texts[i]->len + 1;
    }
    return 0;
}

static struct http_settings http_settings_of(const struct vault_settings *set, struct slice base)
{
    return (struct http_settings){
        .base = base,
        .ca_file = set->ca_file,
        .server_name = set->server_name,
        .plain_ok = set->plain_ok,
        .connect_timeout = set->connect_timeout,
        .total_timeout = set->total_timeout,
        .body_limit = VAULT_REPLY_MAX,
    };
}

static int check_login(const struct vault_settings *set, struct error *err)
{
    if (set->auth_path.len == 0 || set->auth_role.len == 0 || set->jwt_file.len == 0)
        return error_set(
            err, ERROR_USAGE,
            "a login needs the mount path, the role and the service-account token's file");
    return vault_check_name(set->auth_role, "the auth role", err);
}

static int check_settings(struct vault_client *c, struct error *err)
{
    struct vault_settings *set = &c->set;
    while (set->address.len > 0 && set->address.ptr[set->address.len - 1] == '/')
        set->address.len--;
    if (vault_clean_path(&set->namespace, "the namespace", err) < 0 ||
        vault_clean_path(&set->auth_path, "the mount path of the auth method", err) < 0)
        return -1;
    if (slice_has_prefix(set->auth_path, SLICE("auth/")))
        set->auth_path = slice_after(set->auth_path, strlen("auth/"));
    return set->token_file.len > 0 ? 0 : check_login(set, err);
}

int vault_client_new(const struct vault_settings *settings, struct vault_client **ret,
                     struct error *err)
{
    CLEANUP(vault_client_free) struct vault_client *c = calloc(1, sizeof(*c));
    if (!c)
        return error_nomem(err);
    pthread_mutex_init(&c->lock, NULL);
    buf_init(&c->texts, SETTINGS_MAX);
    buf_init_secret(&c->token.text, VAULT_TOKEN_MAX);
    buf_init_secret(&c->jwt, VAULT_TOKEN_MAX);
    http_reply_init(&c->reply, VAULT_REPLY_MAX);
    if (copy_settings(c, settings, err) < 0 || check_settings(c, err) < 0)
        return -1;
    struct http_settings http = http_settings_of(&c->set, c->set.address);
    if (http_address_parse(c->set.address, &c->address, err) < 0 ||
        http_client_new(&http, &c->http, err) < 0)
        return -1;
    *ret = steal_ptr(c);
    return 0;
}

void vault_client_free(struct vault_client *c)
{
    if (!c)
        return;
    http_client_free(c->http);
    http_reply_done(&c->reply);
    buf_done(&c->token.text);
    buf_done(&c->jwt);
    buf_done(&c->texts);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

void vault_client_cancel(struct vault_client *c)
{
    pthread_mutex_lock(&c->lock);
    c->is_cancelled = true;
    http_client_cancel(c->http);
    if (c->leader)
        http_client_cancel(c->leader);
    pthread_mutex_unlock(&c->lock);
}

const struct vault_counters *vault_client_counters(const struct vault_client *c)
{
    return &c->counters;
}

int64_t vault_client_retry_after(const struct vault_client *c)
{
    return c->retry_after;
}

static bool is_path_char(char b)
{
    return (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || (b >= '0' && b <= '9') ||
           (b && strchr("-._~", b));
}

int vault_check_name(struct slice name, const char *what, struct error *err)
{
    bool is_fine =
        name.len > 0 && !slice_equal(name, SLICE(".")) && !slice_equal(name, SLICE(".."));
    for (size_t i = 0; i < name.len; i++)
        is_fine = is_fine && is_path_char(name.ptr[i]);
    if (is_fine)
        return 0;
    char memory[SHOWN_MAX + 1];
    struct buf shown = buf_over(memory, SHOWN_MAX);
    text_put_printable(&shown, name, TEXT_VALUE_MAX);
    return error_set(err, ERROR_USAGE,
                     "%s: '" SLICE_FMT "' is not made of letters, digits and -._~", what,
                     SLICE_ARG(buf_slice(&shown)));
}

int vault_clean_path(struct slice *path, const char *what, struct error *err)
{
    while (path->len > 0 && path->ptr[path->len - 1] == '/')
        path->len--;
    while (path->len > 0 && path->ptr[0] == '/')
        *path = slice_after(*path, 1);
    struct slice rest = path->len > 0 ? *path : SLICE_ABSENT;
    while (slice_is_present(rest))
        if (vault_check_name(slice_cut(&rest, '/'), what, err) < 0)
            return -1;
    return 0;
}

/* --- one call ---------------------------------------------------------------------------------- */

static enum vault_failure failure_of_transport(enum http_failure failure)
{
    static const enum vault_failure classes[HTTP_FAILURE__COUNT] = {
        [HTTP_FAILURE_NONE] = VAULT_OK,
        [HTTP_FAILURE_RESOLVE] = VAULT_UNREACHABLE,
        [HTTP_FAILURE_CONNECT] = VAULT_UNREACHABLE,
        [HTTP_FAILURE_TLS] = VAULT_UNTRUSTED,
        [HTTP_FAILURE_TIMEOUT] = VAULT_UNREACHABLE,
        [HTTP_FAILURE_CUT] = VAULT_UNREACHABLE,
        [HTTP_FAILURE_LIMIT] = VAULT_PROTOCOL,
        [HTTP_FAILURE_PROTOCOL] = VAULT_PROTOCOL,
        [HTTP_FAILURE_CANCELLED] = VAULT_LOCAL,
        [HTTP_FAILURE_LOCAL] = VAULT_LOCAL,
    };
    return classes[failure];
}

static int refuse(struct vault_client *c, const struct vault_call *call, const json_t *tree,
                  enum vault_failure *ret_failure, struct error *err)
{
    char memory[WORDS_SHOWN_MAX + 1];
    struct buf words = buf_over(memory, WORDS_SHOWN_MAX);
    vault_put_errors(c, tree, &words);
    *ret_failure = vault_failure_of(c->reply.status, buf_slice(&c->reply.body), call->is_login);
    return error_set(err, ERROR_IO, "%s " SLICE_FMT "/v1/" SLICE_FMT ": status %u%s" SLICE_FMT,
                     call->method, SLICE_ARG(c->set.address), SLICE_ARG(call->path),
                     c->reply.status, words.len > 0 ? ": " : "", SLICE_ARG(buf_slice(&words)));
}

static int send_to(struct vault_client *c, struct http_client *http, const struct vault_call *call,
                   struct slice path, struct slice body, enum vault_failure *ret_failure,
                   struct error *err)
{
    struct http_header headers[3];
    size_t count = 0;
    enum http_failure failure;
    headers[count++] = (struct http_header){ "X-Vault-Request", SLICE("true") };
    if (call->has_token)
        headers[count++] = (struct http_header){ "X-Vault-Token", buf_slice(&c->token.text) };
    if (call->has_namespace && c->set.namespace.len > 0)
        headers[count++] = (struct http_header){ "X-Vault-Namespace", c->set.namespace };
    struct http_request req = {
        .method = call->method,
        .path = path,
        .headers = headers,
        .header_count = count,
        .content_type = call->body ? SLICE("application/json") : SLICE_ABSENT,
        .body = call->body ? body : SLICE_ABSENT,
    };
    if (http_client_call(http, &req, &c->reply, &failure, err) == 0)
        return 0;
    *ret_failure = failure_of_transport(failure);
    return -1;
}

static void set_leader(struct vault_client *c, struct http_client *leader)
{
    pthread_mutex_lock(&c->lock);
    c->leader = leader;
    if (leader && c->is_cancelled)
        http_client_cancel(leader);
    pthread_mutex_unlock(&c->lock);
}

/*
 * Where a redirect leads, if it may be followed: the same path on another server, never from https to
 * http, and without TLS, which proves who answers, only on the same host.
 */
static bool may_follow(const struct vault_client *c, struct slice url, struct slice path,
                       struct slice *ret_base)
{
    struct http_address to;
    struct error ignored = ERROR_INIT;
    if (url.len <= path.len || !slice_equal(slice_after(url, url.len - path.len), path))
        return false;
    *ret_base = (struct slice){ url.ptr, url.len - path.len };
    if (http_address_parse(*ret_base, &to, &ignored) < 0)
        return false;
    return !to.is_plain || (c->address.is_plain && strcmp(to.host, c->address.host) == 0);
}

/*
 * Once, with the same method, body and token: the server there has to show a certificate of the same CA,
 * for its own name or for the one that the settings tell.
 */
static int follow(struct vault_client *c, const struct vault_call *call, struct slice path,
                  struct slice body, enum vault_failure *ret_failure, struct error *err)
{
    CLEANUP(http_client_free) struct http_client *leader = NULL;
    struct slice base;
    struct buf url = c->reply.location; /* the reply is used again for the second call */
    buf_init_secret(&c->reply.location, HTTP_URL_MAX);
    int rc = -1;
    if (!may_follow(c, buf_slice(&url), path, &base)) {
        *ret_failure = VAULT_STANDBY;
        error_set(err, ERROR_IO,
                  "%s " SLICE_FMT "/v1/" SLICE_FMT
                  ": redirected to an address that cannot be followed",
                  call->method, SLICE_ARG(c->set.address), SLICE_ARG(call->path));
    } else {
        struct http_settings set = http_settings_of(&c->set, base);
        *ret_failure = VAULT_LOCAL;
        if (http_client_new(&set, &leader, err) == 0) {
            set_leader(c, leader);
            rc = send_to(c, leader, call, path, body, ret_failure, err);
            set_leader(c, NULL);
        }
    }
    buf_done(&url);
    return rc;
}

static int send_call(struct vault_client *c, const struct vault_call *call,
                     enum vault_failure *ret_failure, struct error *err)
{
    char path[VAULT_PATH_MAX];
    struct buf body;
    int n = snprintf(path, sizeof(path), "/v1/" SLICE_FMT, SLICE_ARG(call->path));
    if (n < 0 || (size_t)n >= sizeof(path))
        return error_set(err, ERROR_USAGE, "a path of Vault is too long");
    buf_init_secret(&body, BODY_MAX);
    int rc = call->body ? http_put_json(&body, call->body, "the request", err) : 0;
    if (rc == 0)
        rc = send_to(c, c->http, call, slice_of(path), buf_slice(&body), ret_failure, err);
    if (rc == 0 && c->reply.status == 307)
        rc = follow(c, call, slice_of(path), buf_slice(&body), ret_failure, err);
    buf_done(&body);
    return rc;
}

static enum vault_failure class_of_unreadable(const struct error *err)
{
    return err->code == ERROR_NOMEM ? VAULT_LOCAL : VAULT_PROTOCOL;
}

int vault_client_unreadable(struct vault_client *c, enum vault_failure *ret_failure,
                            const struct error *err)
{
    *ret_failure = class_of_unreadable(err);
    atomic_fetch_add(&c->counters.failures[*ret_failure], 1);
    return -1;
}

/* A 204 has no body, and the body of a failure need not be JSON: only a success must be. */
static int read_reply(struct vault_client *c, const struct vault_call *call, json_t **ret_tree,
                      enum vault_failure *ret_failure, struct error *err)
{
    struct error ignored = ERROR_INIT;
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct slice body = buf_slice(&c->reply.body);
    int parsed = body.len > 0 ? reply_parse(body, &tree, &ignored) : 0;
    if (!call->any_status && (c->reply.status < 200 || c->reply.status > 299)) {
        c->retry_after = c->reply.retry_after;
        return refuse(c, call, tree, ret_failure, err);
    }
    if (parsed < 0) {
        *ret_failure = class_of_unreadable(&ignored);
        *err = ignored;
        return error_wrap(err, "%s " SLICE_FMT "/v1/" SLICE_FMT, call->method,
                          SLICE_ARG(c->set.address), SLICE_ARG(call->path));
    }
    *ret_tree = steal_ptr(tree);
    return 0;
}

int vault_client_call(struct vault_client *c, const struct vault_call *call, json_t **ret_tree,
                      enum vault_failure *ret_failure, struct error *err)
{
    *ret_failure = VAULT_LOCAL;
    c->retry_after = 0;
    int rc = send_call(c, call, ret_failure, err);
    if (rc == 0)
        rc = read_reply(c, call, ret_tree, ret_failure, err);
    if (rc == 0)
        *ret_failure = VAULT_OK;
    else
        atomic_fetch_add(&c->counters.failures[*ret_failure], 1);
    return rc;
}
