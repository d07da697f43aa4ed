#ifndef SRC_SERVER_WORKER_H
#define SRC_SERVER_WORKER_H

/*
 * The lists of a worker's connections: who is there, who has to make room, who is over its time.
 *
 * Any thread; every function takes the worker's lock by itself.  "Shot" means shut down in both
 * directions and no longer counted; libmicrohttpd notices and closes.  A number in the phase word
 * decides races: a connection is shot only in the phase in which it was seen.
 */

#include <stdbool.h>
#include <stdint.h>

#include "server/state.h"

#define WORKER_YOUNG_US ((int64_t)2000000)    /* so long a new client may take for its request */
#define WORKER_FAREWELL_US ((int64_t)2000000) /* from the farewell to the end */
#define WORKER_DYING_MAX 64u                  /* shot, not yet gone; then the acceptor waits */

void worker_init(struct worker *w, struct server *srv, bool is_plain);
void worker_done(struct worker *w);

/* A new connection; it must have been counted in w->open. */
void worker_link(struct worker *w, struct connection *conn);

/* Takes it out and gives its place back, unless it was shot. */
void worker_unlink(struct worker *w, struct connection *conn);

/* It has completed its first request. */
void worker_promote(struct worker *w, struct connection *conn);

/*
 * Who would have to make room first: the class (0: no request completed, or stalled, or its answer
 * unread; 1: idle), then the time since which.  False when every connection has a request in flight.
 */
struct worker_victim {
    unsigned rank;
    int64_t since_us;
};

bool worker_find_victim(struct worker *w, int64_t now_us, struct worker_victim *ret);

/* Shoots that one; false when there is none any more. */
bool worker_shoot_victim(struct worker *w, int64_t now_us, enum limit_id why);

/*
 * Shoots what is over a time limit, marks stalled requests and unread answers, and shoots these when
 * memory is short, the latter also when the worker is full; watches idle ones when asked to.
 */
void worker_reap(struct worker *w, int64_t now_us, bool watches);

/* What still has to be waited for at the end, and what would be cut off. */
struct worker_busy {
    unsigned requests; /* of which at least the head is here */
    unsigned others;   /* heads that are arriving, young connections, and clients that were told */
    unsigned untold;   /* idle ones whose clients were not asked yet to give them up */
};

/*
 * Counts those, and shoots the idle ones; with `tells` only those whose clients were told
 * WORKER_FAREWELL_US ago, and those without TLS.
 */
struct worker_busy worker_settle(struct worker *w, int64_t now_us, bool tells);

/* Calls tell() for every idle TLS connection whose told_us is 0; on the worker's own thread. */
typedef void worker_tell_fn(struct connection *conn, int64_t now_us);
void worker_tell_idle(struct worker *w, int64_t now_us, worker_tell_fn *tell);

/* Open connections from that address. */
unsigned worker_count_source(struct worker *w, const struct in6_addr *source);

/* True when connections that were handed over have not arrived yet. */
bool worker_has_pending(struct worker *w);

/* The number of connections that were shot and have not gone. */
unsigned worker_dying(struct worker *w);

#endif
