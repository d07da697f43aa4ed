#include "cli/serve-tls.h"

#include "cli/tls-suite.h"

/* clang-format off */
static const struct { enum tls_suite_id id; unsigned cipher, exchange; } suites[] = {
    { TLS_SUITE_RSA_AES128_GCM,         TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_RSA },
    { TLS_SUITE_RSA_AES256_GCM,         TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_RSA },
    { TLS_SUITE_ECDHE_ECDSA_AES128_GCM, TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_ECDSA_AES256_GCM, TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_ECDSA_CHACHA20,   TLS_CIPHER_CHACHA20,    TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_RSA_AES128_GCM,   TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_ECDHE_RSA_AES256_GCM,   TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_ECDHE_RSA_CHACHA20,     TLS_CIPHER_CHACHA20,    TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_TLS13_AES128_GCM,       TLS_CIPHER_AES_128_GCM, 0 },
    { TLS_SUITE_TLS13_AES256_GCM,       TLS_CIPHER_AES_256_GCM, 0 },
    { TLS_SUITE_TLS13_CHACHA20,         TLS_CIPHER_CHACHA20,    0 },
};
/* clang-format on */

struct tls_choice serve_tls_choice(const struct server_settings *set)
{
    struct tls_choice choice = { .tls13_only = set->tls13_only };
    if (!set->tls_suites_given)
        return choice;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (!(set->tls_suites & (uint32_t)1 << suites[i].id))
            continue;
        choice.ciphers |= suites[i].cipher;
        choice.exchanges |= suites[i].exchange;
    }
    choice.tls13_only |= choice.ciphers == 0; /* none of those named is offered */
    return choice;
}
