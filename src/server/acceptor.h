#ifndef SRC_SERVER_ACCEPTOR_H
#define SRC_SERVER_ACCEPTOR_H

/*
 * The thread that takes connections from the listening sockets and hands each to the worker with the
 * fewest.  It keeps the limits of connections: at the limit it makes room (see worker.h), and
 * closes the new one when nobody can go.
 */

#include "base/error.h"

struct server;

/* -1 with ERROR_IO. */
int acceptor_start(struct server *srv, struct error *err) __attribute__((warn_unused_result));

/* Takes what is in the queues, closes the listening sockets, ends the thread. */
void acceptor_stop(struct server *srv);

#endif
