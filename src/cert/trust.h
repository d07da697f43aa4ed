#ifndef SRC_CERT_TRUST_H
#define SRC_CERT_TRUST_H

/*
 * Which anchors a webhook's caBundle should hold: the union, the stamps, and what may go.  Pure: the
 * object as it was read and the API server's time go in, the texts to write come out (decided once, for every source).
 *
 * - Every anchor we hold (serve, are about to serve, or sign under) is in every entry's bundle, beside what
 *   that entry has already; an entry does not get what only another one has.
 * - Anchors compare by the SHA-256 of their DER, whatever their PEM looks like.  They keep the order in which
 *   they were found; new ones follow, sorted by hash.
 * - An annotation keyhook/retire-<first 16 hex of that hash>: <RFC 3339> says when an anchor may go.  A
 *   replica that left an anchor stamps it with now + the leaf life that it was granted; a stamp only
 *   moves forward; who still serves or signs under a stamped anchor extends it.  A stamp that is written has
 *   a margin for clocks that differ, as cert/life has it, and gives the others TRUST_NOTICE seconds at least.
 * - Anchors past their stamp are removed, and those LIFE_SKEW_MAX past their notAfter (until which we do not
 *   add them any more, so that clocks that differ do not fight); never one's own; foreign ones without a
 *   stamp stay.  Our own former self-signed anchors go without a stamp, when TRUST_DROP says so.
 * - At most CROWD_ANCHORS_MAX anchors or CROWD_BYTES_MAX bytes: then foreign ones that end first go, those
 *   with a stamp last, ours never.  Who is about to be the next stamps what it holds (cert/crowd).
 * - The stamp of an anchor that is gone goes when its time has come.  A stamp that is not RFC 3339, or is
 *   further ahead than anybody may write (twice TRUST_STAMP_MAX), is none, and is removed.
 * - What is no certificate in a bundle is dropped, and the bundle written anew; other white space, comments
 *   and a certificate that is there twice are no reason to write.
 * The same input gives the same output on every replica, and what was written is a fixed point: nothing
 * is to be written the second time.
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "cert/crowd.h"
#include "kube/webhook.h"

#define TRUST_HELD_MAX 16u
#define TRUST_HASH_SIZE 32u
#define TRUST_STAMP_PREFIX "keyhook/retire-"
#define TRUST_STAMP_MAX \
    ((int64_t)400 * 24 * 60 * 60)  /* seconds ahead; who needs more moves it later */
#define TRUST_NOTICE ((int64_t)10) /* seconds from a new stamp to its time, at least */

enum trust_role {
    TRUST_HOLD,   /* we serve or sign under it, or are about to */
    TRUST_RETIRE, /* we left it; the anchor may still be needed by others until `until` */
    TRUST_DROP,   /* ours alone (self-signed) and no longer served: take it out now */
};

/* An anchor that this replica knows about. */
struct trust_anchor {
    struct slice pem; /* one or more certificates */
    enum trust_role role;
    int64_t
        until; /* HOLD: end of our leaf under it; RETIRE: now + granted life when we left; seconds */
};

/* What the object should become; see trust_plan(). */
struct trust_plan {
    bool is_needed; /* something is to be written */
    bool
        holds_all; /* every HOLD anchor is in every entry already, as read; false when there is none */
    bool
        is_repair; /* a HOLD anchor that we had seen there before is missing: somebody overwrote it */
    uint64_t
        removed; /* what a bundle has too much, as one number; the same for the same, 0: nothing */
    size_t anchors; /* in the largest bundle as it should be */
    size_t
        unclaimed; /* in one bundle at most: neither held by us nor stamped, so that they stay until they end */
    size_t crowded_out;                /* anchors not ours that go because of the limits */
    struct kube_webhook_change change; /* for kube_webhook_patch(); memory belongs to the plan */
    void *memory;
};

/*
 * `was_seen` tells that holds_all was true before for the same HOLD anchors (for is_repair).  The texts of the
 * result do not need `seen` or `anchors` any more.  -1 with ERROR_CRYPTO when an anchor given is no
 * certificate, ERROR_LIMIT when the HOLD anchors alone are too much, ERROR_NOMEM.  trust_plan_done() frees.
 */
int trust_plan(const struct kube_webhook *seen, const struct trust_anchor *anchors, size_t count,
               int64_t now, bool was_seen, struct trust_plan *ret, struct error *err)
    __attribute__((warn_unused_result));
void trust_plan_done(struct trust_plan *p);

#endif
