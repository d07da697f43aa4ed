#ifndef SRC_SERVER_LIMIT_TABLE_H
#define SRC_SERVER_LIMIT_TABLE_H

/* Why this side ends or refuses connections and requests: the words of the metrics' labels. */

#include <stdbool.h>

#include "base/str.h"

struct metrics;

/* Why a connection is closed, or not taken. */
enum limit_id {
    LIMIT_CONNECTIONS,
    LIMIT_SOURCE,
    LIMIT_DESCRIPTORS,
    LIMIT_HANDSHAKE,
    LIMIT_REQUEST,
    LIMIT_ANSWER,
    LIMIT_BODIES,
    LIMIT_IDLE,
    LIMIT_AGE,
    LIMIT_REQUESTS,
    LIMIT_UNREAD,
    LIMIT_DRAIN,
    LIMIT__COUNT,
    LIMIT_NONE = LIMIT__COUNT
};

/* Why an admission request is answered 503. */
enum shed_id { SHED_IN_FLIGHT, SHED_BODIES, SHED_LATE, SHED_MEMORY, SHED__COUNT };

/* How a handshake fails. */
enum no_handshake_id {
    NO_HANDSHAKE_NO_HELLO, /* no whole ClientHello came: a probe, no TLS, or gone */
    NO_HANDSHAKE_NO_MATCH, /* no version, cipher or certificate that suits both sides */
    NO_HANDSHAKE_REJECTED, /* ended behind our part: the client does not trust us, or is gone */
    NO_HANDSHAKE_TIMEOUT,
    NO_HANDSHAKE_CLOSED, /* by this side, for another limit */
    NO_HANDSHAKE__COUNT
};

/* Labels the series of all three, and those of the two ports; once, at start. */
void limit_label(struct metrics *m);

#endif
