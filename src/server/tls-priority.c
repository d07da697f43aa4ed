#include "server/tls-priority.h"

struct word {
    unsigned bit;
    struct slice text;
};

/* In order of preference: AES has instructions everywhere we run, AES-128 the cheaper hash. */
static const struct word ciphers[] = {
    { TLS_CIPHER_AES_128_GCM, SLICE_INIT(":+AES-128-GCM") },
    { TLS_CIPHER_AES_256_GCM, SLICE_INIT(":+AES-256-GCM") },
    { TLS_CIPHER_CHACHA20, SLICE_INIT(":+CHACHA20-POLY1305") },
};

static const struct word exchanges[] = {
    { TLS_EXCHANGE_ECDHE_ECDSA, SLICE_INIT(":+ECDHE-ECDSA") },
    { TLS_EXCHANGE_ECDHE_RSA, SLICE_INIT(":+ECDHE-RSA") },
    { TLS_EXCHANGE_RSA, SLICE_INIT(":+RSA") },
};

static void put_words(struct buf *out, const struct word *words, size_t count, unsigned bits)
{
    for (size_t i = 0; i < count; i++)
        if (bits & words[i].bit)
            buf_put_slice(out, words[i].text);
}

#define PUT_WORDS(out, words, bits) put_words(out, words, sizeof(words) / sizeof((words)[0]), bits)

void tls_priority_put(struct buf *out, const struct tls_choice *choice)
{
    bool is_default = choice->ciphers == 0 || choice->tls13_only; /* Go: no choice for 1.3 */
    unsigned exchange_bits =
        is_default ? TLS_EXCHANGE_ECDHE_ECDSA | TLS_EXCHANGE_ECDHE_RSA : choice->exchanges;
    buf_put_lit(out, "NORMAL:-VERS-ALL:+VERS-TLS1.3");
    if (!choice->tls13_only && exchange_bits != 0)
        buf_put_lit(out, ":+VERS-TLS1.2");
    buf_put_lit(out, ":-CIPHER-ALL");
    PUT_WORDS(out, ciphers, is_default ? ~0u : choice->ciphers);
    buf_put_lit(out, ":-KX-ALL");
    PUT_WORDS(out, exchanges, exchange_bits);
    buf_put_lit(out, ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1"
                     ":%SERVER_PRECEDENCE");
}
