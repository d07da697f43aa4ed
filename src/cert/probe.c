#include "cert/probe.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/time.h"
#include "cert/gnutls-util.h"

#define US_PER_MS 1000
#define PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2"

DEFINE_CLEANUP(freeaddrinfo, struct addrinfo *);
DEFINE_CLEANUP(gnutls_deinit, gnutls_session_t);
DEFINE_CLEANUP(gnutls_certificate_free_credentials, gnutls_certificate_credentials_t);

/* --- waiting ----------------------------------------------------------------------------------- */

/* False at the deadline, whatever trickles in until then. */
static bool wait_for(int fd, short events, int64_t deadline_us)
{
    int64_t left = deadline_us - time_monotonic_us();
    struct pollfd one = { .fd = fd, .events = events };
    return left > 0 && poll(&one, 1, (int)(left / US_PER_MS) + 1) > 0;
}

/* --- TCP --------------------------------------------------------------------------------------- */

static int finish_connect(int fd, int64_t deadline_us)
{
    int why = ETIMEDOUT;
    socklen_t size = sizeof(why);
    if (wait_for(fd, POLLOUT, deadline_us) && getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &size) < 0)
        why = errno;
    errno = why;
    return why == 0 ? 0 : -1;
}

static int connect_one(const struct addrinfo *at, int64_t deadline_us)
{
    cleanup_close int fd =
        socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    if (fd < 0)
        return -1;
    if (connect(fd, at->ai_addr, at->ai_addrlen) < 0 &&
        (errno != EINPROGRESS || finish_connect(fd, deadline_us) < 0))
        return -1;
    int connected = fd;
    fd = -1;
    return connected;
}

static int connect_any(const struct cert_probe_request *req, int64_t deadline_us, struct error *err)
{
    CLEANUP(freeaddrinfo) struct addrinfo *list = NULL;
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
    int why = getaddrinfo(req->host, req->port, &hints, &list);
    if (why != 0)
        return error_set(err, ERROR_IO, "%s cannot be looked up: %s", req->host, gai_strerror(why));
    int fd = -1;
    for (const struct addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = connect_one(at, deadline_us);
    if (fd < 0)
        error_set(err, ERROR_IO, "no connection to %s port %s: %s", req->host, req->port,
                  strerror(errno));
    return fd;
}

/* --- TLS --------------------------------------------------------------------------------------- */

static int shake_hands(gnutls_session_t tls, int fd, int64_t deadline_us)
{
    int rc = gnutls_priority_set_direct(tls, PRIORITIES, NULL);
    if (rc < 0)
        return rc;
    gnutls_transport_set_int(tls, fd);
    while ((rc = gnutls_handshake(tls)) < 0 && gnutls_error_is_fatal(rc) == 0) {
        bool writes = gnutls_record_get_direction(tls) == 1;
        if (!wait_for(fd, writes ? POLLOUT : POLLIN, deadline_us))
            return GNUTLS_E_TIMEDOUT;
    }
    return rc;
}

static int copy_chain(gnutls_session_t tls, struct cert_pem_list *ret, struct error *err)
{
    unsigned count = 0;
    const gnutls_datum_t *shown = gnutls_certificate_get_peers(tls, &count);
    struct cert_pem_list list = { .count = 0 };
    int rc = 0;
    if (!shown || count == 0 || count > CERT_PEM_CERTS_MAX)
        return error_set(err, ERROR_IO, "%u certificates were shown", count);
    for (unsigned i = 0; i < count && rc >= 0; i++) {
        rc = gnutls_x509_crt_init(&list.at[i]);
        if (rc < 0)
            break;
        list.count++;
        rc = gnutls_x509_crt_import(list.at[i], &shown[i], GNUTLS_X509_FMT_DER);
    }
    if (rc < 0) {
        cert_pem_done(&list);
        return gnutls_fail(err, "certificate", rc);
    }
    *ret = list;
    return 0;
}

int cert_probe(const struct cert_probe_request *req, struct cert_pem_list *ret, struct error *err)
{
    int64_t deadline_us = time_monotonic_us() + req->timeout;
    cleanup_close int fd = connect_any(req, deadline_us, err);
    if (fd < 0)
        return -1;
    CLEANUP(gnutls_certificate_free_credentials) gnutls_certificate_credentials_t creds = NULL;
    CLEANUP(gnutls_deinit) gnutls_session_t tls = NULL; /* ends before what it borrows */
    int rc = gnutls_certificate_allocate_credentials(&creds);
    if (rc >= 0)
        rc = gnutls_init(&tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    if (rc >= 0)
        rc = gnutls_credentials_set(tls, GNUTLS_CRD_CERTIFICATE, creds);
    if (rc < 0)
        return gnutls_fail(err, "TLS", rc);
    rc = shake_hands(tls, fd, deadline_us);
    if (rc < 0)
        return error_set(err, ERROR_IO, "no TLS handshake with %s port %s: %s", req->host,
                         req->port, gnutls_strerror(rc));
    if (copy_chain(tls, ret, err) < 0)
        return -1;
    (void)gnutls_bye(tls, GNUTLS_SHUT_WR);
    return 0;
}
