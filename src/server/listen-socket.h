#ifndef SRC_SERVER_LISTEN_SOCKET_H
#define SRC_SERVER_LISTEN_SOCKET_H

/* The listening TCP socket, from the text of -listen. */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define LISTEN_BACKLOG 1024
#define LISTEN_HOST_MAX 255 /* bytes */
#define LISTEN_PORT_SIZE sizeof("65535")

struct listen_address {
    char host[LISTEN_HOST_MAX + 1]; /* empty: every address */
    char port[LISTEN_PORT_SIZE];
};

/* A listening socket, or an error; the descriptor is the caller's to close. */
struct listen_socket {
    int fd;
    unsigned port;
};

/*
 * Takes "host:port", "[v6]:port" or ":port" apart; -1 with ERROR_USAGE for other text.  Whether the address
 * can be had is seen when it is opened.
 */
int listen_address_parse(struct slice text, struct listen_address *ret, struct error *err)
    __attribute__((warn_unused_result));
bool listen_address_is_valid(struct slice text);

/*
 * Opens what text says; ":port" is every address, IPv4 and IPv6
 * on one socket.  Port 0 lets the system choose; ret->port is the real one.  -1 with ERROR_USAGE for
 * text that is no address, ERROR_IO when the address cannot be had.
 */
int listen_socket_open(struct slice text, struct listen_socket *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
