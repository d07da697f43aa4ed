#ifndef SRC_SERVER_FAREWELL_H
#define SRC_SERVER_FAREWELL_H

/*
 * Asks clients to give up their idle connections, in a way that costs no request.
 *
 * Closing an idle connection loses the request that its client sends at that moment.  Instead an
 * interim response is sent, `100 Continue`, although nothing was asked.  A client that is idle must
 * not take it for an answer and should close (RFC 9112 section 9.2); one whose request is on its way
 * takes any number of them before the answer (RFC 9110 section 15.2), and gets that answer.
 * docs/decisions/010-farewell.md tells of the clients.
 *
 * The words are spoken on the worker's own thread, the only one that may touch its TLS sessions.
 * It gets there with a visitor: a connection that is handed to libmicrohttpd for the call that
 * announces it, and that never says anything.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

struct worker;
struct MHD_Connection;

#define FAREWELL_VISITS_MAX 256u /* for each worker; further ones are not made */

/* Before the first visit; -1 with ERROR_IO. */
int farewell_init(struct worker *w, struct error *err) __attribute__((warn_unused_result));

/* After the end of its daemon. */
void farewell_done(struct worker *w);

/* Has the worker say it soon; false when that is not possible. */
bool farewell_ask(struct worker *w);

/* Whether a new connection of this worker is a visitor; then its idle clients have been told. */
bool farewell_visited(struct worker *w, struct MHD_Connection *c);

#endif
