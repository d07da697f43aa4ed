#ifndef SRC_CERT_LIFE_H
#define SRC_CERT_LIFE_H

/*
 * When to renew, when a new certificate may be served, and whether we are ready.  Pure: states and times
 * in, decisions out.  Times are wall clock, in seconds since the epoch; the clock may jump.
 */

#include <stdbool.h>
#include <stdint.h>

#define LIFE_SKEW_MAX ((int64_t)120) /* other clocks may be that much behind ours */
#define LIFE_STAND_IN_SKEW \
    ((int64_t)30)                     /* the same while a stand-in is served, which is to go soon */
#define LIFE_LAST_MOMENT ((int64_t)2) /* before the end of the old one nothing is waited for */
#define LIFE_FALLBACK_LEAD ((int64_t)60) /* before that end, when renewing fails */
#define LIFE_FALLBACK_WAIT ((int64_t)30) /* without any certificate */

/* One certificate, as far as these decisions go. */
struct life_cert {
    bool is_there;
    int64_t not_before, not_after;
    int64_t
        seen; /* since when its anchor has been in every caBundle without a break; 0: it is not */
};

struct life {
    bool publishes; /* anchors matter */
    int64_t settle; /* from `seen` to serving */
    struct life_cert serving, waiting;
    bool same_anchor; /* waiting's is serving's */
    bool is_stand_in; /* serving is self-signed because the source failed */
    bool was_ready;   /* the latch */
};

bool life_is_valid(const struct life_cert *c, int64_t now);

/* When a certificate got at `issued` is renewed: at 2/3 of what was left of it then, +- a tenth by `random`. */
int64_t life_renew_at(int64_t issued, int64_t not_after, uint32_t random);

/* True when the waiting certificate is to take the place of the one served. */
bool life_may_change(const struct life *l, int64_t now);

/* Ready: once the served certificate was valid and seen; until it is not valid any more.  Moves the latch. */
bool life_is_ready(struct life *l, int64_t now);

/*
 * Whether it is time for a self-signed certificate: `without` seconds have gone by without a valid one, or the
 * served one is about to end and the source fails.
 */
bool life_needs_fallback(const struct life *l, int64_t now, int64_t without, bool source_fails);

#endif
