#include "base/sha256.h"

#include <assert.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

void sha256(struct slice data, unsigned char ret_digest[SHA256_SIZE])
{
    /* Needs no memory and no state; a failure would mean a library without SHA-256. */
    int result =
        gnutls_hash_fast(GNUTLS_DIG_SHA256, data.ptr ? data.ptr : "", data.len, ret_digest);
    assert(result == 0);
}

void sha256_hex(struct slice data, unsigned digits, char ret_text[SHA256_HEX_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char digest[SHA256_SIZE];
    assert(digits <= 2 * SHA256_SIZE && digits % 2 == 0);
    sha256(data, digest);
    for (unsigned i = 0; i < digits; i++)
        ret_text[i] = hex[i % 2 == 0 ? digest[i / 2] >> 4 : digest[i / 2] & 15];
    ret_text[digits] = '\0';
}
