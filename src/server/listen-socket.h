#ifndef SRC_SERVER_LISTEN_SOCKET_H
#define SRC_SERVER_LISTEN_SOCKET_H

/* The listening TCP socket, from the text of -listen. */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define LISTEN_BACKLOG 1024
#define LISTEN_HOST_MAX 255 /* bytes */

/* A listening socket, or an error; the descriptor is the caller's to close. */
struct listen_socket {
    int fd;
    unsigned port;
};

/* True for text of the right form; whether the address can be had is seen when it is opened. */
bool listen_address_is_valid(struct slice text);

/*
 * Opens what text says: "host:port", "[v6]:port" or ":port"; the last is every address, IPv4 and IPv6
 * on one socket.  Port 0 lets the system choose; ret->port is the real one.  -1 with ERROR_USAGE for
 * text that is no address, ERROR_IO when the address cannot be had.
 */
int listen_socket_open(struct slice text, struct listen_socket *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
