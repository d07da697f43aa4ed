#ifndef SRC_CERT_SELF_SIGNED_H
#define SRC_CERT_SELF_SIGNED_H

/*
 * The embedded certificate source: an ECDSA P-256 key and a certificate signed by itself, in memory.
 *
 * The certificate is its own trust anchor and nobody else's: CA:FALSE, server authentication only,
 * CERT_SELF_SIGNED_LIFE long.  Thread-safe.
 */

#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "cert/bundle.h"
#include "cert/hosts.h"

#define CERT_SELF_SIGNED_LIFE ((int64_t)7 * 24 * 60 * 60) /* seconds */
#define CERT_SELF_SIGNED_SKEW ((int64_t)5 * 60) /* seconds valid before now, for clocks behind */
#define CERT_PEM_MAX ((size_t)64 << 10)

/*
 * Makes a certificate for the hosts of a comma list (DNS names, a leading "*." included, and IP
 * addresses; white space around names and empty parts are dropped), or, when that is absent or
 * empty, for localhost, 127.0.0.1, ::1 and this machine's name.  `now` is in seconds since the epoch.
 * Appends the certificate, never the key, as PEM to pem.  -1 with ERROR_USAGE for a host that can
 * be neither name nor address, ERROR_LIMIT, ERROR_CRYPTO or ERROR_NOMEM.
 */
int cert_self_signed(struct slice hosts, int64_t now, struct buf *pem, struct cert_bundle **ret,
                     struct error *err) __attribute__((warn_unused_result));

#endif
