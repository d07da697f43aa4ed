#ifndef SRC_CERT_CROWD_H
#define SRC_CERT_CROWD_H

/*
 * A bundle with too many anchors: which go, and how those that are served keep away from that end.  Pure; for
 * cert/trust.
 *
 * Nobody can tell the anchor of a replica that was killed from that of one that lives, but one that lives can
 * stamp its own.  Anchors without a stamp go first, of them the one that ends first; then those with one, the
 * earliest stamp first.  Who holds an anchor that comes near to the end of that queue stamps it with a time at
 * which a self-signed one has ended long since, and so sends it to the back.  What nobody serves any more is not
 * stamped anew and moves to the front, and nothing is written when nothing comes in.
 */

#include "cert/anchor-set.h"

#define CROWD_ANCHORS_MAX 64u
#define CROWD_BYTES_MAX ((size_t)64 << 10) /* of a bundle's PEM */
#define CROWD_SPARE 16u /* anchors that may come in until somebody else has looked at the object */
#define CROWD_KEEP ((int64_t)8 * 24 * 60 * 60) /* seconds from now to such a stamp */
#define CROWD_AGAIN ((int64_t)60 * 60)         /* seconds between two of one holder */

/* Takes out what is too much, never what is held; returns how many went that had not gone anywhere before. */
size_t crowd_out(struct anchor_set *s, struct anchor_list *l);

/* Should the anchor, one of the list that we hold, be stamped with `now` + CROWD_KEEP? */
bool crowd_presses(const struct anchor_set *s, const struct anchor_list *l, unsigned place,
                   int64_t now);

#endif
