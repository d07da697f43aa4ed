#ifndef SRC_SERVER_CONFIG_H
#define SRC_SERVER_CONFIG_H

/* What server_start() is told. Immutable; everything is borrowed and must outlive the server. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
#include "inject/options.h"

struct cert_store;
struct metrics;

#define SERVER_WORKERS_MAX 64u
#define SERVER_CONNECTIONS_MAX 65536u /* of each worker */

/* Times are in microseconds. */
struct server_limits {
    unsigned connections; /* open ones, of each worker */
    unsigned per_source;  /* open ones from one address; 0: no limit */
    unsigned requests;    /* of one connection; 0: no limit */
    unsigned in_flight;   /* admission requests, of each worker */
    size_t header_bytes;  /* memory for a request's head */
    size_t body_bytes;
    size_t bodies_bytes; /* of all bodies and answers together, see budget.h; 0: no limit */
    int64_t handshake;   /* from the connection to the end of its handshake */
    int64_t request;     /* from a request's first byte to its last; again for the answer */
    int64_t idle;        /* between requests */
    int64_t age;         /* of a connection, give or take a tenth; 0: no limit */
};

/* What the server asks of those around it, from any thread; NULL: ready, and nothing to refresh. */
struct server_hooks {
    bool (*is_ready)(void *arg, struct buf *reason); /* appends why not; reason may be NULL */
    void (*refresh)(void *arg);                      /* before the metrics are shown */
    void *arg;
};

struct server_config {
    const struct inject_options *inject;
    struct cert_store *certs; /* while it is empty, handshakes fail */
    struct metrics *metrics;
    struct slice listen;         /* see listen_socket_open() */
    struct slice plain_listen;   /* the same; empty: no port without TLS */
    struct slice telemetry_path; /* empty: no metrics on the TLS port */
    const char *tls_priorities;  /* see tls_priority_put() */
    unsigned workers;            /* threads; at most SERVER_WORKERS_MAX */
    struct server_limits limits;
    struct server_hooks hooks;
};

#endif
