#ifndef SRC_SERVER_STATE_H
#define SRC_SERVER_STATE_H

/* The inside of struct server, for the modules of this directory. Set up before the first thread. */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <microhttpd.h>

#include "server/config.h"
#include "server/route.h"
#include "server/throttle.h"

#define STATE_LINES_PER_SECOND 20u /* log lines about refusals, and about MHD's own complaints */

struct server {
    struct server_config config;
    struct route_table routes;
    struct MHD_Daemon *daemon;
    struct MHD_Response *no_memory; /* made at start: it must be there when memory is not */
    int listen_fd;
    unsigned port;
    pthread_key_t scratch_key; /* struct inject_scratch of each worker thread */
    atomic_bool is_started;
    atomic_bool is_stopping; /* answers carry `Connection: close` */
    atomic_uint in_flight;
    struct throttle refusal_lines;
    struct throttle library_lines;
};

#endif
