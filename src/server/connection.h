#ifndef SRC_SERVER_CONNECTION_H
#define SRC_SERVER_CONNECTION_H

/*
 * struct connection: what we keep for one TCP connection.
 *
 * Made and freed by connection_notify(), which libmicrohttpd calls before the first handshake byte
 * and after the TLS session is gone; only that connection's thread touches it.
 */

#include <stdbool.h>

#include <gnutls/abstract.h>
#include <microhttpd.h>

struct cert_bundle;
struct server;

struct connection {
    struct server *server;
    int fd;                     /* libmicrohttpd's: never closed here */
    struct cert_bundle *bundle; /* a reference; GnuTLS borrows from it until the session ends */
    bool is_corked;             /* GnuTLS holds records back */
    bool has_odd_uri;           /* the request's raw target cannot be trusted after decoding */
};

/* MHD_OPTION_NOTIFY_CONNECTION; cls is the struct server. */
void connection_notify(void *cls, struct MHD_Connection *c, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);

/* MHD_OPTION_URI_LOG_CALLBACK: looks at the raw request target. Always NULL. */
void *connection_uri(void *cls, const char *uri, struct MHD_Connection *c);

/* MHD_OPTION_HTTPS_CERT_CALLBACK2: the store's current certificate. */
gnutls_certificate_retrieve_function3 connection_certificate;

/* The record of c, or NULL when memory was gone at its start. */
struct connection *connection_of(struct MHD_Connection *c);

/* Holds records back, so that the answer's header and body leave as one; see connection_flush(). */
void connection_cork(struct MHD_Connection *c);

/* Sends what was held back.  A client that does not read loses its connection. */
void connection_flush(struct MHD_Connection *c);

#endif
