#include "server/connection.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"
#include "cert/store.h"
#include "metrics/metrics.h"
#include "server/farewell.h"
#include "server/push.h"
#include "server/state.h"
#include "server/worker.h"

#define AGE_JITTER 10 /* the age is changed by up to a tenth */

struct connection *connection_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* --- begin ------------------------------------------------------------------------------------ */

/* xorshift64: only to spread things in time. */
static uint64_t next_random(struct worker *w)
{
    w->jitter ^= w->jitter << 13;
    w->jitter ^= w->jitter >> 7;
    w->jitter ^= w->jitter << 17;
    return w->jitter;
}

static int64_t choose_age(struct worker *w)
{
    int64_t age = w->server->config.limits.age;
    int64_t spread = age / AGE_JITTER;
    return age - spread + (int64_t)(next_random(w) % (uint64_t)(2 * spread + 1));
}

static void read_source(struct MHD_Connection *c, struct in6_addr *ret)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (!info || !info->client_addr)
        return;
    if (info->client_addr->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, info->client_addr, sizeof(v6));
        *ret = v6.sin6_addr;
    }
}

/* How far the handshake has come; see no_handshake(). */
static int on_handshake(gnutls_session_t session, unsigned type, unsigned when, unsigned incoming,
                        const gnutls_datum_t *message)
{
    (void)message;
    struct connection *conn = connection_of(gnutls_session_get_ptr(session));
    if (!conn)
        return 0;
    if (type == GNUTLS_HANDSHAKE_CLIENT_HELLO && incoming)
        conn->got_hello = true;
    else if (type == GNUTLS_HANDSHAKE_SERVER_HELLO && !incoming)
        conn->sent_hello = true;
    else if (type == GNUTLS_HANDSHAKE_FINISHED && incoming && when == GNUTLS_HOOK_POST &&
             phase_of(atomic_load(&conn->phase)) == PHASE_HANDSHAKE) {
        (void)phase_enter(&conn->phase, PHASE_FRESH, time_monotonic_us());
        metrics_add(conn->worker->server->config.metrics, METRIC_HANDSHAKES, 1);
    }
    return 0;
}

/* Stands for every connection that is none of a client; never looked into. */
static struct connection visitor;

static void started(struct worker *w, struct MHD_Connection *c, void **socket_context)
{
    const union MHD_ConnectionInfo *fd =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *tls =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    push_disable();
    if (farewell_visited(w, c)) {
        *socket_context = &visitor;
        return;
    }
    struct connection *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return; /* no certificate without a record: the handshake fails */
    conn->worker = w;
    conn->fd = fd ? fd->connect_fd : -1;
    conn->session = tls && !w->is_plain ? tls->tls_session : NULL;
    conn->accepted_us = time_monotonic_us();
    conn->age_us = choose_age(w);
    conn->shot_for = LIMIT_NONE;
    conn->phase = phase_make(conn->session ? PHASE_HANDSHAKE : PHASE_FRESH, conn->accepted_us);
    if (w->server->config.limits.per_source > 0)
        read_source(c, &conn->source);
    if (conn->session)
        gnutls_handshake_set_hook_function(conn->session, GNUTLS_HANDSHAKE_ANY, GNUTLS_HOOK_BOTH,
                                           on_handshake);
    *socket_context = conn;
    worker_link(w, conn);
}

/* --- end -------------------------------------------------------------------------------------- */

static enum no_handshake_id no_handshake(const struct connection *conn)
{
    if (conn->shot_for == LIMIT_HANDSHAKE)
        return NO_HANDSHAKE_TIMEOUT;
    if (conn->shot_for != LIMIT_NONE)
        return NO_HANDSHAKE_CLOSED;
    if (!conn->got_hello)
        return NO_HANDSHAKE_NO_HELLO;
    return conn->sent_hello ? NO_HANDSHAKE_REJECTED : NO_HANDSHAKE_NO_MATCH;
}

/* The session is gone by now: only our own things may be touched. */
static void closed(struct worker *w, void **socket_context)
{
    struct connection *conn = *socket_context;
    if (conn == &visitor)
        return;
    if (!conn) {
        atomic_fetch_sub(&w->open, 1);
        return;
    }
    worker_unlink(w, conn);
    if (phase_of(atomic_load(&conn->phase)) == PHASE_HANDSHAKE)
        metrics_count(w->server->config.metrics, METRIC_NO_HANDSHAKE, no_handshake(conn));
    cert_bundle_unref(conn->bundle);
    free(conn->request);
    free(conn);
    *socket_context = NULL;
}

void connection_notify(void *cls, struct MHD_Connection *c, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        started(cls, c, socket_context);
    else
        closed(cls, socket_context);
}

/* --- between ---------------------------------------------------------------------------------- */

/* An encoded NUL would end the decoded path early: "/mutate%00x" must not be "/mutate". */
void *connection_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
    (void)cls;
    struct connection *conn = connection_of(c);
    if (!conn)
        return NULL;
    uint64_t word = atomic_load(&conn->phase);
    /* In this phase already: the reaper saw earlier bytes of it. */
    conn->requested_us = phase_of(word) == PHASE_HEAD ? phase_since(word) : time_monotonic_us();
    (void)phase_enter(&conn->phase, PHASE_HEAD, conn->requested_us);
    conn->has_odd_uri = strstr(uri, "%00") != NULL;
    return NULL;
}

/* libmicrohttpd stores its connection as the session's pointer; an integration test pins that. */
int connection_certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                           gnutls_pcert_st **chain, unsigned *chain_len, gnutls_ocsp_data_st **ocsp,
                           unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags)
{
    (void)info;
    struct connection *conn = connection_of(gnutls_session_get_ptr(session));
    if (!conn)
        return -1;
    if (!conn->bundle)
        conn->bundle = cert_store_ref(conn->worker->server->config.certs);
    if (!conn->bundle)
        return -1;
    *chain = conn->bundle->chain;
    *chain_len = conn->bundle->chain_len;
    *key = conn->bundle->key;
    *ocsp = NULL;
    *ocsp_len = 0;
    *flags = 0; /* borrowed: GnuTLS must not free */
    return 0;
}

void connection_cork(struct connection *conn)
{
    if (!conn->session)
        return;
    gnutls_record_cork(conn->session);
    conn->is_corked = true;
}

void connection_flush(struct connection *conn)
{
    if (!conn->is_corked)
        return;
    conn->is_corked = false;
    if (gnutls_record_uncork(conn->session, 0) < 0) {
        /* the socket is full and nobody would try again */
        (void)shutdown(conn->fd, SHUT_RDWR);
        metrics_count(conn->worker->server->config.metrics, METRIC_CLOSED, LIMIT_UNREAD);
    }
}

bool connection_is_spent(struct connection *conn, int64_t now_us)
{
    const struct server *srv = conn->worker->server;
    unsigned max = srv->config.limits.requests;
    bool is_last = max > 0 && conn->requests + 1 >= max;
    bool is_old = conn->age_us > 0 && now_us - conn->accepted_us >= conn->age_us;
    if (is_last || is_old)
        metrics_count(srv->config.metrics, METRIC_CLOSED, is_last ? LIMIT_REQUESTS : LIMIT_AGE);
    return is_last || is_old;
}
