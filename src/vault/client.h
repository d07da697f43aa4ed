#ifndef SRC_VAULT_CLIENT_H
#define SRC_VAULT_CLIENT_H

/* The inside of a vault_client, for the files of this directory. */

#include <pthread.h>

#include <jansson.h>

#include "http/http.h"
#include "vault/vault.h"

#define VAULT_PATH_MAX 512u

struct vault_token {
    struct buf text; /* empty: none */
    int64_t since;   /* monotonic microseconds */
    int64_t life;    /* microseconds from then on; 0: it does not end */
    bool is_renewable;
};

struct vault_client {
    struct buf texts; /* what the settings point into */
    struct vault_settings set;
    struct http_client *http;
    struct http_reply reply;
    struct vault_token token;
    struct buf jwt; /* of the last login */
    struct vault_counters counters;
    int64_t retry_after;
    pthread_mutex_t lock;       /* of what follows */
    struct http_client *leader; /* while a redirect is followed */
    bool is_cancelled;
};

/* Borrowed for the call. */
struct vault_call {
    const char *method;
    struct slice path;  /* behind /v1/ */
    const json_t *body; /* NULL: none */
    bool has_token, has_namespace;
    bool is_login;   /* 400 and 403 mean that the login was refused */
    bool any_status; /* no status is a failure */
};

/*
 * Sends it, follows one redirect, and sorts the answer into a class.  *ret_tree (NULL without JSON) is
 * the caller's.  The reply's status is in c->reply.
 */
int vault_client_call(struct vault_client *c, const struct vault_call *call, json_t **ret_tree,
                      enum vault_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Makes sure that there is a token to try; see vault.h. */
int vault_token_get(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Forgets the token, so that the next call gets a new one. */
void vault_token_drop(struct vault_client *c);

/* -1 with ERROR_USAGE unless the text can stand in a path: letters, digits and "-._~/". */
int vault_check_path(struct slice text, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/* What an answer with this status and text means; VAULT_OK for 200 to 299. */
enum vault_failure vault_failure_of(unsigned status, struct slice text, bool is_login);

#endif
