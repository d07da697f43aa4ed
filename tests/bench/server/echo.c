/*
 * The yardstick of the server: libmicrohttpd that reads a body, throws it away and answers.
 *
 *   echo            listens on a port of 127.0.0.1, prints it as "port=N", serves until SIGTERM
 *
 * POST /N is answered with N bytes of JSON. One worker; TLS, poll, cork and the record per connection
 * as in Keyhook, and nothing else: what Keyhook needs beyond this is the price of its work.
 */

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <gnutls/abstract.h>
#include <microhttpd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/time.h"
#include "cert/self-signed.h"
#include "cert/store.h"
#include "server/tls-priority.h"

#define ANSWER_MAX ((size_t)15 << 10) /* with its header one TLS record: always corked */
#define IDLE_SECONDS 120u
#define CONNECTIONS_MAX 20000u
#define BACKLOG 1024
#define US_PER_SECOND 1000000

struct connection {
    struct cert_bundle *bundle; /* a reference */
    int fd;                     /* libmicrohttpd's */
    bool is_corked;
};

static char answer[ANSWER_MAX];

static struct connection *connection_of(struct MHD_Connection *c)
{
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
}

static gnutls_session_t session_of(struct MHD_Connection *c)
{
    return MHD_get_connection_info(c, MHD_CONNECTION_INFO_GNUTLS_SESSION)->tls_session;
}

static void on_connection(void *cls, struct MHD_Connection *c, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct connection *conn = *socket_context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (conn)
            cert_bundle_unref(conn->bundle);
        free(conn);
        return;
    }
    conn = calloc(1, sizeof(*conn));
    if (!conn)
        return;
    conn->bundle = cert_store_ref(cls);
    conn->fd = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    *socket_context = conn;
}

static int certificate(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
                       gnutls_pcert_st **chain, unsigned *chain_len, gnutls_ocsp_data_st **ocsp,
                       unsigned *ocsp_len, gnutls_privkey_t *key, unsigned *flags)
{
    (void)info;
    const struct connection *conn = connection_of(gnutls_session_get_ptr(session));
    if (!conn || !conn->bundle)
        return -1;
    *chain = conn->bundle->chain;
    *chain_len = conn->bundle->chain_len;
    *key = conn->bundle->key;
    *ocsp = NULL;
    *ocsp_len = 0;
    *flags = 0;
    return 0;
}

/* Header and body leave as one record. */
static enum MHD_Result reply(struct MHD_Connection *c, unsigned status, size_t size)
{
    struct connection *conn = connection_of(c);
    struct MHD_Response *r = MHD_create_response_from_buffer(size, answer, MHD_RESPMEM_PERSISTENT);
    if (!r || !conn)
        return MHD_NO;
    (void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "application/json");
    if (size > 0) {
        gnutls_record_cork(session_of(c));
        conn->is_corked = true;
    }
    enum MHD_Result queued = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return queued;
}

/* The first call has no body yet, a call with data takes it, the last call answers. */
static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_size, void **request)
{
    (void)cls;
    (void)method;
    (void)version;
    (void)data;
    if (!*request) {
        *request = answer; /* not NULL: seen */
        return MHD_YES;
    }
    if (*data_size > 0) {
        *data_size = 0;
        return MHD_YES;
    }
    uint64_t size;
    if (num_uint64(slice_of(path + 1), &size) != NUM_OK || size > ANSWER_MAX)
        return reply(c, MHD_HTTP_NOT_FOUND, 0);
    return reply(c, MHD_HTTP_OK, (size_t)size);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **request,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)why;
    struct connection *conn = connection_of(c);
    *request = NULL;
    if (!conn || !conn->is_corked)
        return;
    conn->is_corked = false;
    if (gnutls_record_uncork(session_of(c), 0) < 0)
        (void)shutdown(conn->fd, SHUT_RDWR);
}

/* A listening socket on a free port of 127.0.0.1, or -1. */
static int listen_anywhere(unsigned *ret_port)
{
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    if (bind(fd, (struct sockaddr *)&at, size) < 0 || listen(fd, BACKLOG) < 0 ||
        getsockname(fd, (struct sockaddr *)&at, &size) < 0) {
        (void)close(fd);
        return -1;
    }
    *ret_port = ntohs(at.sin_port);
    return fd;
}

static struct MHD_Daemon *start(struct cert_store *certs, const char *priorities, int fd)
{
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, NULL, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_TIMEOUT, IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS_MAX,
        MHD_OPTION_HTTPS_PRIORITIES, priorities, MHD_OPTION_HTTPS_CERT_CALLBACK2, certificate,
        MHD_OPTION_NOTIFY_CONNECTION, on_connection, certs, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, NULL, MHD_OPTION_END);
}

static int set_up(struct cert_store *certs, struct buf *priorities, struct error *err)
{
    struct buf pem;
    struct cert_bundle *bundle = NULL;
    buf_init(&pem, CERT_PEM_MAX);
    int rc =
        cert_self_signed(SLICE("localhost"), time_wall_us() / US_PER_SECOND, &pem, &bundle, err);
    buf_done(&pem);
    if (rc < 0)
        return -1;
    cert_store_replace(certs, bundle);
    tls_priority_put(priorities, &(struct tls_choice){ .ciphers = 0 });
    return buf_cstr(priorities) ? 0 : error_nomem(err);
}

int main(void)
{
    sigset_t signals;
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);

    struct error err = ERROR_INIT;
    struct buf priorities;
    buf_init(&priorities, TLS_PRIORITY_MAX);
    memset(answer, 'x', sizeof(answer));
    CLEANUP(cert_store_free) struct cert_store *certs = cert_store_new();
    unsigned port = 0;
    int fd = listen_anywhere(&port);
    struct MHD_Daemon *daemon = NULL;
    if (certs && fd >= 0 && set_up(certs, &priorities, &err) == 0)
        daemon = start(certs, buf_cstr(&priorities), fd);
    if (!daemon) {
        (void)fprintf(stderr, "echo: cannot start: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    (void)printf("port=%u\n", port);
    (void)fflush(stdout);
    int got;
    (void)sigwait(&signals, &got);
    MHD_stop_daemon(daemon);
    buf_done(&priorities);
    return EXIT_SUCCESS;
}
