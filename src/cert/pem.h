#ifndef SRC_CERT_PEM_H
#define SRC_CERT_PEM_H

/* Lists of certificates as PEM text.  Thread-safe. */

#include <stdint.h>

#include <gnutls/x509.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define CERT_PEM_CERTS_MAX 64u

struct cert_pem_list {
    gnutls_x509_crt_t at[CERT_PEM_CERTS_MAX];
    unsigned count;
};

/* At least one certificate; -1 with ERROR_CRYPTO, ERROR_LIMIT. cert_pem_done() frees; it is empty after a failure. */
int cert_pem_parse(struct slice pem, struct cert_pem_list *ret, struct error *err)
    __attribute__((warn_unused_result));
void cert_pem_done(struct cert_pem_list *list);

/* Appends one certificate as GnuTLS writes it, so that equal certificates have equal text. */
int cert_pem_put(gnutls_x509_crt_t crt, struct buf *pem, struct error *err)
    __attribute__((warn_unused_result));

/* When the first of them ends, in seconds since the epoch. */
int64_t cert_pem_not_after(const struct cert_pem_list *list);

#endif
