#ifndef TESTS_SUPPORT_MADE_CERT_H
#define TESTS_SUPPORT_MADE_CERT_H

/* Certificates made when the test runs, as it wants them.  What cannot be made aborts. */

#include <stdbool.h>
#include <stdint.h>

#include <gnutls/x509.h>

#include "base/buf.h"

struct made_cert {
    gnutls_x509_crt_t crt;
    gnutls_x509_privkey_t key;
    struct buf pem, key_pem;
};

/* What differs from an ECDSA P-256 leaf without names or usages, which signs itself. */
struct made_cert_wish {
    const char *name;  /* common name */
    const char *hosts; /* comma list of subject alternative names */
    int64_t from, to;  /* seconds since the epoch; both 0: the day before and after now */
    unsigned serial;   /* 0: 1 */
    bool is_ca, is_rsa;
    bool is_fixed;               /* the same key and signature each time: for fuzzing, and fast */
    const char *const *purposes; /* OIDs of the extended key usage, up to NULL */
    const struct made_cert *issuer;
    const struct made_cert *key_of; /* the same key */
};

void made_cert_init(struct made_cert *c, const struct made_cert_wish *wish);
void made_cert_done(struct made_cert *c);

/* Both at once, for one line in a test. */
#define made_cert(c, ...) made_cert_init((c), &(struct made_cert_wish){ __VA_ARGS__ })

static inline struct slice made_cert_pem(const struct made_cert *c)
{
    return buf_slice(&c->pem);
}

#endif
