#ifndef SRC_SERVER_REAPER_H
#define SRC_SERVER_REAPER_H

/*
 * The thread that ends what takes too long.  libmicrohttpd's own time limit starts anew with every
 * byte; these do not.
 */

#include "base/error.h"

struct server;

/* -1 with ERROR_IO. */
int reaper_start(struct server *srv, struct error *err) __attribute__((warn_unused_result));
void reaper_stop(struct server *srv);

#endif
