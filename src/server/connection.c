#include "server/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cert/store.h"
#include "server/state.h"

struct connection *connection_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

static gnutls_session_t session_of(struct MHD_Connection *c)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info ? info->tls_session : NULL;
}

static void started(struct server *srv, struct MHD_Connection *c, void **socket_context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct connection *conn = calloc(1, sizeof(*conn));
    if (!conn)
        return; /* no certificate without a record: the handshake fails */
    conn->server = srv;
    conn->fd = info ? info->connect_fd : -1;
    *socket_context = conn;
}

/* The session is gone by now: only our own things may be touched. */
static void closed(void **socket_context)
{
    struct connection *conn = *socket_context;
    if (!conn)
        return;
    cert_bundle_unref(conn->bundle);
    free(conn);
    *socket_context = NULL;
}

void connection_notify(void *cls, struct MHD_Connection *c, void **socket_context,
                       enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED)
        started(cls, c, socket_context);
    else
        closed(socket_context);
}

/* An encoded NUL would end the decoded path early: "/mutate%00x" must not be "/mutate". */
void *connection_uri(void *cls, const char *uri, struct MHD_Connection *c)
{
    (void)cls;
    struct connection *conn = connection_of(c);
    if (conn)
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
        conn->bundle = cert_store_ref(conn->server->config.certs);
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

void connection_cork(struct MHD_Connection *c)
{
    gnutls_session_t session = session_of(c);
    struct connection *conn = connection_of(c);
    if (!session || !conn)
        return;
    gnutls_record_cork(session);
    conn->is_corked = true;
}

/*
 * libmicrohttpd sets TCP_CORK for the header and pushes when it has "sent" the body; what GnuTLS
 * held back comes after that push and would wait 200 ms for the kernel's own.
 */
void connection_flush(struct MHD_Connection *c)
{
    gnutls_session_t session = session_of(c);
    struct connection *conn = connection_of(c);
    if (!session || !conn || !conn->is_corked)
        return;
    conn->is_corked = false;
    if (gnutls_record_uncork(session, 0) < 0)
        (void)shutdown(conn->fd, SHUT_RDWR); /* the socket is full and nobody would try again */
    else
        (void)setsockopt(conn->fd, IPPROTO_TCP, TCP_CORK, &(int){ 0 }, sizeof(int));
}
