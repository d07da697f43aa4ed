#ifndef SRC_CERT_CHECK_H
#define SRC_CERT_CHECK_H

/* Is this certificate fit to serve?  Everything that a client would stumble over, found before. */

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"
#include "cert/bundle.h"
#include "cert/hosts.h"

#define CERT_CLOCK_ALLOWANCE ((int64_t)5 * 60) /* seconds that two clocks may differ */

/*
 * The chain leads to one of the anchors (PEM; empty: not looked at) by certificates that have not ended, the
 * leaf is for every host and for TLS servers, has not ended now and does not begin later than the allowance.
 * That key and leaf belong together was checked when the bundle was made.  -1 with ERROR_CRYPTO: what is
 * wrong, and what would be right.
 */
int cert_check(const struct cert_bundle *b, const struct cert_hosts *hosts, struct slice anchors,
               int64_t now, struct error *err) __attribute__((warn_unused_result));

#endif
