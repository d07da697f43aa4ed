#ifndef SRC_KUBE_KUBE_H
#define SRC_KUBE_KUBE_H

/*
 * struct kube_client: the few calls that Keyhook makes to the Kubernetes API.
 *
 * The bearer token is read from its file when it is older than a minute and after each 401, the CA for
 * each new connection.  One try per call (401: one more with a fresh token); the caller waits and tries
 * again.  One thread at a time, except for kube_client_cancel().
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
#define KUBE_REPLY_MAX ((size_t)4 << 20) /* bytes of a reply or of one watch line */
#define KUBE_WEBHOOKS_MAX 64u            /* entries of a configuration */
#define KUBE_ANNOTATIONS_MAX 256u        /* annotations with our prefix */

enum kube_failure {
    KUBE_OK,
    KUBE_UNREACHABLE,
    KUBE_UNTRUSTED,
    KUBE_UNAUTHORIZED, /* 401 with a fresh token */
    KUBE_FORBIDDEN,    /* 403: RBAC */
    KUBE_NOT_FOUND,    /* 404 */
    KUBE_CONFLICT,     /* 409 */
    KUBE_EXPIRED,      /* 410 of a watch */
    KUBE_INVALID,      /* 400, 415, 422: our mistake, or a foreign validation */
    KUBE_THROTTLED,    /* 429 */
    KUBE_SERVER,       /* 5xx */
    KUBE_PROTOCOL,
    KUBE_LOCAL, /* token file, memory, cancelled */
    KUBE_FAILURE__COUNT
};
struct kube_failure_info {
    const char *name;
    const char *advice;
};
const struct kube_failure_info *kube_failure_info(enum kube_failure f);

/* Copied by kube_client_new(). */
struct kube_settings {
    struct slice address; /* https://host:port */
    struct slice token_file, ca_file;
    int64_t connect_timeout, total_timeout; /* 0: default */
};

/*
 * From KUBERNETES_SERVICE_HOST and _PORT and the service-account directory `dir` (absent: the usual
 * place).  -1 with ERROR_USAGE outside of a cluster.  The text is kept in *memory, which the caller owns.
 */
int kube_settings_in_cluster(struct slice dir, struct buf *memory, struct kube_settings *ret,
                             struct error *err) __attribute__((warn_unused_result));

struct kube_client;
int kube_client_new(const struct kube_settings *settings, struct kube_client **ret,
                    struct error *err) __attribute__((warn_unused_result));
void kube_client_free(struct kube_client *c);
DEFINE_CLEANUP(kube_client_free, struct kube_client *);
void kube_client_cancel(struct kube_client *c);

/* Counts of a client; any thread reads. */
struct kube_counters {
    atomic_ullong calls;
    atomic_ullong failures[KUBE_FAILURE__COUNT];
};
const struct kube_counters *kube_client_counters(const struct kube_client *c);

#endif
