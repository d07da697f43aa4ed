#ifndef SRC_KUBE_CLIENT_H
#define SRC_KUBE_CLIENT_H

/* The inside of a kube_client, for the files of this directory. */

#include <jansson.h>

#include "http/http.h"
#include "kube/kube.h"

#define KUBE_PATH_MAX 1024u
#define KUBE_WEBHOOKS_PATH "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

struct kube_client {
    struct buf texts; /* what the settings point into */
    struct kube_settings set;
    struct http_client *http;
    struct http_reply reply;
    struct buf bearer;   /* "Bearer <token>"; empty: none was read */
    int64_t bearer_time; /* when it was read, by time_boot_us() */
    struct kube_counters counters;
    int64_t retry_after;
};

/* Borrowed for the call. */
struct kube_call {
    const char *method;
    struct slice path;               /* with its query */
    struct slice content_type, body; /* absent: none */
    http_stream_fn *take;            /* of a watch; NULL: the reply is in c->reply */
    void *arg;
    int64_t silence; /* of a watch */
};

/*
 * Sends it with a token, once more with a fresh one after a 401; any other answer than 2xx is a failure,
 * told by the server's own words.  Does not count: see kube_client_end().
 */
int kube_client_call(struct kube_client *c, const struct kube_call *call,
                     enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Something to create.  Borrowed for the call. */
struct kube_post {
    struct slice path;  /* with its query */
    const json_t *body; /* NULL: there was no memory for it */
    size_t body_max;    /* bytes of its text; more is ERROR_LIMIT */
    const char *what;   /* the body, in a message */
};

/*
 * Sends the body as JSON by kube_client_call(), so the answer is in c->reply; its status is 0 when there was
 * none, also when nothing could be sent.
 */
int kube_client_post(struct kube_client *c, const struct kube_post *post,
                     enum kube_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/*
 * What the API server said in its last answer: at most max bytes in one line, without the token; nothing
 * when it is no Status with a message.
 */
void kube_client_put_words(const struct kube_client *c, size_t max, struct buf *out);

/* The end of each call of the API: counts it and returns rc. */
int kube_client_end(struct kube_client *c, int rc, enum kube_failure *ret_failure);

/* Makes sure that c->bearer is not older than KUBE_TOKEN_AGE_MAX; an old one outlives a file that cannot be read. */
int kube_token_get(struct kube_client *c, struct error *err) __attribute__((warn_unused_result));
void kube_token_drop(struct kube_client *c);

/* What a status means; KUBE_OK for 200 to 299. */
enum kube_failure kube_failure_of(unsigned status);

/* -1 with ERROR_USAGE unless the text can be a name of an object: a DNS subdomain. */
int kube_check_name(struct slice text, const char *what, struct error *err)
    __attribute__((warn_unused_result));

/* 32 bits for names and jitter, not for secrets. */
uint32_t kube_random(void);

#endif
