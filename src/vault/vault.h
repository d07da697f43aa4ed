#ifndef SRC_VAULT_VAULT_H
#define SRC_VAULT_VAULT_H

/*
 * struct vault_client: what Keyhook asks of Vault or OpenBao: log in, have a certificate signed, health.
 *
 * The client logs in when it has no usable token (by the kubernetes auth method, with the projected
 * service-account token read anew each time; or with a token file), renews the token past 2/3 of its
 * life, and logs in again when renewal does not lengthen it or is refused.  It makes one try of a call
 * (a token that was refused is replaced once); waiting and trying again is the caller's affair, guided by the
 * class of failure.  One thread at a time, except for vault_client_cancel().  Tokens are in secret
 * memory, never in a message.
 *
 * Sources: Vault HTTP API, "Kubernetes auth method", "PKI secrets engine", "System backend /sys/health".
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define VAULT_TOKEN_MAX ((size_t)16 << 10)   /* bytes of a token or a JWT */
#define VAULT_REPLY_MAX ((size_t)1 << 20)    /* bytes of a reply */
#define VAULT_CHAIN_MAX 8u                   /* certificates of ca_chain */
#define VAULT_WARNINGS_MAX ((size_t)2 << 10) /* bytes of warnings that are kept */

/* Classes of failure: metric label, log word, how long to wait, and what a person should do. */
enum vault_failure {
    VAULT_OK,
    VAULT_SEALED,      /* 503 sealed, or not initialised */
    VAULT_STANDBY,     /* no active node, or a redirect that leads nowhere */
    VAULT_UNREACHABLE, /* no connection, time-out, cut */
    VAULT_UNTRUSTED,   /* TLS: the server's certificate is not accepted */
    VAULT_THROTTLED,   /* 429 */
    VAULT_LOGIN,       /* login refused: 403, or 400 for an unknown role */
    VAULT_FORBIDDEN,   /* 403 with a fresh token: the policy lacks the path */
    VAULT_NOT_FOUND,   /* 404: no such mount or path */
    VAULT_BAD_REQUEST, /* 400: the PKI role refuses the request */
    VAULT_CLOCK,       /* it signed, but what it signed begins too far ahead: a clock is wrong */
    VAULT_SERVER,      /* other 5xx */
    VAULT_PROTOCOL,    /* a reply that is not what the API promises */
    VAULT_LOCAL,       /* our own: token file unreadable, memory, cancelled */
    VAULT_FAILURE__COUNT
};

/* How a class is dealt with; one row each. Times are microseconds. */
struct vault_failure_info {
    const char *name;   /* "sealed" */
    const char *advice; /* what a person can do, half a sentence */
    int64_t first_wait, longest_wait;
};
const struct vault_failure_info *vault_failure_info(enum vault_failure f);

/* Copied by vault_client_new(). */
struct vault_settings {
    struct slice address;     /* https://host:port; http only with plain_ok */
    struct slice ca_file;     /* PEM; absent: the system's */
    struct slice server_name; /* TLS name, if it is not the host */
    struct slice namespace;   /* X-Vault-Namespace; absent for none */
    struct slice auth_path;   /* mount of the auth method, "auth/kubernetes" or "kubernetes" */
    struct slice auth_role;
    struct slice jwt_file;   /* projected service-account token */
    struct slice token_file; /* when present: no login, the file's token */
    bool plain_ok;
    int64_t connect_timeout, total_timeout; /* 0: default */
};

struct vault_client;

int vault_client_new(const struct vault_settings *settings, struct vault_client **ret,
                     struct error *err) __attribute__((warn_unused_result));
void vault_client_free(struct vault_client *c); /* revokes nothing */

DEFINE_CLEANUP(vault_client_free, struct vault_client *);

/* Makes a call in progress, and each later one, fail soon with VAULT_LOCAL; any thread. */
void vault_client_cancel(struct vault_client *c);

/* Borrowed for the call. */
struct vault_sign_request {
    struct slice pki_path; /* mount, "pki" */
    struct slice role;
    struct slice csr_pem;
    int64_t ttl; /* seconds */
};

/* Every text is whole PEM blocks, each ending in a newline. */
struct vault_signed {
    struct buf leaf;       /* one certificate */
    struct buf issuing_ca; /* one certificate */
    struct buf chain;      /* issuing_ca, then the rest of ca_chain, roots included, once each */
    struct buf warnings;   /* Vault's, one line each; and our own about a shortened life */
};
void vault_signed_init(struct vault_signed *s);
void vault_signed_done(struct vault_signed *s);

/*
 * POST <pki_path>/sign/<role>.  When Vault refuses because the life passes the CA's end, it asks again
 * with what is left (and says so in warnings).  What was granted is in the certificate, not here: a role
 * may cut the life with no more than a warning.  ret, initialised by the caller, is replaced on success
 * and untouched on failure.
 */
int vault_sign(struct vault_client *c, const struct vault_sign_request *req,
               struct vault_signed *ret, enum vault_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Renews the token of a token file when it is past 2/3 of its life; to be called now and then, as signing
 * alone may be too seldom.  Other tokens are left to end: the next call logs in.
 */
int vault_tend(struct vault_client *c, enum vault_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* How long the last failed reply asked to wait (Retry-After), in microseconds; 0 when it did not. */
int64_t vault_client_retry_after(const struct vault_client *c);

struct vault_health {
    bool initialized, sealed, standby;
    int64_t server_time; /* seconds since the epoch, 0 when not told */
    char version[64];
};

/* GET sys/health, without a token or a namespace; 200, 429, 472, 473, 501 and 503 are answers. */
int vault_health(struct vault_client *c, struct vault_health *ret, enum vault_failure *ret_failure,
                 struct error *err) __attribute__((warn_unused_result));

/* Counts of a client; any thread reads. */
struct vault_counters {
    atomic_ullong logins, token_renewals, signs;
    atomic_ullong failures[VAULT_FAILURE__COUNT];
};
const struct vault_counters *vault_client_counters(const struct vault_client *c);

#endif
