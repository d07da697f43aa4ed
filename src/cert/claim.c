#include "cert/claim.h"

#include <assert.h>

#include "base/time.h"

#define TEXT_MAX ((size_t)TRUST_HELD_MAX * CERT_ANCHOR_MAX)

static_assert(KEEPING_LEFT_MAX + 2 <= TRUST_HELD_MAX, "all anchors of the state fit");

static void put(struct claim *c, const struct buf *pem, enum trust_role role, int64_t until)
{
    buf_put_slice(&c->text, buf_slice(pem));
    c->anchors[c->count++] = (struct trust_anchor){ { NULL, pem->len }, role, until };
}

static void put_held(struct claim *c, const struct held *h)
{
    if (!h->issue.bundle || h->issue.anchor.len == 0)
        return;
    bool is_dropped = c->is_retiring && h->issue.is_own;
    put(c, &h->issue.anchor, is_dropped ? TRUST_DROP : TRUST_HOLD, h->issue.bundle->not_after);
}

static bool is_held(const struct keeping *k, const struct buf *pem)
{
    return slice_equal(buf_slice(pem), held_anchor(&k->serving)) ||
           slice_equal(buf_slice(pem), held_anchor(&k->waiting));
}

static void put_left(struct keeping *k, struct claim *c)
{
    int64_t now_us = time_monotonic_us();
    for (unsigned i = 0; i < k->left_count; i++) {
        const struct left_anchor *left = &k->left[i];
        if (left->due_us > now_us && !(c->is_retiring && left->is_own))
            continue;
        c->left[c->left_count++] = left->id;
        if (!is_held(k, &left->pem)) /* else: held again, for example after a CA was changed back */
            put(c, &left->pem, left->is_own ? TRUST_DROP : TRUST_RETIRE, left->until);
    }
}

int claim_take(struct keeping *k, struct claim *ret, struct error *err)
{
    *ret = (struct claim){ .version = k->version, .is_retiring = k->is_retiring };
    buf_init(&ret->text, TEXT_MAX);
    put_held(ret, &k->serving);
    if (!slice_equal(held_anchor(&k->serving), held_anchor(&k->waiting)))
        put_held(ret, &k->waiting);
    else if (k->waiting.issue.bundle && ret->count > 0 &&
             k->waiting.issue.bundle->not_after > ret->anchors[0].until)
        ret->anchors[0].until = k->waiting.issue.bundle->not_after;
    put_left(k, ret);
    if (buf_check(&ret->text, "anchors", err) < 0)
        return -1;
    const char *at = ret->text.data;
    for (size_t i = 0; i < ret->count; at += ret->anchors[i++].pem.len)
        ret->anchors[i].pem.ptr = at;
    return 0;
}

void claim_done(struct claim *c)
{
    buf_done(&c->text);
}

/* --- what was seen ------------------------------------------------------------------------------ */

static void see(struct held *h, bool is_seen, int64_t now)
{
    if (!h->issue.bundle || h->issue.anchor.len == 0)
        return;
    if (!is_seen)
        h->seen = 0;
    else if (h->seen == 0 || h->seen > now) /* the clock went back */
        h->seen = now;
}

static void forget(struct keeping *k, uint64_t id)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < k->left_count; i++) {
        if (k->left[i].id == id)
            buf_done(&k->left[i].pem);
        else
            k->left[kept++] = k->left[i];
    }
    k->left_count = kept;
}

bool claim_report(struct keeping *k, const struct claim *c, const struct trust_plan *plan)
{
    int64_t now = keeping_now(k);
    bool is_current = c->version == k->version;
    atomic_store(&k->counters.anchors, plan->anchors);
    atomic_store(&k->counters.unclaimed, plan->unclaimed);
    if (is_current && !c->is_retiring) {
        /* Which one is missing is not told: an anchor that waits starts anew, one that serves alone as well. */
        bool is_alone = !k->waiting.issue.bundle ||
                        slice_equal(held_anchor(&k->serving), held_anchor(&k->waiting));
        see(&k->waiting, plan->holds_all, now);
        if (plan->holds_all || is_alone)
            see(&k->serving, plan->holds_all, now);
        atomic_store(&k->counters.is_published, k->serving.seen > 0);
        if (k->serving.seen > 0)
            atomic_store(&k->counters.last_seen, now);
    }
    for (unsigned i = 0; !plan->is_needed && i < c->left_count; i++)
        forget(k, c->left[i]);
    k->is_retired |= c->is_retiring && !plan->is_needed;
    keeping_tell(k);
    return is_current && !plan->is_needed;
}

void claim_report_absent(struct keeping *k)
{
    k->serving.seen = k->waiting.seen = 0;
    atomic_store(&k->counters.is_published, false);
    atomic_store(&k->counters.anchors, 0);
    atomic_store(&k->counters.unclaimed, 0);
}

void claim_report_blind(struct keeping *k, int64_t for_us)
{
    if (for_us > CLAIM_BLIND_US)
        atomic_store(&k->counters.is_published, false);
}

int64_t claim_next_due(const struct keeping *k)
{
    int64_t next = INT64_MAX;
    for (unsigned i = 0; i < k->left_count; i++)
        if (k->left[i].due_us < next)
            next = k->left[i].due_us;
    return next;
}
