#ifndef SRC_CERT_CLAIM_H
#define SRC_CERT_CLAIM_H

/*
 * struct claim: what this replica wants of the webhook's caBundle at one moment, a copy for the publisher,
 * and what it then saw there, brought back to the shared state.
 */

#include "cert/keeping.h"
#include "cert/pace.h"

#define CLAIM_BLIND_US (2 * PACE_LOOK_SPAN_US) /* for so long what was seen counts as it was */

struct claim {
    struct buf text; /* what the slices of the anchors point into */
    struct trust_anchor anchors[TRUST_HELD_MAX];
    size_t count;
    uint64_t version;                /* of the state */
    uint64_t left[KEEPING_LEFT_MAX]; /* which left anchors are in it */
    unsigned left_count;
    bool is_retiring;
};

/* Takes the claim, under the lock; -1 with ERROR_NOMEM. claim_done() frees, also after a failure. */
int claim_take(struct keeping *k, struct claim *ret, struct error *err)
    __attribute__((warn_unused_result));
void claim_done(struct claim *c);

/*
 * The object was read, and this is what is to be done to it: who is seen, and who is done with. True when
 * nothing is left to be done. Under the lock.
 */
bool claim_report(struct keeping *k, const struct claim *c, const struct trust_plan *plan);

/* The object is not there: nobody is seen. Under the lock. */
void claim_report_absent(struct keeping *k);

/* The object could not be read for that long: what was seen in it is not known any more. Under the lock. */
void claim_report_blind(struct keeping *k, int64_t for_us);

/* When the next left anchor becomes due, monotonic microseconds; INT64_MAX for never. Under the lock. */
int64_t claim_next_due(const struct keeping *k);

#endif
