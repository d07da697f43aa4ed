#ifndef SRC_CERT_KEEPING_H
#define SRC_CERT_KEEPING_H

/*
 * The state that the keeper's threads share: what is served, what waits, which anchors were left.
 *
 * Everything but the settings and the counters is under the lock; functions are called with it held unless
 * they say otherwise.  Nobody holds it while asking Vault or the API server.  Wall-clock times are seconds,
 * monotonic ones microseconds and end in _us.
 */

#include <pthread.h>

#include "cert/keeper-types.h"
#include "cert/life.h"
#include "cert/notice.h"
#include "cert/trust.h"

#define KEEPING_LEFT_MAX 12u     /* anchors that were left and are not yet told to the object */
#define KEEPING_PARKED INT64_MAX /* due_us of an anchor that may come back */
#define KEEPING_TICK_US ((int64_t)1000000)

/* A certificate with its anchor. */
struct held {
    struct cert_issue issue; /* issue.bundle is NULL: there is none */
    int64_t seen;            /* since when the anchor has been in every caBundle; 0: it is not */
    bool is_fallback;
    bool is_urgent; /* a person asked for it: other clocks are not waited for */
};

/* An anchor that we held before. */
struct left_anchor {
    uint64_t id;
    struct buf pem;
    bool is_own;    /* is taken out; otherwise it gets a stamp */
    int64_t until;  /* of the stamp */
    int64_t due_us; /* not before */
};

struct keeping {
    struct cert_keeper_settings set;
    bool publishes;
    struct cert_keeper_counters counters;
    atomic_bool is_ready; /* as last decided; any thread */
    pthread_mutex_t lock;
    pthread_cond_t moved; /* something below is new */
    bool is_stopping;
    bool is_retiring; /* our own anchors go */
    bool is_retired;  /* they are gone */
    bool is_asked;    /* the source is to be asked now */
    bool is_look_due; /* the publisher is to read the object now */
    bool was_ready;   /* the latch */
    struct held serving, waiting;
    struct left_anchor left[KEEPING_LEFT_MAX]; /* oldest first */
    unsigned left_count;
    uint64_t next_id;
    uint64_t version;             /* of the anchors that are held; moves when they change */
    int64_t asking_us;            /* since when the source is being asked; 0: it is not */
    bool source_fails;            /* since its last success */
    enum vault_failure failure;   /* its class then */
    enum kube_failure publishing; /* the class of the publisher's last failure, until a success */
    struct notice_board notices;
};

/* Copies the settings. */
void keeping_init(struct keeping *k, const struct cert_keeper_settings *settings);
void keeping_done(struct keeping *k); /* without the sources */

static inline void keeping_lock(struct keeping *k)
{
    (void)pthread_mutex_lock(&k->lock);
}

static inline void keeping_unlock(struct keeping *k)
{
    (void)pthread_mutex_unlock(&k->lock);
}

/* Wall clock; needs no lock. */
int64_t keeping_now(const struct keeping *k);

/* Something moved: whoever waits looks again. */
void keeping_tell(struct keeping *k);

/* Waits until something moved, until `until_us`, and a tick at most. */
void keeping_wait(struct keeping *k, int64_t until_us);

/* Everything that decisions about time need. */
struct life keeping_life(const struct keeping *k);

/* Takes over what was issued: it waits. What waited before goes. */
void keeping_put(struct keeping *k, struct cert_issue *fresh);

/* What waits takes the place of what is served. Needs what life_may_change() says. */
void keeping_change(struct keeping *k);

/* The anchor of what is served or waits. */
static inline struct slice held_anchor(const struct held *h)
{
    return buf_slice(&h->issue.anchor);
}

/* 32 bits for jitter; needs no lock. */
uint32_t keeping_random(void);

#endif
