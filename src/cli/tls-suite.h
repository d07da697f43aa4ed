#ifndef SRC_CLI_TLS_SUITE_H
#define SRC_CLI_TLS_SUITE_H

/*
 * The cipher suites that -tls-cipher-suites accepts, by the names of Go and IANA.  What to do with
 * them is the server's matter; here they are only names and properties.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

enum tls_suite_id {
    TLS_SUITE_RSA_RC4,
    TLS_SUITE_RSA_3DES,
    TLS_SUITE_RSA_AES128_CBC_SHA,
    TLS_SUITE_RSA_AES256_CBC_SHA,
    TLS_SUITE_RSA_AES128_CBC_SHA256,
    TLS_SUITE_RSA_AES128_GCM,
    TLS_SUITE_RSA_AES256_GCM,
    TLS_SUITE_ECDHE_ECDSA_RC4,
    TLS_SUITE_ECDHE_ECDSA_AES128_CBC_SHA,
    TLS_SUITE_ECDHE_ECDSA_AES256_CBC_SHA,
    TLS_SUITE_ECDHE_ECDSA_AES128_CBC_SHA256,
    TLS_SUITE_ECDHE_ECDSA_AES128_GCM,
    TLS_SUITE_ECDHE_ECDSA_AES256_GCM,
    TLS_SUITE_ECDHE_ECDSA_CHACHA20,
    TLS_SUITE_ECDHE_RSA_RC4,
    TLS_SUITE_ECDHE_RSA_3DES,
    TLS_SUITE_ECDHE_RSA_AES128_CBC_SHA,
    TLS_SUITE_ECDHE_RSA_AES256_CBC_SHA,
    TLS_SUITE_ECDHE_RSA_AES128_CBC_SHA256,
    TLS_SUITE_ECDHE_RSA_AES128_GCM,
    TLS_SUITE_ECDHE_RSA_AES256_GCM,
    TLS_SUITE_ECDHE_RSA_CHACHA20,
    TLS_SUITE_TLS13_AES128_GCM,
    TLS_SUITE_TLS13_AES256_GCM,
    TLS_SUITE_TLS13_CHACHA20,
    TLS_SUITE__COUNT
};

/* One name; two names may mean the same suite. */
struct tls_suite {
    const char *name;
    enum tls_suite_id id;
    bool insecure; /* RC4, 3DES, CBC: the name is accepted, the suite is not offered */
    bool tls13;    /* TLS 1.3 suites are always offered, as in Go */
};

extern const struct tls_suite tls_suite_table[];
extern const size_t tls_suite_count;

/* The row with exactly this name, or NULL. */
const struct tls_suite *tls_suite_find(struct slice name);

/* The nearest secure name, or NULL when none is near. */
const char *tls_suite_nearest(struct slice name);

#endif
