#include "cli/tls-suite.h"

#include "base/text.h"

#define SUGGEST_MAX 8u /* edits; the names are long */

/* clang-format off */
#define OFFERED .insecure = false
#define REFUSED .insecure = true

const struct tls_suite tls_suite_table[] = {
    { "TLS_RSA_WITH_RC4_128_SHA",                      TLS_SUITE_RSA_RC4,                       REFUSED },
    { "TLS_RSA_WITH_3DES_EDE_CBC_SHA",                 TLS_SUITE_RSA_3DES,                      REFUSED },
    { "TLS_RSA_WITH_AES_128_CBC_SHA",                  TLS_SUITE_RSA_AES128_CBC_SHA,            REFUSED },
    { "TLS_RSA_WITH_AES_256_CBC_SHA",                  TLS_SUITE_RSA_AES256_CBC_SHA,            REFUSED },
    { "TLS_RSA_WITH_AES_128_CBC_SHA256",               TLS_SUITE_RSA_AES128_CBC_SHA256,         REFUSED },
    { "TLS_RSA_WITH_AES_128_GCM_SHA256",               TLS_SUITE_RSA_AES128_GCM,                OFFERED },
    { "TLS_RSA_WITH_AES_256_GCM_SHA384",               TLS_SUITE_RSA_AES256_GCM,                OFFERED },
    { "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",              TLS_SUITE_ECDHE_ECDSA_RC4,               REFUSED },
    { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",          TLS_SUITE_ECDHE_ECDSA_AES128_CBC_SHA,    REFUSED },
    { "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",          TLS_SUITE_ECDHE_ECDSA_AES256_CBC_SHA,    REFUSED },
    { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",       TLS_SUITE_ECDHE_ECDSA_AES128_CBC_SHA256, REFUSED },
    { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",       TLS_SUITE_ECDHE_ECDSA_AES128_GCM,        OFFERED },
    { "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",       TLS_SUITE_ECDHE_ECDSA_AES256_GCM,        OFFERED },
    { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305",        TLS_SUITE_ECDHE_ECDSA_CHACHA20,          OFFERED },
    { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", TLS_SUITE_ECDHE_ECDSA_CHACHA20,          OFFERED },
    { "TLS_ECDHE_RSA_WITH_RC4_128_SHA",                TLS_SUITE_ECDHE_RSA_RC4,                 REFUSED },
    { "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",           TLS_SUITE_ECDHE_RSA_3DES,                REFUSED },
    { "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",            TLS_SUITE_ECDHE_RSA_AES128_CBC_SHA,      REFUSED },
    { "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",            TLS_SUITE_ECDHE_RSA_AES256_CBC_SHA,      REFUSED },
    { "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",         TLS_SUITE_ECDHE_RSA_AES128_CBC_SHA256,   REFUSED },
    { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",         TLS_SUITE_ECDHE_RSA_AES128_GCM,          OFFERED },
    { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",         TLS_SUITE_ECDHE_RSA_AES256_GCM,          OFFERED },
    { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305",          TLS_SUITE_ECDHE_RSA_CHACHA20,            OFFERED },
    { "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",   TLS_SUITE_ECDHE_RSA_CHACHA20,            OFFERED },
    { "TLS_AES_128_GCM_SHA256",                        TLS_SUITE_TLS13_AES128_GCM,              OFFERED, .tls13 = true },
    { "TLS_AES_256_GCM_SHA384",                        TLS_SUITE_TLS13_AES256_GCM,              OFFERED, .tls13 = true },
    { "TLS_CHACHA20_POLY1305_SHA256",                  TLS_SUITE_TLS13_CHACHA20,                OFFERED, .tls13 = true },
};
/* clang-format on */

const size_t tls_suite_count = sizeof(tls_suite_table) / sizeof(tls_suite_table[0]);

const struct tls_suite *tls_suite_find(struct slice name)
{
    for (size_t i = 0; i < tls_suite_count; i++)
        if (slice_equal(slice_of(tls_suite_table[i].name), name))
            return &tls_suite_table[i];
    return NULL;
}

const char *tls_suite_nearest(struct slice name)
{
    const char *best = NULL;
    unsigned best_distance = SUGGEST_MAX + 1;

    for (size_t i = 0; i < tls_suite_count; i++) {
        const struct tls_suite *s = &tls_suite_table[i];
        unsigned d =
            s->insecure ? best_distance : text_distance(name, slice_of(s->name), SUGGEST_MAX);

        if (d < best_distance) {
            best = s->name;
            best_distance = d;
        }
    }
    return best;
}
