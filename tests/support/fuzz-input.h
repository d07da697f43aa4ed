#ifndef TESTS_SUPPORT_FUZZ_INPUT_H
#define TESTS_SUPPORT_FUZZ_INPUT_H

/* What the structured fuzz entries make of their bytes: choices and pieces. Never fails. */

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/* The bytes that are left; borrowed. */
struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* The next byte modulo `below`; 0 at the end. */
unsigned fuzz_choice(struct fuzz_input *in, unsigned below);

/* The next n bytes, or as many as there are. */
struct slice fuzz_bytes(struct fuzz_input *in, size_t n);

/* What stands before the next NUL, or the rest; moves behind it. */
struct slice fuzz_piece(struct fuzz_input *in);

/* Appends a JSON string with the text; what is not UTF-8 is replaced. */
void fuzz_put_string(struct buf *out, struct slice text);

#endif
