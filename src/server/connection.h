#ifndef SRC_SERVER_CONNECTION_H
#define SRC_SERVER_CONNECTION_H

/*
 * One connection's life on its worker's thread: notifications of libmicrohttpd and of GnuTLS, cork,
 * certificate, age.  The record is struct connection in state.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include <gnutls/abstract.h>
#include <microhttpd.h>

struct connection;

/* MHD_OPTION_NOTIFY_CONNECTION; cls is the struct worker. */
void connection_notify(void *cls, struct MHD_Connection *c, void **socket_context,
                       enum MHD_ConnectionNotificationCode code);

/* MHD_OPTION_URI_LOG_CALLBACK: a request has begun; looks at its raw target. Always NULL. */
void *connection_uri(void *cls, const char *uri, struct MHD_Connection *c);

/* MHD_OPTION_HTTPS_CERT_CALLBACK2: the store's current certificate. */
gnutls_certificate_retrieve_function3 connection_certificate;

/* The record of c, or NULL when memory was gone at its start. */
struct connection *connection_of(struct MHD_Connection *c);

/* Holds records back, so that the answer's header and body leave as one; see connection_flush(). */
void connection_cork(struct connection *conn);

/* Sends what was held back.  A client that does not read loses its connection. */
void connection_flush(struct connection *conn);

/* True when this answer is to be the connection's last: its age or number of requests; counts it. */
bool connection_is_spent(struct connection *conn, int64_t now_us);

#endif
