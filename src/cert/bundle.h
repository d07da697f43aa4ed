#ifndef SRC_CERT_BUNDLE_H
#define SRC_CERT_BUNDLE_H

/*
 * struct cert_bundle: one serving certificate chain with its private key, immutable and counted.
 *
 * GnuTLS borrows chain and key for as long as a session lives, so each connection holds a reference
 * and the bundle dies with the last one.  A new bundle has one reference, which belongs to the caller.
 * References may be taken and dropped by any thread.  The key never leaves the process's memory.
 */

#include <stdatomic.h>
#include <stdint.h>

#include <gnutls/abstract.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"

#define CERT_CHAIN_MAX 8u

struct cert_bundle {
    gnutls_pcert_st chain[CERT_CHAIN_MAX]; /* leaf first */
    unsigned chain_len;
    gnutls_privkey_t key;
    int64_t not_before, not_after; /* of the leaf; seconds since the epoch */
    bool is_rsa;                   /* slow: a handshake costs five times that of ECDSA P-256 */
    atomic_uint refs;
};

/*
 * Reads a PEM chain and a PEM key (not encrypted).  The certificates may stand in any order, the leaf is the
 * one with the key; what does not belong to its chain is dropped.  -1 with ERROR_CRYPTO when either cannot be
 * read or no certificate has the key, ERROR_LIMIT for more than CERT_CHAIN_MAX certificates, ERROR_NOMEM.
 */
int cert_bundle_from_pem(struct slice chain_pem, struct slice key_pem, struct cert_bundle **ret,
                         struct error *err) __attribute__((warn_unused_result));

/* The same with a key that is there already; it stays the caller's. */
int cert_bundle_from_pem_and_key(struct slice chain_pem, gnutls_x509_privkey_t key,
                                 struct cert_bundle **ret, struct error *err)
    __attribute__((warn_unused_result));

/* The same from finished objects, which stay the caller's. */
int cert_bundle_from_objects(gnutls_x509_crt_t leaf, gnutls_x509_privkey_t key,
                             struct cert_bundle **ret, struct error *err)
    __attribute__((warn_unused_result));

/* -1 with ERROR_CRYPTO unless the leaf is valid at `now` (seconds since the epoch). */
int cert_bundle_check_dates(const struct cert_bundle *b, int64_t now, struct error *err)
    __attribute__((warn_unused_result));

/* The same for the dates of any certificate. */
int cert_bundle_judge_dates(int64_t not_before, int64_t not_after, int64_t now, struct error *err)
    __attribute__((warn_unused_result));

/* One more reference; returns b. */
struct cert_bundle *cert_bundle_ref(struct cert_bundle *b);

/* Drops a reference; the last one frees. NULL is fine. */
void cert_bundle_unref(struct cert_bundle *b);

DEFINE_CLEANUP(cert_bundle_unref, struct cert_bundle *);

#endif
