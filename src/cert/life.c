#include "cert/life.h"

#define RENEW_LEAST 600 /* thousandths: 2/3 less a tenth of it */
#define RENEW_SPAN 134

bool life_is_valid(const struct life_cert *c, int64_t now)
{
    return c->is_there && c->not_before <= now && now < c->not_after;
}

int64_t life_renew_at(int64_t issued, int64_t not_after, uint32_t random)
{
    int64_t left = not_after > issued ? not_after - issued : 0;
    return issued + left * (RENEW_LEAST + (int64_t)(random % RENEW_SPAN)) / 1000;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* A client whose clock is behind ours must not find it not yet valid. */
static bool is_past_skew(const struct life *l, int64_t now)
{
    const struct life_cert *c = &l->waiting;
    int64_t longest = l->is_stand_in ? LIFE_STAND_IN_SKEW : LIFE_SKEW_MAX;
    return now >= c->not_before + least(longest, (c->not_after - c->not_before) / 10);
}

/* Every client has had the time to learn the anchor. */
static bool is_trusted(const struct life *l, int64_t now)
{
    if (!l->publishes)
        return true;
    if (l->waiting.seen == 0)
        return false;
    return l->same_anchor || now >= l->waiting.seen + l->settle || now < l->waiting.seen;
}

bool life_may_change(const struct life *l, int64_t now)
{
    if (!l->waiting.is_there)
        return false;
    if (!life_is_valid(&l->serving, now))
        return l->waiting.not_after > now; /* nothing can be worse than what is there */
    if (!life_is_valid(&l->waiting, now))
        return false;
    if (l->serving.not_after - now <= LIFE_LAST_MOMENT)
        return true; /* unseen or not: the old one ends, and an API server may know the anchor already */
    return is_past_skew(l, now) && is_trusted(l, now);
}

bool life_is_ready(struct life *l, int64_t now)
{
    bool is_valid = life_is_valid(&l->serving, now);
    if (is_valid && (!l->publishes || l->serving.seen > 0))
        l->was_ready = true;
    return is_valid && l->was_ready;
}

bool life_needs_fallback(const struct life *l, int64_t now, int64_t without, bool source_fails)
{
    if (!life_is_valid(&l->serving, now))
        return without >= LIFE_FALLBACK_WAIT;
    int64_t life = l->serving.not_after - l->serving.not_before;
    return source_fails && !l->waiting.is_there &&
           l->serving.not_after - now <= least(LIFE_FALLBACK_LEAD, life / 10);
}
