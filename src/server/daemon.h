#ifndef SRC_SERVER_DAEMON_H
#define SRC_SERVER_DAEMON_H

/*
 * A worker's libmicrohttpd daemon: one thread in poll mode (never epoll: with TLS it spins on
 * unfinished handshakes), without a socket to listen on; connections are handed to it.
 */

#include "base/error.h"

struct worker;

/* -1 with ERROR_CRYPTO; the log says more. */
int daemon_start(struct worker *w, struct error *err) __attribute__((warn_unused_result));

/* Ends the thread and every connection; nothing to do when it was not started. */
void daemon_stop(struct worker *w);

#endif
