#ifndef SRC_KUBE_KUBE_H
#define SRC_KUBE_KUBE_H

/*
 * struct kube_client: the few calls that Keyhook makes to the Kubernetes API.
 *
 * The bearer token is read from its file when it is older than a minute and after each 401, the CA for
 * each new connection.  One try per call (401: one more with a fresh token); the caller waits and tries
 * again.  One thread at a time, except for kube_client_cancel() and the counters; a watch occupies its
 * client, so who watches and writes has two.  The token is in secret memory, never in a message.
 *
 * Sources: Kubernetes API reference, admissionregistration.k8s.io/v1; "Accessing the API from a Pod".
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define KUBE_NAME_MAX 253u
#define KUBE_TOKEN_MAX ((size_t)16 << 10)
#define KUBE_TOKEN_AGE_MAX ((int64_t)60 * 1000000) /* microseconds; an older token is read again */
#define KUBE_REPLY_MAX ((size_t)4 << 20)           /* bytes of a reply or of one watch line */
#define KUBE_FIELD_MANAGER "keyhook"               /* ours, in managedFields and in Events */

enum kube_failure {
    KUBE_OK,
    KUBE_UNREACHABLE,  /* no connection, time-out, cut */
    KUBE_UNTRUSTED,    /* TLS: the server's certificate is not accepted */
    KUBE_UNAUTHORIZED, /* 401 with a fresh token */
    KUBE_FORBIDDEN,    /* 403: RBAC */
    KUBE_NOT_FOUND,    /* 404 */
    KUBE_CONFLICT,     /* 409 */
    KUBE_EXPIRED,      /* 410, of a watch */
    KUBE_INVALID,      /* 400, 413, 415, 422: our mistake, or a foreign validation */
    KUBE_THROTTLED,    /* 429 */
    KUBE_SERVER,       /* 5xx */
    KUBE_PROTOCOL,     /* a reply that is not what the API promises */
    KUBE_LOCAL,        /* our own: token file, a bad argument, memory, cancelled */
    KUBE_FAILURE__COUNT
};

struct kube_failure_info {
    const char *name;   /* metric label and log word */
    const char *advice; /* what a person can do, half a sentence */
    bool needs_person;  /* it does not end by itself */
};
const struct kube_failure_info *kube_failure_info(enum kube_failure f);

/* Copied by kube_client_new(). Times are microseconds, 0 for the default. */
struct kube_settings {
    struct slice address;    /* https://host:port */
    struct slice token_file; /* absent: calls are anonymous */
    struct slice ca_file;    /* PEM; absent: the system's */
    struct slice namespace;  /* of this pod; absent when not known; the client itself needs none */
    int64_t connect_timeout, total_timeout;
    int64_t watch_life; /* a watch is to end after this and up to half more; default 120 s */
    int64_t
        watch_silence; /* without a byte it has failed; default 90 s (bookmarks come each minute) */
};

/*
 * From KUBERNETES_SERVICE_HOST and _PORT and the service-account directory `dir` (absent: the usual
 * place).  -1 with ERROR_USAGE outside of a cluster.  The text is kept in *memory, which the caller owns
 * and has initialised; the files are opened later, by the calls.
 */
int kube_settings_in_cluster(struct slice dir, struct buf *memory, struct kube_settings *ret,
                             struct error *err) __attribute__((warn_unused_result));

struct kube_client;

/* -1 with ERROR_USAGE for an address that is no https URL, ERROR_NOMEM. */
int kube_client_new(const struct kube_settings *settings, struct kube_client **ret,
                    struct error *err) __attribute__((warn_unused_result));
void kube_client_free(struct kube_client *c);

DEFINE_CLEANUP(kube_client_free, struct kube_client *);

/* Makes a call in progress, and each later one, fail within a second with KUBE_LOCAL; any thread. */
void kube_client_cancel(struct kube_client *c);

/* How long the server asked to wait (Retry-After of the last call), microseconds; 0: it did not. */
int64_t kube_client_retry_after(const struct kube_client *c);

/* The API server's clock (Date of the last call's answer), seconds since the epoch; 0: it did not say. */
int64_t kube_client_server_time(const struct kube_client *c);

/* Counts of a client; any thread reads. */
struct kube_counters {
    atomic_ullong calls; /* a call that is tried twice counts once */
    atomic_ullong failures[KUBE_FAILURE__COUNT];
};
const struct kube_counters *kube_client_counters(const struct kube_client *c);

#endif
