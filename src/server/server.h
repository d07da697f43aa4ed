#ifndef SRC_SERVER_SERVER_H
#define SRC_SERVER_SERVER_H

/*
 * struct server: the HTTPS daemon around the engine, and the small port without TLS beside it.
 *
 * An acceptor takes connections and hands them to workers (one thread each, libmicrohttpd in poll
 * mode), a reaper ends what is over a time limit.  server_start() makes the threads, server_stop()
 * ends them; all functions belong to one thread, usually main.  Everything in struct server_config
 * is borrowed and must outlive the server.
 */

#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "server/config.h"

struct server;

/* -1 with ERROR_USAGE, ERROR_IO, ERROR_CRYPTO or ERROR_NOMEM; nothing is left running then. */
int server_start(const struct server_config *config, struct server **ret, struct error *err)
    __attribute__((warn_unused_result));

/* The ports that are listened on; 0 for a plain port that is not there. */
unsigned server_port(const struct server *srv);
unsigned server_plain_port(const struct server *srv);

/*
 * The first part of the end: not ready any more, and every answer closes its connection; everything
 * else goes on, new connections included, because endpoints are removed some time after.
 */
void server_drain(struct server *srv);

/*
 * The second part: stops listening, has clients give up their idle connections (see farewell.h), lets
 * requests in flight finish, both for at most deadline_us, then ends everything and frees srv.  Returns
 * how many requests were cut off.
 */
unsigned server_stop(struct server *srv, int64_t deadline_us);

/* How many files may be open at once for these settings, and a few more. */
uint64_t server_descriptors(const struct server_config *config);

/* The number of CPUs that this process may use, between 1 and SERVER_WORKERS_MAX. */
unsigned server_default_workers(void);

#endif
