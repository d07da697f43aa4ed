#ifndef SRC_SERVER_TLS_PRIORITY_H
#define SRC_SERVER_TLS_PRIORITY_H

/*
 * What TLS offers, as a GnuTLS priority string.
 *
 * GnuTLS combines key exchanges and ciphers freely, so a choice of suites widens to every combination of
 * the exchanges and ciphers in it; TLS 1.3 has the chosen ciphers too.  Pure function.
 */

#include <stdbool.h>

#include "base/buf.h"

enum tls_cipher {
    TLS_CIPHER_AES_128_GCM = 1 << 0,
    TLS_CIPHER_AES_256_GCM = 1 << 1,
    TLS_CIPHER_CHACHA20 = 1 << 2,
};

enum tls_exchange { /* of TLS 1.2; TLS 1.3 has its own */
                    TLS_EXCHANGE_ECDHE_ECDSA = 1 << 0,
                    TLS_EXCHANGE_ECDHE_RSA = 1 << 1,
                    TLS_EXCHANGE_RSA = 1 << 2,
};

struct tls_choice {
    bool tls13_only;
    unsigned ciphers;   /* 0: all */
    unsigned exchanges; /* 0 with ciphers: TLS 1.3 only */
};

#define TLS_PRIORITY_MAX 512

/* Appends the string, NUL included in the buffer but not counted (see buf_cstr()). */
void tls_priority_put(struct buf *out, const struct tls_choice *choice);

#endif
