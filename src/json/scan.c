#include "json/scan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

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

#define TEXT_BYTES_PER_NODE 8 /* the first guess of a compact document's node count */
#define NODES_FIRST 64u
#define NO_PARENT (UINT32_MAX - 1)

typedef unsigned char byte;

enum why {
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

/* clang-format off */
static const struct { enum error_code code; const char *text; } reasons[WHY__COUNT] = {
    [WHY_EMPTY]        = { ERROR_SYNTAX, "the text is empty, a JSON value is expected" },
    [WHY_BOM]          = { ERROR_SYNTAX, "a byte-order mark is not allowed, the text must start with a value" },
    [WHY_LENGTH]       = { ERROR_LIMIT,  "the text is longer than the scanner's limit" },
    [WHY_NOMEM]        = { ERROR_NOMEM,  "out of memory" },
    [WHY_NODES]        = { ERROR_LIMIT,  "more names and values than the limit" },
    [WHY_DEPTH]        = { ERROR_LIMIT,  "arrays and objects are nested deeper than the limit" },
    [WHY_END_VALUE]    = { ERROR_SYNTAX, "the text ends where a value is expected" },
    [WHY_END_NAME]     = { ERROR_SYNTAX, "the text ends where a member's name is expected" },
    [WHY_END_COLON]    = { ERROR_SYNTAX, "the text ends where ':' is expected" },
    [WHY_END_ARRAY]    = { ERROR_SYNTAX, "the text ends inside an array, ',' or ']' is expected" },
    [WHY_END_OBJECT]   = { ERROR_SYNTAX, "the text ends inside an object, ',' or '}' is expected" },
    [WHY_END_STRING]   = { ERROR_SYNTAX, "the text ends inside a string, '\"' is expected" },
    [WHY_VALUE]        = { ERROR_SYNTAX, "a value is expected: a string, number, object, array, true, false or null" },
    [WHY_NAME]         = { ERROR_SYNTAX, "a member's name in double quotes is expected" },
    [WHY_COLON]        = { ERROR_SYNTAX, "':' is expected after a member's name" },
    [WHY_COMMA_ARRAY]  = { ERROR_SYNTAX, "',' or ']' is expected after an array's element" },
    [WHY_COMMA_OBJECT] = { ERROR_SYNTAX, "',' or '}' is expected after a member's value" },
    [WHY_TRAILING]     = { ERROR_SYNTAX, "nothing but white space may follow the value" },
    [WHY_LITERAL]      = { ERROR_SYNTAX, "an unknown word, only true, false and null are allowed" },
    [WHY_ZERO]         = { ERROR_SYNTAX, "a number has a leading zero, no digit may follow it" },
    [WHY_INTEGER]      = { ERROR_SYNTAX, "a number needs a digit after '-'" },
    [WHY_FRACTION]     = { ERROR_SYNTAX, "a number needs a digit after '.'" },
    [WHY_EXPONENT]     = { ERROR_SYNTAX, "a number needs a digit in its exponent" },
    [WHY_CONTROL]      = { ERROR_SYNTAX, "a string has a raw control character, it must be escaped" },
    [WHY_ESCAPE]       = { ERROR_SYNTAX, "an unknown escape, one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u is expected" },
    [WHY_HEX]          = { ERROR_SYNTAX, "\\u needs four hexadecimal digits" },
    [WHY_UTF8]         = { ERROR_SYNTAX, "bytes that are not valid UTF-8" },
};
/* clang-format on */

/* All of it is inlined into scan_text(), so that the members become registers. */
struct scanner {
    const byte *p;
    const byte *end;
    const byte *text;
    struct json_node *nodes;
    uint32_t count;
    uint32_t cap;
    uint32_t open;  /* innermost open container; its node's `next` holds the parent until closed */
    uint32_t depth; /* number of open containers */
    byte closer;    /* of the innermost: ']' or '}', 0 without one */
};

/* Where a part of the scan stopped: two registers. */
struct stop {
    const byte *p;
    unsigned escaped; /* of strings */
    enum why why;
};

INLINE bool is_digit(byte c)
{
    return (byte)(c - '0') < 10;
}

/* May stand in a string as it is, without a further look. */
INLINE bool is_plain(byte c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

SLOW const byte *skip_blanks(const byte *p, const byte *end)
{
    while (p < end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
        p++;
    return p;
}

INLINE void skip_space(struct scanner *s)
{
    if (s->p < s->end && UNLIKELY(*s->p <= ' '))
        s->p = skip_blanks(s->p, s->end);
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

INLINE bool is_hex(byte c)
{
    return is_digit(c) || (byte)((c | 0x20) - 'a') < 6;
}

/* p is at the backslash. */
INLINE struct stop scan_escape(const byte *p, const byte *end)
{
    if (end - p < 2)
        return (struct stop){ end, 1, WHY_END_STRING };
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        return (struct stop){ p + 2, 1, WHY_NONE };
    case 'u':
        break;
    default:
        return (struct stop){ p, 1, WHY_ESCAPE };
    }
    for (int i = 2; i < 6; i++) {
        if (p + i == end)
            return (struct stop){ end, 1, WHY_END_STRING };
        if (!is_hex(p[i]))
            return (struct stop){ p, 1, WHY_HEX };
    }
    return (struct stop){ p + 6, 1, WHY_NONE };
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

INLINE struct stop scan_utf8(const byte *p, const byte *end)
{
    while (p < end && *p >= 0x80) {
        int length = utf8_length(p, end);
        if (length == 0)
            return (struct stop){ p, 0, WHY_UTF8 };
        p += length;
    }
    return (struct stop){ p, 0, WHY_NONE };
}

/* The rest of a string from its first byte that is not plain; stops at the closing quote. */
SLOW struct stop scan_string_rest(const byte *p, const byte *end)
{
    unsigned escaped = 0;
    while (p < end && *p != '"') {
        struct stop part;
        if (*p == '\\')
            part = scan_escape(p, end);
        else if (*p >= 0x80)
            part = scan_utf8(p, end);
        else
            part = (struct stop){ p, 0, WHY_CONTROL };
        if (part.why != WHY_NONE)
            return part;
        escaped |= part.escaped;
        p = plain_end(part.p, end);
    }
    return (struct stop){ p, escaped, p < end ? WHY_NONE : WHY_END_STRING };
}

SLOW enum why grow(struct json_index *ix)
{
    if (ix->cap >= ix->max_nodes)
        return WHY_NODES;
    uint32_t cap = ix->cap < ix->max_nodes - ix->cap ? 2 * ix->cap : ix->max_nodes;
    struct json_node *nodes = realloc(ix->nodes, cap * sizeof(*nodes));
    if (!nodes)
        return WHY_NOMEM;
    ix->nodes = nodes;
    ix->cap = cap;
    return WHY_NONE;
}

INLINE enum why make_room(struct scanner *s, struct json_index *ix)
{
    if (!UNLIKELY(s->count >= s->cap))
        return WHY_NONE;
    enum why why = grow(ix);
    s->nodes = ix->nodes;
    s->cap = ix->cap < ix->max_nodes ? ix->cap : ix->max_nodes;
    return why;
}

INLINE void put_node(struct scanner *s, const byte *from, const byte *to, enum json_kind kind,
                     unsigned escaped)
{
    struct json_node *node = &s->nodes[s->count++];
    *node = (struct json_node){ .pos = (uint32_t)(from - s->text),
                                .len = (uint32_t)(to - from),
                                .next = s->count,
                                .kind = (uint8_t)kind,
                                .escaped = (uint8_t)escaped };
}

/* p is at the opening quote. */
INLINE enum why scan_string(struct scanner *s, struct json_index *ix)
{
    enum why why = make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    const byte *from = s->p + 1;
    struct stop stop = { plain_end(from, s->end), 0, WHY_NONE };
    if (UNLIKELY(stop.p == s->end || *stop.p != '"')) {
        stop = scan_string_rest(stop.p, s->end);
        if (UNLIKELY(stop.why != WHY_NONE)) {
            s->p = stop.p;
            return stop.why;
        }
    }
    put_node(s, from, stop.p, JSON_STRING, stop.escaped);
    s->p = stop.p + 1;
    return WHY_NONE;
}

INLINE const byte *digits_end(const byte *p, const byte *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

/* At least one digit from p on, or why. */
INLINE struct stop scan_digits(const byte *p, const byte *end, enum why why)
{
    const byte *stop = digits_end(p, end);
    return (struct stop){ stop, 0, stop == p ? why : WHY_NONE };
}

/* Everything behind a number's integer part. */
SLOW struct stop scan_number_rest(const byte *p, const byte *end)
{
    struct stop stop = { p, 0, WHY_NONE };
    if (*p == '.')
        stop = scan_digits(p + 1, end, WHY_FRACTION);
    if (stop.why != WHY_NONE || stop.p == end || (*stop.p | 0x20) != 'e')
        return stop;
    p = stop.p + 1;
    if (p < end && (*p == '+' || *p == '-'))
        p++;
    return scan_digits(p, end, WHY_EXPONENT);
}

INLINE struct stop scan_number(const byte *p, const byte *end)
{
    if (*p == '-')
        p++;
    struct stop stop = scan_digits(p, end, WHY_INTEGER);
    if (stop.why != WHY_NONE)
        return stop;
    if (*p == '0' && stop.p - p > 1)
        return (struct stop){ p, 0, WHY_ZERO };
    if (stop.p < end && (*stop.p == '.' || (*stop.p | 0x20) == 'e'))
        return scan_number_rest(stop.p, end);
    return stop;
}

INLINE bool starts_with(const struct scanner *s, const char *word, long length)
{
    return s->end - s->p >= length && memcmp(s->p, word, (size_t)length) == 0;
}

/* A number or a word. */
INLINE enum why scan_plain_value(struct scanner *s, struct json_index *ix)
{
    enum why why = make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    enum json_kind kind = JSON_NUMBER;
    struct stop stop = { s->p, 0, WHY_NONE };
    if (is_digit(*s->p) || *s->p == '-')
        stop = scan_number(s->p, s->end);
    else if (starts_with(s, "true", 4))
        stop.p += 4, kind = JSON_TRUE;
    else if (starts_with(s, "false", 5))
        kind = JSON_FALSE, stop.p += 5;
    else if (starts_with(s, "null", 4))
        kind = JSON_NULL, stop.p += 4;
    else
        return (byte)((*s->p | 0x20) - 'a') < 26 ? WHY_LITERAL : WHY_VALUE;
    if (stop.why == WHY_NONE)
        put_node(s, s->p, stop.p, kind, 0);
    s->p = stop.p;
    return stop.why;
}

INLINE byte closer_of(unsigned kind)
{
    return kind == JSON_OBJECT ? '}' : ']';
}

INLINE enum why open_container(struct scanner *s, struct json_index *ix, enum json_kind kind)
{
    enum why why = s->depth == ix->max_depth ? WHY_DEPTH : make_room(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    uint32_t parent = s->open;
    s->open = s->count;
    put_node(s, s->p, s->p, kind, 0);
    s->nodes[s->open].next = parent;
    s->depth++;
    s->closer = closer_of(kind);
    s->p++;
    skip_space(s);
    return s->p < s->end && *s->p != s->closer ? WHY_OPENED : WHY_NONE;
}

INLINE void close_container(struct scanner *s)
{
    s->p++;
    struct json_node *node = &s->nodes[s->open];
    s->open = node->next;
    node->len = (uint32_t)(s->p - s->text) - node->pos;
    node->next = s->count;
    s->closer = --s->depth > 0 ? closer_of(s->nodes[s->open].kind) : 0;
}

/* A name and its colon. */
INLINE enum why scan_name(struct scanner *s, struct json_index *ix)
{
    skip_space(s);
    if (UNLIKELY(s->p == s->end))
        return WHY_END_NAME;
    if (UNLIKELY(*s->p != '"'))
        return WHY_NAME;
    enum why why = scan_string(s, ix);
    if (UNLIKELY(why != WHY_NONE))
        return why;
    skip_space(s);
    if (UNLIKELY(s->p == s->end))
        return WHY_END_COLON;
    if (UNLIKELY(*s->p != ':'))
        return WHY_COLON;
    s->p++;
    return WHY_NONE;
}

/* After a value or the opening of an empty container: closes what closes, up to the next comma. */
INLINE enum why scan_separators(struct scanner *s)
{
    while (s->depth > 0) {
        skip_space(s);
        if (UNLIKELY(s->p == s->end))
            return s->closer == '}' ? WHY_END_OBJECT : WHY_END_ARRAY;
        if (*s->p == ',') {
            s->p++;
            return WHY_NONE;
        }
        if (UNLIKELY(*s->p != s->closer))
            return s->closer == '}' ? WHY_COMMA_OBJECT : WHY_COMMA_ARRAY;
        close_container(s);
    }
    return WHY_DONE;
}

/* One value, or the opening bracket of one. */
INLINE enum why scan_value(struct scanner *s, struct json_index *ix)
{
    skip_space(s);
    if (UNLIKELY(s->p == s->end))
        return WHY_END_VALUE;
    if (*s->p == '"')
        return scan_string(s, ix);
    if (*s->p == '{')
        return open_container(s, ix, JSON_OBJECT);
    if (*s->p == '[')
        return open_container(s, ix, JSON_ARRAY);
    return scan_plain_value(s, ix);
}

static struct stop scan_text(struct json_index *ix, struct scanner s)
{
    for (;;) {
        enum why why = s.closer == '}' ? scan_name(&s, ix) : WHY_NONE;
        if (why == WHY_NONE)
            why = scan_value(&s, ix);
        if (why == WHY_NONE)
            why = scan_separators(&s);
        if (UNLIKELY(why != WHY_NONE && why != WHY_OPENED)) {
            ix->count = s.count;
            return (struct stop){ s.p, 0, why };
        }
    }
}

static int refuse(struct json_index *ix, struct slice text, struct stop stop, struct error *err)
{
    ix->count = 0;
    if (stop.why == WHY_NOMEM)
        return error_nomem(err);
    size_t line = 1;
    const byte *start = (const byte *)text.ptr;
    for (const byte *p = start; p < stop.p; p++) {
        if (*p == '\n') {
            line++;
            start = p + 1;
        }
    }
    return error_set(err, reasons[stop.why].code, "line %zu, column %zu: %s", line,
                     (size_t)(stop.p - start) + 1, reasons[stop.why].text);
}

/* What json_scan() refuses by looking at the whole text. */
static enum why check_text(struct slice text)
{
    if (text.len > JSON_TEXT_MAX)
        return WHY_LENGTH;
    if (text.len == 0)
        return WHY_EMPTY;
    return slice_has_prefix(text, SLICE("\xef\xbb\xbf")) ? WHY_BOM : WHY_NONE;
}

/* Room for the nodes that a text of this length has as a rule. */
static enum why reserve(struct json_index *ix, size_t len)
{
    size_t guess = NODES_FIRST + len / TEXT_BYTES_PER_NODE;
    uint32_t cap = guess < ix->max_nodes ? (uint32_t)guess : ix->max_nodes;
    if (cap <= ix->cap)
        return WHY_NONE;
    struct json_node *nodes = malloc(cap * sizeof(*nodes));
    if (!nodes)
        return WHY_NOMEM;
    free(ix->nodes);
    ix->nodes = nodes;
    ix->cap = cap;
    return WHY_NONE;
}

void json_index_init(struct json_index *ix)
{
    *ix = (struct json_index){ .max_nodes = JSON_NODES_MAX, .max_depth = JSON_DEPTH_MAX };
}

void json_index_done(struct json_index *ix)
{
    free(ix->nodes);
    *ix = (struct json_index){ .max_nodes = ix->max_nodes, .max_depth = ix->max_depth };
}

int json_scan(struct json_index *ix, struct slice text, struct error *err)
{
    const byte *begin = (const byte *)text.ptr;
    struct stop stop = { begin, 0, check_text(text) };
    ix->text = text.ptr;
    ix->text_len = text.len;
    if (stop.why == WHY_NONE)
        stop.why = reserve(ix, text.len);
    if (stop.why != WHY_NONE)
        return refuse(ix, text, stop, err);
    struct scanner s = { .p = begin,
                         .end = begin + text.len,
                         .text = begin,
                         .nodes = ix->nodes,
                         .cap = ix->cap < ix->max_nodes ? ix->cap : ix->max_nodes,
                         .open = NO_PARENT };
    stop = scan_text(ix, s);
    if (stop.why != WHY_DONE)
        return refuse(ix, text, stop, err);
    stop.p = skip_blanks(stop.p, s.end);
    stop.why = WHY_TRAILING;
    return stop.p == s.end ? 0 : refuse(ix, text, stop, err);
}
