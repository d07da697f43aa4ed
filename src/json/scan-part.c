#include "json/scan-part.h"

INLINE bool is_hex(byte c)
{
    return is_digit(c) || (byte)((c | 0x20) - 'a') < 6;
}

/* Letters that are an escape by themselves. */
static const bool is_short_escape[256] = {
    ['"'] = true, ['\\'] = true, ['/'] = true, ['b'] = true,
    ['f'] = true, ['n'] = true,  ['r'] = true, ['t'] = true,
};

/* p is at the backslash. */
INLINE struct scan_stop scan_escape(const byte *p, const byte *end)
{
    if (end - p < 2)
        return (struct scan_stop){ end, 1, WHY_END_STRING };
    if (is_short_escape[p[1]])
        return (struct scan_stop){ p + 2, 1, WHY_NONE };
    if (p[1] != 'u')
        return (struct scan_stop){ p, 1, WHY_ESCAPE };
    for (int i = 2; i < 6; i++) {
        if (p + i == end)
            return (struct scan_stop){ end, 1, WHY_END_STRING };
        if (!is_hex(p[i]))
            return (struct scan_stop){ p, 1, WHY_HEX };
    }
    return (struct scan_stop){ p + 6, 1, WHY_NONE };
}

INLINE bool in_range(byte c, byte low, byte high)
{
    return c >= low && c <= high;
}

/*
 * The length of the character at p, whose first byte is 0x80 or more; 0 when it is malformed.
 * Unicode 15 table 3-7: the second byte's range excludes overlong forms, surrogates and > U+10FFFF.
 */
INLINE int utf8_length(const byte *p, const byte *end)
{
    byte first = *p;
    if (first < 0xc2 || first > 0xf4)
        return 0;
    int length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    if (end - p < length)
        return 0;
    byte low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
    byte high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
    if (!in_range(p[1], low, high))
        return 0;
    for (int i = 2; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

INLINE struct scan_stop scan_utf8(const byte *p, const byte *end)
{
    while (p < end && *p >= 0x80) {
        int length = utf8_length(p, end);
        if (length == 0)
            return (struct scan_stop){ p, 0, WHY_UTF8 };
        p += length;
    }
    return (struct scan_stop){ p, 0, WHY_NONE };
}

#if HAVE_SSE2
/*
 * Passes over plain bytes and escapes of one letter, WIDE bytes at a time; stops at anything else, or near
 * the end.
 */
INLINE struct scan_stop skip_escapes(const byte *p, const byte *end)
{
    unsigned escaped = 0;
    while (end - p > WIDE) {
        unsigned mask = special_mask(p);
        unsigned step = WIDE;
        while (mask != 0) {
            size_t at = lowest_bit(mask);
            if (p[at] != '\\' || !is_short_escape[p[at + 1]])
                return (struct scan_stop){ p + at, escaped, WHY_NONE };
            escaped = 1;
            mask &= ~(3u << at);
            step += at == WIDE - 1; /* the letter is the first byte behind */
        }
        p += step;
    }
    return (struct scan_stop){ plain_end(p, end), escaped, WHY_NONE };
}
#else
INLINE struct scan_stop skip_escapes(const byte *p, const byte *end)
{
    return (struct scan_stop){ plain_end(p, end), 0, WHY_NONE };
}
#endif

struct scan_stop json_scan_string_rest(const byte *p, const byte *end)
{
    struct scan_stop part = skip_escapes(p, end);
    unsigned escaped = part.escaped;
    while (part.p < end && *part.p != '"') {
        p = part.p;
        if (*p == '\\')
            part = scan_escape(p, end);
        else if (*p >= 0x80)
            part = scan_utf8(p, end);
        else
            part.why = WHY_CONTROL;
        if (part.why != WHY_NONE)
            return part;
        escaped |= part.escaped;
        part = skip_escapes(part.p, end);
        escaped |= part.escaped;
    }
    return (struct scan_stop){ part.p, escaped, part.p < end ? WHY_NONE : WHY_END_STRING };
}

INLINE const byte *digits_end(const byte *p, const byte *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* At least one digit from p on, or why. */
INLINE struct scan_stop scan_digits(const byte *p, const byte *end, enum scan_why why)
{
    const byte *stop = digits_end(p, end);
    return (struct scan_stop){ stop, 0, stop == p ? why : WHY_NONE };
}

/* Everything behind a number's integer part. */
static struct scan_stop scan_number_rest(const byte *p, const byte *end)
{
    struct scan_stop stop = { p, 0, WHY_NONE };
    if (*p == '.')
        stop = scan_digits(p + 1, end, WHY_FRACTION);
    if (stop.why != WHY_NONE || stop.p == end || (*stop.p | 0x20) != 'e')
        return stop;
    p = stop.p + 1;
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    return scan_digits(p, end, WHY_EXPONENT);
}

struct scan_stop json_scan_number(const byte *p, const byte *end)
{
    if (*p == '-')
        p++;
    struct scan_stop stop = scan_digits(p, end, WHY_INTEGER);
    if (stop.why != WHY_NONE)
        return stop;
    if (*p == '0' && stop.p - p > 1)
        return (struct scan_stop){ p, 0, WHY_ZERO };
    if (stop.p < end && (*stop.p == '.' || (*stop.p | 0x20) == 'e'))
        return scan_number_rest(stop.p, end);
    return stop;
}
