#ifndef SRC_JSON_SCAN_PART_H
#define SRC_JSON_SCAN_PART_H

/*
 * Parts of json_scan(): why it stops, strings and numbers.  Internal to src/json.
 *
 * What most tokens need is inline, so that the scanner's state stays in registers; the rest is
 * called and answers with where it stopped.  No function reads outside p..end.
 */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#if defined(__SSE2__) && !defined(JSON_NO_SIMD)
#include <emmintrin.h>
#define HAVE_SSE2 1
#else
#define HAVE_SSE2 0
#endif

/* Without it the scanner's state lives in memory instead of registers: twice the instructions. */
#define INLINE static inline __attribute__((always_inline))
#define SLOW static __attribute__((noinline))
#define UNLIKELY(x) __builtin_expect((x), 0)

typedef unsigned char byte;

#define WIDE 16 /* bytes of a string that are looked at together */

enum scan_why {
    WHY_NONE,
    WHY_OPENED, /* a container that is not empty */
    WHY_DONE,   /* the root is complete */
    WHY_EMPTY,
    WHY_BOM,
    WHY_LENGTH,
    WHY_NOMEM,
    WHY_NODES,
    WHY_DEPTH,
    WHY_END_VALUE,
    WHY_END_NAME,
    WHY_END_COLON,
    WHY_END_ARRAY,
    WHY_END_OBJECT,
    WHY_END_STRING,
    WHY_VALUE,
    WHY_NAME,
    WHY_COLON,
    WHY_COMMA_ARRAY,
    WHY_COMMA_OBJECT,
    WHY_TRAILING,
    WHY_LITERAL,
    WHY_ZERO,
    WHY_INTEGER,
    WHY_FRACTION,
    WHY_EXPONENT,
    WHY_CONTROL,
    WHY_ESCAPE,
    WHY_HEX,
    WHY_UTF8,
    WHY__COUNT
};

/* Where a part of the scan stopped: two registers. */
struct scan_stop {
    const byte *p;
    unsigned escaped; /* of strings */
    enum scan_why why;
};

/* Fills err with line, column and reason; always returns -1. */
int json_scan_error(struct slice text, struct scan_stop stop, struct error *err);

/* The rest of a string from its first byte that is not plain; stops at the closing quote. */
struct scan_stop json_scan_string_rest(const byte *p, const byte *end);

/* A number from its sign or first digit. */
struct scan_stop json_scan_number(const byte *p, const byte *end);

INLINE bool is_digit(byte c)
{
    return (byte)(c - '0') < 10;
}

/* May stand in a string as it is, without a further look. */
INLINE bool is_plain(byte c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

#if HAVE_SSE2

INLINE size_t lowest_bit(unsigned mask)
{
    return (unsigned)__builtin_ctz(mask);
}

/*
 * One bit for each of 16 bytes that is not plain.  With one bit turned around the quote stands next to
 * the control characters, so that one comparison finds both, and bytes from 0x80 on, which are negative
 * numbers here.
 */
INLINE unsigned special_mask(const byte *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i turned = _mm_xor_si128(v, _mm_set1_epi8('"' ^ ' '));
    __m128i above = _mm_cmpgt_epi8(turned, _mm_set1_epi8(' '));
    return (unsigned)_mm_movemask_epi8(_mm_andnot_si128(slash, above)) ^ 0xffff;
}
#endif

/* The first byte from p on that is not plain, or end. */
INLINE const byte *plain_end(const byte *p, const byte *end)
{
#if HAVE_SSE2
    while (end - p >= WIDE) {
        unsigned mask = special_mask(p);
        if (mask != 0)
            return p + lowest_bit(mask);
        p += WIDE;
    }
#endif
    while (p < end && is_plain(*p))
        p++;
    return p;
}

#endif
