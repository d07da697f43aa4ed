#include "server/daemon.h"

#include "server/access.h"
#include "server/connection.h"
#include "server/event.h"
#include "server/state.h"

#define US_PER_SECOND 1000000
#define NET_SECONDS 30 /* libmicrohttpd's own time limit is this much above ours: a second net */

/* Above its limit, 0.9.75 leaves a mutex locked when a connection is added; ours is kept before. */
#define LIBRARY_CONNECTIONS(limit) (2u * (limit) + 1024u)

#define RECORD_MAX ((size_t)16 << 10) /* TLS record */
#define HEAD_USUAL ((size_t)1 << 10)

static unsigned quiet_seconds(const struct server_limits *limits)
{
    int64_t longest = limits->idle > limits->request ? limits->idle : limits->request;
    if (limits->handshake > longest)
        longest = limits->handshake;
    return (unsigned)(longest / US_PER_SECOND) + NET_SECONDS;
}

/*
 * Half of it is the first buffer for reading: with a little more than two records a whole record fits
 * behind the usual head of its request, and need not be taken in two pieces.
 */
static size_t connection_memory(const struct server_limits *limits)
{
    return limits->header_bytes < 2 * RECORD_MAX ? limits->header_bytes
                                                 : limits->header_bytes + 2 * HEAD_USUAL;
}

int daemon_start(struct worker *w, struct error *err)
{
    struct server *srv = w->server;
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_ITC | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_USE_ERROR_LOG | (w->is_plain ? 0 : MHD_USE_TLS);
    /* What follows is for TLS; an array of options would not take the callback. */
    enum MHD_OPTION tls = w->is_plain ? MHD_OPTION_END : MHD_OPTION_HTTPS_PRIORITIES;
    w->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, access_request, w, MHD_OPTION_EXTERNAL_LOGGER, event_library, srv,
        MHD_OPTION_CONNECTION_TIMEOUT, quiet_seconds(&srv->config.limits),
        MHD_OPTION_CONNECTION_LIMIT, LIBRARY_CONNECTIONS(w->limit),
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, connection_memory(&srv->config.limits),
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, w, MHD_OPTION_NOTIFY_COMPLETED,
        access_completed, w, MHD_OPTION_URI_LOG_CALLBACK, connection_uri, w, tls,
        srv->config.tls_priorities, MHD_OPTION_HTTPS_CERT_CALLBACK2, connection_certificate,
        MHD_OPTION_END);
    if (!w->daemon)
        return error_set(err, ERROR_CRYPTO, "the %s server could not be started",
                         w->is_plain ? "HTTP" : "HTTPS");
    return 0;
}

void daemon_stop(struct worker *w)
{
    if (w->daemon)
        MHD_stop_daemon(w->daemon);
    w->daemon = NULL;
}
