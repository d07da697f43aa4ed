#ifndef SRC_VAULT_CLIENT_H
#define SRC_VAULT_CLIENT_H

/* The inside of a vault_client, for the files of this directory. */

#include <pthread.h>

#include <jansson.h>

#include "http/http.h"
#include "vault/vault.h"

#define VAULT_PATH_MAX 512u
#define VAULT_WORDS_MAX 300u /* bytes of Vault's own words in a message */

struct vault_token {
    struct buf text; /* empty: none */
    int64_t since;   /* microseconds of time_boot_us() */
    int64_t life;    /* microseconds from then on; 0: it does not end */
    bool is_renewable;
};

struct vault_client {
    struct buf texts; /* what the settings point into */
    struct vault_settings set;
    struct http_address address;
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

/*
 * For a reply that was a success and cannot be read: sets and counts the class, by err, which was set.
 * Always -1.
 */
int vault_client_unreadable(struct vault_client *c, enum vault_failure *ret_failure,
                            const struct error *err);

/* Makes sure that there is a token to try; see vault.h. */
int vault_token_get(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Forgets the token, so that the next call gets a new one. */
void vault_token_drop(struct vault_client *c);

/*
 * Takes the slashes off both ends, as Vault refuses paths that are not clean.  -1 with ERROR_USAGE unless
 * the rest can stand in a path: parts of letters, digits and "-._~", none of them "." or "..".
 */
int vault_clean_path(struct slice *path, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/* The same for one part: the name of a role. */
int vault_check_name(struct slice name, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/* What an answer with this status and text means; VAULT_OK for 200 to 299. */
enum vault_failure vault_failure_of(unsigned status, struct slice text, bool is_login);

/*
 * Appends Vault's own words as one line of at most about VAULT_WORDS_MAX bytes: whole when they are
 * harmless, replaced by a note when they repeat our token or JWT or look like a secret at all.
 */
void vault_put_words(const struct vault_client *c, struct slice words, struct buf *out);

/* The same for each of the reply's "errors", with "; " between; nothing when there are none. */
void vault_put_errors(const struct vault_client *c, const json_t *tree, struct buf *out);

/* The reply of sign/<role>; ret is set on success only. -1 with ERROR_SHAPE, ERROR_LIMIT, ERROR_NOMEM. */
int vault_signed_read(const struct vault_client *c, const json_t *tree, struct vault_signed *ret,
                      struct error *err) __attribute__((warn_unused_result));

/*
 * Vault refuses a life of `asked` seconds: the longest that its words leave, less a margin, when the reason
 * is the CA's end; 0 when it is not, and asked / 2 when the words do not say how much is left.  `now` is our
 * clock, in seconds; the result does not depend on it unless the PKI role caps the life as well.
 */
int64_t vault_life_left(struct slice words, int64_t asked, int64_t now);

#endif
