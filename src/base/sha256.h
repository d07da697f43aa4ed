#ifndef SRC_BASE_SHA256_H
#define SRC_BASE_SHA256_H

/* SHA-256 (FIPS 180-4), by GnuTLS. Thread-safe. */

#include "base/str.h"

#define SHA256_SIZE 32
#define SHA256_HEX_SIZE 65

void sha256(struct slice data, unsigned char ret_digest[SHA256_SIZE]);

/* The first `digits` (at most 64, even) lower-case hex digits, NUL-terminated. */
void sha256_hex(struct slice data, unsigned digits, char ret_text[SHA256_HEX_SIZE]);

#endif
