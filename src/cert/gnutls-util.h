#ifndef SRC_CERT_GNUTLS_UTIL_H
#define SRC_CERT_GNUTLS_UTIL_H

/* Small adapters between GnuTLS and the house: scope-bound release, slices, errors. */

#include <stdint.h>

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

DEFINE_CLEANUP(gnutls_x509_crt_deinit, gnutls_x509_crt_t);
DEFINE_CLEANUP(gnutls_x509_privkey_deinit, gnutls_x509_privkey_t);
DEFINE_CLEANUP(gnutls_pubkey_deinit, gnutls_pubkey_t);

/* The slice as GnuTLS wants its inputs; GnuTLS reads them only, though the type does not say so. */
static inline gnutls_datum_t gnutls_datum_of(struct slice s)
{
    return (gnutls_datum_t){ (unsigned char *)(uintptr_t)s.ptr, (unsigned)s.len };
}

/* Fails with ERROR_NOMEM or ERROR_CRYPTO and "what: GnuTLS's text"; always returns -1. */
static inline int gnutls_fail(struct error *err, const char *what, int rc)
{
    if (rc == GNUTLS_E_MEMORY_ERROR)
        return error_nomem(err);
    return error_set(err, ERROR_CRYPTO, "%s: %s", what, gnutls_strerror(rc));
}

#endif
