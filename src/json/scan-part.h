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
/* One bit for each of 16 bytes that is not plain; bytes from 0x80 on are negative numbers here. */
INLINE unsigned special_mask(const byte *p)
{
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
    __m128i slash = _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'));
    __m128i other = _mm_cmplt_epi8(v, _mm_set1_epi8(0x20));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(quote, slash), other));
}
#endif

/* The first byte from p on that is not plain, or end. */
INLINE const byte *plain_end(const byte *p, const byte *end)
{
#if HAVE_SSE2
    while (end - p >= 16) {
        unsigned mask = special_mask(p);
        if (mask != 0)
            return p + __builtin_ctz(mask);
        p += 16;
    }
#endif
    while (p < end && is_plain(*p))
        p++;
    return p;
}

#endif
