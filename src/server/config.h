#ifndef SRC_SERVER_CONFIG_H
#define SRC_SERVER_CONFIG_H

/* What server_start() is told. Immutable; everything is borrowed and must outlive the server. */

#include <stddef.h>

#include "base/str.h"
#include "inject/options.h"

struct cert_store;
struct metrics;

#define SERVER_WORKERS_MAX 64u

struct server_config {
    const struct inject_options *inject;
    struct cert_store *certs; /* not empty */
    struct metrics *metrics;
    struct slice listen;         /* see listen_socket_open() */
    struct slice telemetry_path; /* empty: no metrics here */
    const char *tls_priorities;  /* see tls_priority_put() */
    size_t body_max;             /* bytes of a request body */
    unsigned workers;            /* threads; at most SERVER_WORKERS_MAX */
};

#endif
