#ifndef SRC_CERT_KEY_H
#define SRC_CERT_KEY_H

/*
 * The serving key and the request to have it certified.  Keys are ECDSA P-256, live in memory only and
 * never leave the process; GnuTLS wipes what it frees of them.  Thread-safe.
 */

#include <gnutls/x509.h>

#include "base/buf.h"
#include "base/error.h"
#include "cert/hosts.h"

int cert_key_new(gnutls_x509_privkey_t *ret, struct error *err) __attribute__((warn_unused_result));

/*
 * Appends a certificate request (PKCS #10, PEM) for the key: the hosts as subject alternative names, the
 * first DNS name also as common name, for roles that ask for one.
 */
int cert_key_request(gnutls_x509_privkey_t key, const struct cert_hosts *hosts, struct buf *pem,
                     struct error *err) __attribute__((warn_unused_result));

#endif
