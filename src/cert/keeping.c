#include "cert/keeping.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <gnutls/crypto.h>

#include "base/time.h"

#define US_PER_SECOND 1000000
#define NS_PER_US 1000

static void held_init(struct held *h)
{
    memset(h, 0, sizeof(*h));
    cert_issue_init(&h->issue);
}

void keeping_init(struct keeping *k, const struct cert_keeper_settings *settings)
{
    pthread_condattr_t attributes;
    memset(k, 0, sizeof(*k));
    k->set = *settings;
    if (!k->set.wall_us)
        k->set.wall_us = time_wall_us;
    k->publishes = settings->kube && settings->webhook.len > 0;
    held_init(&k->serving);
    held_init(&k->waiting);
    k->version = 1;
    k->next_id = 1;
    (void)pthread_mutex_init(&k->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&k->moved, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

void keeping_done(struct keeping *k)
{
    cert_issue_done(&k->serving.issue);
    cert_issue_done(&k->waiting.issue);
    for (unsigned i = 0; i < k->left_count; i++)
        buf_done(&k->left[i].pem);
    (void)pthread_cond_destroy(&k->moved);
    (void)pthread_mutex_destroy(&k->lock);
}

int64_t keeping_now(const struct keeping *k)
{
    return k->set.wall_us() / US_PER_SECOND;
}

uint32_t keeping_random(void)
{
    uint32_t r = 0;
    if (gnutls_rnd(GNUTLS_RND_NONCE, &r, sizeof(r)) < 0)
        r = (uint32_t)time_monotonic_us();
    return r;
}

void keeping_tell(struct keeping *k)
{
    (void)pthread_cond_broadcast(&k->moved);
}

void keeping_wait(struct keeping *k, int64_t until_us)
{
    int64_t now = time_monotonic_us();
    int64_t until = until_us < now + KEEPING_TICK_US ? until_us : now + KEEPING_TICK_US;
    struct timespec at = { until / US_PER_SECOND, until % US_PER_SECOND * NS_PER_US };
    if (until > now && !k->is_stopping)
        (void)pthread_cond_timedwait(&k->moved, &k->lock, &at);
}

static struct life_cert life_cert_of(const struct held *h)
{
    const struct cert_bundle *b = h->issue.bundle;
    if (!b)
        return (struct life_cert){ .is_there = false };
    return (struct life_cert){ true, b->not_before, b->not_after, h->seen };
}

static bool is_same_anchor(const struct held *a, const struct held *b)
{
    return slice_equal(held_anchor(a), held_anchor(b));
}

struct life keeping_life(const struct keeping *k)
{
    return (struct life){
        .publishes = k->publishes,
        .settle = k->set.settle,
        .serving = life_cert_of(&k->serving),
        .waiting = life_cert_of(&k->waiting),
        .same_anchor = is_same_anchor(&k->serving, &k->waiting),
        .is_stand_in = k->serving.is_fallback,
        .was_ready = k->was_ready,
    };
}

/*
 * A self-signed certificate that stands in is not the end of the CA: its anchor is parked until the source
 * gives another one, and only then, if that has another CA, left.
 */
static int64_t due_time(const struct keeping *k, const struct held *h)
{
    if (h->issue.is_own)
        return time_monotonic_us() + k->set.settle * US_PER_SECOND;
    return k->serving.issue.is_own || k->waiting.issue.is_own ? KEEPING_PARKED : 0;
}

static void forget_left(struct keeping *k, unsigned at)
{
    buf_done(&k->left[at].pem);
    k->left_count--;
    memmove(&k->left[at], &k->left[at + 1], sizeof(k->left[0]) * (k->left_count - at));
}

/* The oldest one makes room: it then stays in the bundle until it ends. */
static struct left_anchor *new_left(struct keeping *k)
{
    if (k->left_count == KEEPING_LEFT_MAX) {
        forget_left(k, 0);
    }
    struct left_anchor *left = &k->left[k->left_count++];
    memset(left, 0, sizeof(*left));
    left->id = k->next_id++;
    return left;
}

/* The source gave what is served now: what was parked goes, or is the same again. */
static void unpark(struct keeping *k)
{
    if (k->serving.issue.is_own)
        return;
    for (unsigned i = k->left_count; i-- > 0;) {
        struct left_anchor *left = &k->left[i];
        if (left->due_us != KEEPING_PARKED)
            continue;
        if (slice_equal(buf_slice(&left->pem), held_anchor(&k->serving)))
            forget_left(k, i);
        else
            left->due_us = 0;
    }
}

/* h is not held any more; its anchor is left, unless what is held now has the same. */
static void leave(struct keeping *k, struct held *h)
{
    const struct cert_bundle *b = h->issue.bundle;
    if (b && k->publishes && h->issue.anchor.len > 0 && !is_same_anchor(h, &k->serving) &&
        !is_same_anchor(h, &k->waiting)) {
        struct left_anchor *left = new_left(k);
        k->version++;
        left->pem = h->issue.anchor;
        buf_init(&h->issue.anchor, 0);
        left->is_own = h->issue.is_own;
        left->until = keeping_now(k) + (b->not_after - h->issue.issued);
        left->due_us = due_time(k, h);
    }
    cert_issue_done(&h->issue);
}

void keeping_put(struct keeping *k, struct cert_issue *fresh)
{
    struct held before = k->waiting;
    held_init(&k->waiting);
    k->waiting.issue = *fresh;
    cert_issue_init(fresh);
    if (k->serving.issue.bundle && is_same_anchor(&k->waiting, &k->serving))
        k->waiting.seen = k->serving.seen;
    else if (before.issue.bundle && is_same_anchor(&k->waiting, &before))
        k->waiting.seen = before.seen;
    else
        k->version++;
    leave(k, &before);
    keeping_tell(k);
}

void keeping_change(struct keeping *k)
{
    struct held before = k->serving;
    struct cert_bundle *b = k->waiting.issue.bundle;
    k->serving = k->waiting;
    held_init(&k->waiting);
    cert_store_replace(k->set.store, cert_bundle_ref(b));
    atomic_store(&k->counters.ends, b->not_after);
    atomic_store(&k->counters.anchor_ends, k->serving.issue.anchor_ends);
    atomic_store(&k->counters.is_fallback, k->serving.is_fallback);
    atomic_store(&k->counters.is_published, k->serving.seen > 0);
    unpark(k);
    leave(k, &before);
    keeping_tell(k);
}
