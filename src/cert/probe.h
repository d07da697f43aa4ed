#ifndef SRC_CERT_PROBE_H
#define SRC_CERT_PROBE_H

/*
 * What a client is shown at a TLS port: connects, asks for a name, and returns the certificates.
 *
 * Nothing is verified here; cert_check_chain() does that.  No connection outlives the call.  Thread-safe.
 */

#include <stdint.h>

#include "base/error.h"
#include "cert/pem.h"

/* Borrowed for the call. */
struct cert_probe_request {
    const char *host, *port; /* as getaddrinfo() takes them */
    const char *name;        /* sent as SNI; NULL for none */
    int64_t timeout;         /* microseconds, for connecting and again for the handshake */
};

/* -1 with ERROR_IO (no connection, or the handshake failed) or ERROR_NOMEM; cert_pem_done() frees. */
int cert_probe(const struct cert_probe_request *req, struct cert_pem_list *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
