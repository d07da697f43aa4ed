#ifndef SRC_SERVER_SERVER_H
#define SRC_SERVER_SERVER_H

/*
 * struct server: the HTTPS daemon around the engine.
 *
 * server_start() makes the threads, server_stop() ends them; both belong to one thread, usually main.
 * Requests are answered on libmicrohttpd's threads, in poll mode (never epoll: with TLS it spins on
 * unfinished handshakes).  Everything in struct server_config is borrowed and must outlive the server.
 */

#include <stdint.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "server/config.h"

struct server;

#define SERVER_CONNECTIONS_PER_WORKER 512u
#define SERVER_IDLE_SECONDS 120u /* above the 90 s after which the API server closes by itself */
#define SERVER_STOP_MS 10000     /* how long requests in flight may take at the end */

/* -1 with ERROR_USAGE, ERROR_IO, ERROR_CRYPTO or ERROR_NOMEM; nothing is left running then. */
int server_start(const struct server_config *config, struct server **ret, struct error *err)
    __attribute__((warn_unused_result));

/* The port that is listened on. */
unsigned server_port(const struct server *srv);

/*
 * Stops listening, lets requests in flight finish for at most deadline_ms, then ends everything and
 * frees srv.  Returns how many requests were cut off.
 */
unsigned server_stop(struct server *srv, int64_t deadline_ms);

/* The number of CPUs that this process may run on, between 1 and SERVER_WORKERS_MAX. */
unsigned server_default_workers(void);

#endif
