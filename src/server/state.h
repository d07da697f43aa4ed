#ifndef SRC_SERVER_STATE_H
#define SRC_SERVER_STATE_H

/*
 * The inside of struct server, its workers and their connections, for the modules of this directory.
 *
 * Set up before the first thread.  Who touches what: a connection belongs to its worker's thread,
 * except for its phase (see phase.h) and for what is "under the lock" of the worker, which other
 * threads need to find it.  A request takes no lock, a connection takes it when it comes, after its
 * first request, and when it goes.
 */

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include <gnutls/gnutls.h>
#include <microhttpd.h>

#include "base/log.h"
#include "server/budget.h"
#include "server/config.h"
#include "server/limit-table.h"
#include "server/phase.h"
#include "server/route.h"
#include "server/throttle.h"

#define STATE_LINES_PER_SECOND 20u /* log lines about refusals, and about MHD's own complaints */
#define STATE_PLAIN_CONNECTIONS_MAX 64u
#define STATE_STALLED_US ((int64_t)2000000) /* so long a request may arrive, an answer be taken */

struct cert_bundle;
struct inject_scratch;
struct request;
struct worker;

/*
 * One TCP connection.  Made and freed by connection_notify(), which libmicrohttpd calls before the
 * first handshake byte and after the TLS session is gone.
 */
struct connection {
    struct worker *worker;
    struct connection *prev, *next; /* under the lock */
    phase_word phase;
    int fd;                     /* libmicrohttpd's: never closed here */
    gnutls_session_t session;   /* NULL without TLS; gone in the last notification */
    struct request *request;    /* the record of all its requests, in turn; NULL before the first */
    struct cert_bundle *bundle; /* a reference; GnuTLS borrows from it until the session ends */
    int64_t accepted_us;
    int64_t age_us;       /* how old it may become; 0: no limit */
    int64_t requested_us; /* when the current request line was in */
    unsigned requests;    /* that were completed */
    bool is_used;         /* in the list of those that completed a request; under the lock */
    bool is_corked;       /* GnuTLS holds records back */
    bool has_odd_uri;     /* the request's raw target cannot be trusted after decoding */
    bool got_hello, sent_hello;
    enum limit_id shot_for;  /* under the lock; LIMIT_NONE */
    bool is_watched;         /* the reaper knows the next two; under the lock, as these */
    uint64_t watched_word;   /* the phase at that time */
    uint64_t watched_bytes;  /* received by then */
    _Atomic int64_t told_us; /* when the client was asked to give it up; 0: it was not */
    struct in6_addr source;  /* IPv4 as mapped; only with a limit for each source */
};

struct connection_list {
    struct connection *first, *last;
};

/* One thread of libmicrohttpd with its connections. */
struct worker {
    struct server *server;
    struct MHD_Daemon *daemon;
    struct inject_scratch *scratch; /* of its thread, made at the first review */
    unsigned limit;                 /* open connections */
    bool is_plain;
    uint64_t jitter;    /* state of its random numbers */
    size_t answer_room; /* bytes that its last answer needed: the next one's first guess */

    atomic_flag has_lines_in_use; /* held for the next two */
    struct log_batch lines;       /* about decisions */
    int64_t flushed_us;

    atomic_uint open;      /* connections, those on their way included, without those shot */
    atomic_uint in_flight; /* requests that count for the limit */

    pthread_mutex_t lock;
    struct connection_list fresh; /* no request completed; oldest first */
    struct connection_list used;
    unsigned linked;     /* in both lists; under the lock */
    unsigned dying;      /* of these, shot; under the lock */
    unsigned lost_ticks; /* of the reaper */
    unsigned visits;     /* see farewell.h; of the thread that stops the server */
    int visitor_fds[2];  /* the same */
};

struct server {
    struct server_config config;
    struct route_table routes;
    struct route_table plain_routes;
    struct worker *workers; /* config.workers of them, then the one of the plain port, if any */
    unsigned worker_count;  /* all together */
    struct budget bodies;
    struct MHD_Response *no_memory; /* made at start: it must be there when memory is not */
    int listen_fd, plain_fd;        /* -1: closed, or none */
    unsigned port, plain_port;
    int wake_fd; /* readable: the acceptor is to end */
    int stop_fd; /* readable: the reaper is to end */
    pthread_t acceptor, reaper;
    bool has_acceptor, has_reaper;
    atomic_bool is_started;
    atomic_bool is_draining; /* answers carry `Connection: close` */
    struct throttle refusal_lines;
    struct throttle library_lines;
};

#endif
