#ifndef SRC_JSON_UNESCAPE_H
#define SRC_JSON_UNESCAPE_H

/*
 * Escapes of strings that json_scan() has accepted.  Internal to src/json.  Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Takes one character of *rest (not empty): an escape, a pair of surrogate escapes, or one byte of
 * plain text.  Returns its code point, or the byte; *ret_is_escape tells which.  A lone surrogate
 * escape yields itself (U+D800..U+DFFF).
 */
uint32_t json_take(struct slice *rest, bool *ret_is_escape);

static inline bool json_is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

/* Writes a code point as UTF-8 (surrogates too, as three bytes); returns the number of bytes. */
size_t json_utf8(uint32_t code, char ret_bytes[4]);

/* A stream of the resolved bytes of an escaped string; lone surrogates as three bytes. */
struct json_bytes {
    struct slice rest;
    char pending[4];
    unsigned char at, count;
};

/* The next byte, or -1 at the end. */
int json_next_byte(struct json_bytes *stream);

#endif
