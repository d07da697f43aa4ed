#include "server/listen-socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/num.h"

#define PORT_MAX 65535u

DEFINE_CLEANUP(freeaddrinfo, struct addrinfo *);

static int bad_text(struct slice text, struct error *err)
{
    return error_set(err, ERROR_USAGE, "listen address '" SLICE_FMT "' is not host:port or :port",
                     SLICE_ARG(text));
}

int listen_address_parse(struct slice text, struct listen_address *ret, struct error *err)
{
    const char *colon = text.len > 0 ? memrchr(text.ptr, ':', text.len) : NULL;
    if (!colon)
        return bad_text(text, err);
    struct slice host = { text.ptr, (size_t)(colon - text.ptr) };
    struct slice port = slice_after(text, host.len + 1);
    uint64_t number;
    if (num_uint64(port, &number) != NUM_OK || number > PORT_MAX || port.len >= LISTEN_PORT_SIZE)
        return bad_text(text, err);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']')
        host = (struct slice){ host.ptr + 1, host.len - 2 };
    else if (host.len > 0 && memchr(host.ptr, ':', host.len))
        return bad_text(text, err);
    if (host.len > LISTEN_HOST_MAX)
        return bad_text(text, err);
    *ret = (struct listen_address){ .host = "" };
    if (host.len > 0)
        memcpy(ret->host, host.ptr, host.len);
    memcpy(ret->port, port.ptr, port.len);
    return 0;
}

bool listen_address_is_valid(struct slice text)
{
    struct error why = ERROR_INIT;
    struct listen_address at;
    return listen_address_parse(text, &at, &why) == 0;
}

static int set_flag(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof(value));
}

/* The listening socket for one resolved address, or -1 with errno set. */
static int open_one(const struct addrinfo *ai, bool is_dual)
{
    cleanup_close int fd =
        socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, ai->ai_protocol);
    if (fd < 0 || set_flag(fd, SOL_SOCKET, SO_REUSEADDR, 1) < 0)
        return -1;
    if (ai->ai_family == AF_INET6 && set_flag(fd, IPPROTO_IPV6, IPV6_V6ONLY, !is_dual) < 0)
        return -1;
    (void)set_flag(fd, IPPROTO_TCP, TCP_NODELAY, 1); /* only latency: accepted sockets inherit it */
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, LISTEN_BACKLOG) < 0)
        return -1;
    int opened = fd;
    fd = -1;
    return opened;
}

static unsigned port_of(int fd)
{
    struct sockaddr_storage bound = { .ss_family = AF_UNSPEC };
    socklen_t size = sizeof(bound);
    if (getsockname(fd, (struct sockaddr *)&bound, &size) < 0)
        return 0;
    if (bound.ss_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, &bound, sizeof(v6));
        return ntohs(v6.sin6_port);
    }
    struct sockaddr_in v4;
    memcpy(&v4, &bound, sizeof(v4));
    return ntohs(v4.sin_port);
}

static int resolve(const struct listen_address *at, int family, struct addrinfo **ret)
{
    struct addrinfo hints = {
        .ai_family = family,
        .ai_socktype = SOCK_STREAM,
        .ai_flags = AI_PASSIVE | AI_NUMERICSERV,
    };
    return getaddrinfo(at->host[0] ? at->host : NULL, at->port, &hints, ret);
}

/* Tries one family's addresses in order; -1 with the reason of the last one in errno. */
static int open_family(const struct listen_address *at, int family, int *ret_resolve)
{
    CLEANUP(freeaddrinfo) struct addrinfo *list = NULL;
    *ret_resolve = resolve(at, family, &list);
    if (*ret_resolve != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *ai = list; ai && fd < 0; ai = ai->ai_next)
        fd = open_one(ai, at->host[0] == '\0');
    return fd;
}

int listen_socket_open(struct slice text, struct listen_socket *ret, struct error *err)
{
    struct listen_address at;
    if (listen_address_parse(text, &at, err) < 0)
        return -1;
    int why = 0;
    bool is_any = at.host[0] == '\0';
    int fd = open_family(&at, is_any ? AF_INET6 : AF_UNSPEC, &why);
    if (fd < 0 && is_any && (why != 0 || errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL))
        fd = open_family(&at, AF_INET, &why); /* a machine without IPv6 */
    if (fd < 0)
        return error_set(err, ERROR_IO, "listen on '" SLICE_FMT "': %s", SLICE_ARG(text),
                         why != 0 ? gai_strerror(why) : strerror(errno));
    *ret = (struct listen_socket){ fd, port_of(fd) };
    return 0;
}
