#ifndef SRC_CERT_PROBE_H
#define SRC_CERT_PROBE_H

/*
 * What a client is shown at a TLS port: connects, shakes hands, and returns the certificates.
 *
 * Nothing is verified here; cert_check_chain() does that.  No connection outlives the call.  Thread-safe.
 */

#include <stdint.h>

#include "base/error.h"
#include "cert/pem.h"

/* Borrowed for the call. */
struct cert_probe_request {
    const char *host, *port; /* as getaddrinfo() takes them */
    int64_t timeout;         /* microseconds, for all of it but the look-up of the name */
};

/* -1 with ERROR_IO (no connection, or the handshake failed) or ERROR_NOMEM; cert_pem_done() frees. */
int cert_probe(const struct cert_probe_request *req, struct cert_pem_list *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
