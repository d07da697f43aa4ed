#include "base/text.h"

#include <stdint.h>

#if defined(__SSE2__) && !defined(TEXT_NO_SIMD)
#include <emmintrin.h>
#define HAVE_SSE2 1
#else
#define HAVE_SSE2 0
#endif

#include "base/lower.h"

#define REPLACEMENT 0xfffdu
#define BAND (2 * TEXT_DISTANCE_LIMIT_MAX + 1)

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/*
 * Decodes the character at the front of s, which is not empty: its length in bytes, or 0 when it is
 * not UTF-8 (overlong forms, surrogates and values beyond U+10FFFF included).
 */
static size_t decode(struct slice s, uint32_t *ret)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    unsigned char lead = (unsigned char)s.ptr[0];
    if (lead < 0x80) {
        *ret = lead;
        return 1;
    }
    size_t n = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc0 || lead > 0xf7 || s.len < n)
        return 0;
    uint32_t c = lead & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if (!is_continuation(s.ptr[i]))
            return 0;
        c = c << 6 | ((unsigned char)s.ptr[i] & 0x3fu);
    }
    if (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *ret = c;
    return n;
}

/* Writes c as UTF-8 unless out is NULL; its length. */
static size_t encode(uint32_t c, char *out)
{
    char bytes[4] = { (char)c };
    size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = n; n > 1 && i-- > 0; c >>= 6)
        bytes[i] = (char)(i > 0 ? 0x80 | (c & 0x3f) : lead[n] | c);
    if (out)
        memcpy(out, bytes, n);
    return n;
}

/* C1 controls, line and paragraph separators, and what turns the direction of text around. */
static bool is_invisible(uint32_t c)
{
    return (c >= 0x80 && c <= 0x9f) || c == 0x61c || c == 0x200e || c == 0x200f ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* One character as itself or as an escape; `quotes` are those that get a backslash. */
#define WORD sizeof(uint64_t)
#define EACH_BYTE(c) ((uint64_t)0x0101010101010101 * (c))

/* The high bit of at least one byte is set when one of the eight bytes is less than c (c <= 0x80). */
static inline uint64_t any_less(uint64_t bytes, unsigned c)
{
    return (bytes - EACH_BYTE(c)) & ~bytes & EACH_BYTE(0x80);
}

/* Not zero when one of eight bytes is no printable ASCII, or one of the characters that words lack. */
static inline uint64_t any_odd(uint64_t bytes, bool is_word)
{
    uint64_t odd = any_less(bytes, is_word ? ' ' + 1 : ' ') | (bytes & EACH_BYTE(0x80)) |
                   any_less(bytes ^ EACH_BYTE(0x7f), 1);
    if (is_word)
        odd |= any_less(bytes ^ EACH_BYTE('"'), 1) | any_less(bytes ^ EACH_BYTE('\\'), 1) |
               any_less(bytes ^ EACH_BYTE('='), 1);
    return odd;
}

/* Eight bytes a turn; the last ones together with bytes that were seen, or with harmless ones. */
static inline bool is_ordinary(struct slice s, bool is_word)
{
    uint64_t odd = 0, bytes = EACH_BYTE('-');
    size_t at = 0;
    for (; s.len - at >= WORD; at += WORD) {
        memcpy(&bytes, s.ptr + at, WORD);
        odd |= any_odd(bytes, is_word);
    }
    if (at > 0)
        memcpy(&bytes, s.ptr + s.len - WORD, WORD);
    else if (s.len > 0)
        memcpy(&bytes, s.ptr, s.len);
    return (odd | any_odd(bytes, is_word)) == 0;
}

bool text_is_word(struct slice s)
{
    return s.len > 0 && is_ordinary(s, true);
}

static void put_visible_char(struct buf *out, struct slice bytes, uint32_t c, const char *quotes)
{
    static const char named[0x20] = { ['\t'] = 't', ['\n'] = 'n', ['\r'] = 'r' };
    if (c > 0 && c < 0x80 && strchr(quotes, (int)c))
        buf_put(out, (char[]){ '\\', (char)c }, 2);
    else if (c < 0x20 && named[c] != 0)
        buf_put(out, (char[]){ '\\', named[c] }, 2);
    else if (c < 0x20 || c == 0x7f)
        buf_printf(out, "\\x%02x", c);
    else if (is_invisible(c))
        buf_printf(out, "\\u%04x", c);
    else
        buf_put_slice(out, bytes);
}

static void put_visible(struct buf *out, struct slice s, size_t max, const char *quotes)
{
    size_t at = 0;
    while (at < s.len) {
        struct slice rest = slice_after(s, at);
        uint32_t c = 0;
        size_t n = decode(rest, &c);
        size_t step = n > 0 ? n : 1;
        if (step > max - at)
            break;
        if (n > 0)
            put_visible_char(out, (struct slice){ rest.ptr, n }, c, quotes);
        else
            buf_printf(out, "\\x%02x", (unsigned char)rest.ptr[0]);
        at += step;
    }
    if (at < s.len)
        buf_put_lit(out, "...");
}

void text_put_printable(struct buf *out, struct slice s, size_t max)
{
    put_visible(out, s, max, "\\'");
}

void text_put_line(struct buf *out, struct slice s, size_t max)
{
    if (s.len <= max && is_ordinary(s, false))
        buf_put_slice(out, s);
    else
        put_visible(out, s, max, "");
}

static inline bool needs_json_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\';
}

static inline uint64_t load_word(const char *p)
{
    uint64_t bytes;
    memcpy(&bytes, p, sizeof(bytes));
    return bytes;
}

/* Not 0 when one of the eight bytes needs an escape. */
static inline uint64_t any_needs_json_escape(uint64_t bytes)
{
    return any_less(bytes, 0x20) | any_less(bytes ^ EACH_BYTE('"'), 1) |
           any_less(bytes ^ EACH_BYTE('\\'), 1);
}

#if HAVE_SSE2

#define WIDE ((size_t)16)

static inline __m128i load_wide(const char *p)
{
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

/*
 * One bit for each of sixteen bytes that needs an escape.  With one bit turned around the quote stands
 * next to the control characters, so that one comparison finds both.
 */
static inline unsigned escape_mask(__m128i bytes)
{
    __m128i slash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    __m128i turned = _mm_xor_si128(bytes, _mm_set1_epi8('"' ^ ' '));
    __m128i below = _mm_cmpeq_epi8(_mm_min_epu8(turned, _mm_set1_epi8(' ')), turned);
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(slash, below));
}

/* Copies WIDE bytes; not 0 when one of them needs an escape. */
static inline unsigned copy_wide(char *to, const char *from)
{
    __m128i bytes = load_wide(from);
    _mm_storeu_si128((__m128i *)(void *)to, bytes);
    return escape_mask(bytes);
}

#else

#define WIDE WORD

static inline uint64_t copy_wide(char *to, const char *from)
{
    uint64_t bytes = load_word(from);
    memcpy(to, &bytes, sizeof(bytes));
    return any_needs_json_escape(bytes);
}

#endif

/* Texts shorter than WIDE: two words that overlap, or byte by byte. */
static bool copy_short(char *to, struct slice text)
{
    if (text.len >= WORD) {
        uint64_t head = load_word(text.ptr);
        uint64_t tail = load_word(text.ptr + text.len - WORD);
        memcpy(to, &head, sizeof(head));
        memcpy(to + text.len - WORD, &tail, sizeof(tail));
        return (any_needs_json_escape(head) | any_needs_json_escape(tail)) == 0;
    }
    bool is_clean = true;
    for (size_t i = 0; i < text.len; i++) {
        is_clean &= !needs_json_escape((unsigned char)text.ptr[i]);
        to[i] = text.ptr[i];
    }
    return is_clean;
}

bool text_copy_json_clean(char *to, struct slice text)
{
    if (text.len < WIDE)
        return copy_short(to, text);
    size_t last = text.len - WIDE; /* the rest in one piece that overlaps what was copied before */
    for (size_t at = 0; at < last; at += WIDE) {
        if (copy_wide(to + at, text.ptr + at) != 0)
            return false;
    }
    return copy_wide(to + last, text.ptr + last) == 0;
}

/* Where the next byte that needs an escape stands at or after `at`. */
static size_t find_json_escape(struct slice text, size_t at)
{
#if HAVE_SSE2
    for (; text.len - at >= WIDE; at += WIDE) {
        unsigned mask = escape_mask(load_wide(text.ptr + at));
        if (mask != 0)
            return at + (unsigned)__builtin_ctz(mask);
    }
#endif
    while (text.len - at >= WORD && any_needs_json_escape(load_word(text.ptr + at)) == 0)
        at += WORD;
    while (at < text.len && !needs_json_escape((unsigned char)text.ptr[at]))
        at++;
    return at;
}

static void put_json_escape(struct buf *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char named[0x20] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r',
    };
    if (c >= 0x20)
        buf_put(out, (char[]){ '\\', (char)c }, 2);
    else if (named[c] != 0)
        buf_put(out, (char[]){ '\\', named[c] }, 2);
    else
        buf_put(out, (char[]){ '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] }, 6);
}

void text_put_json_escaped(struct buf *out, struct slice text)
{
    for (size_t at = 0; at < text.len; at++) {
        size_t clean = at; /* start of the run that needs no escape */
        at = find_json_escape(text, at);
        buf_put(out, text.ptr + clean, at - clean);
        if (at < text.len)
            put_json_escape(out, (unsigned char)text.ptr[at]);
    }
}

bool text_is_utf8(struct slice text)
{
    while (text.len > 0) {
        uint32_t c;
        size_t n = decode(text, &c);
        if (n == 0)
            return false;
        text = slice_after(text, n);
    }
    return true;
}

void text_put_json_replaced(struct buf *out, struct slice bytes)
{
    while (bytes.len > 0) {
        uint32_t c;
        size_t n = decode(bytes, &c);
        if (n == 0)
            buf_put_lit(out, "\\ufffd");
        else
            text_put_json_escaped(out, (struct slice){ bytes.ptr, n });
        bytes = slice_after(bytes, n > 0 ? n : 1);
    }
}

void text_put_json_any(struct buf *out, struct slice text, size_t max)
{
    size_t at = 0;
    while (at < text.len) {
        struct slice rest = slice_after(text, at);
        uint32_t c = REPLACEMENT;
        size_t n = decode(rest, &c);
        size_t step = n > 0 ? n : 1;
        if (step > max - at)
            break;
        if (n == 0 || c == 0x7f || is_invisible(c))
            buf_printf(out, "\\u%04x", c);
        else
            text_put_json_escaped(out, (struct slice){ rest.ptr, n });
        at += step;
    }
    if (at < text.len)
        buf_put_lit(out, "...");
}

static unsigned min2(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/*
 * Three rows of the table of distances between prefixes.  Only cells within `limit` of the
 * diagonal can stay within the limit: cell k of row i stands for the first i bytes of a and i + k
 * - limit of b.
 */
struct rows {
    unsigned before[BAND + 2]; /* row i - 2 */
    unsigned above[BAND + 2];  /* row i - 1 */
    unsigned row[BAND + 2];
};

static bool is_swap(struct slice a, size_t i, struct slice b, size_t j)
{
    return i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
}

/* Fills row i, i >= 1; the smallest cell. Cells are stored one further on, the edges hold `far`. */
static unsigned fill_row(struct rows *r, struct slice a, struct slice b, size_t i, unsigned limit)
{
    unsigned far = limit + 1;
    unsigned least = far;
    for (size_t k = 0; k <= 2 * (size_t)limit; k++) {
        size_t j = i + k - limit; /* wraps below 0 */
        unsigned *cell = &r->row[k + 1];
        *cell = far;
        if (i + k < limit || j > b.len)
            continue;
        *cell = min2(far, r->above[k + 2] + 1);
        if (j > 0) {
            *cell = min2(*cell, r->row[k] + 1);
            *cell = min2(*cell, r->above[k + 1] + (a.ptr[i - 1] != b.ptr[j - 1]));
        }
        if (is_swap(a, i, b, j))
            *cell = min2(*cell, r->before[k + 1] + 1);
        least = min2(least, *cell);
    }
    return least;
}

unsigned text_distance(struct slice a, struct slice b, unsigned limit)
{
    if (limit > TEXT_DISTANCE_LIMIT_MAX)
        limit = TEXT_DISTANCE_LIMIT_MAX;
    unsigned far = limit + 1;
    if (a.len > b.len + limit || b.len > a.len + limit)
        return far;
    struct rows r;
    for (size_t k = 0; k < BAND + 2; k++) {
        r.before[k] = r.row[k] = far;
        r.above[k] = k > limit && k <= 2 * limit + 1 ? (unsigned)k - 1 - limit : far;
    }
    for (size_t i = 1; i <= a.len; i++) {
        if (fill_row(&r, a, b, i, limit) > limit)
            return far;
        memcpy(r.before, r.above, sizeof(r.before));
        memcpy(r.above, r.row, sizeof(r.above));
    }
    return r.above[b.len + limit - a.len + 1];
}

/* The cleaned path so far; it never becomes longer than what was read. */
struct cleaner {
    char *text;
    size_t len;
    size_t floor; /* what ".." may not take away: the root, or leading ".." elements */
};

static void drop_element(struct cleaner *c)
{
    while (c->len > c->floor && c->text[c->len - 1] != '/')
        c->len--;
    if (c->len > c->floor)
        c->len--;
}

static void add_element(struct cleaner *c, struct slice element)
{
    if (c->len > 0 && c->text[c->len - 1] != '/')
        c->text[c->len++] = '/';
    memcpy(c->text + c->len, element.ptr, element.len);
    c->len += element.len;
}

static void clean_element(struct cleaner *c, struct slice element, bool is_rooted)
{
    if (element.len == 0 || slice_equal(element, SLICE(".")))
        return;
    if (!slice_equal(element, SLICE(".."))) {
        add_element(c, element);
    } else if (c->len > c->floor) {
        drop_element(c);
    } else if (!is_rooted) {
        add_element(c, element);
        c->floor = c->len;
    }
}

/* Rooted, and no element is empty or begins with a dot, as nearly all paths are. */
static bool is_plain_path(struct slice path)
{
    if (path.len < 2 || path.ptr[0] != '/' || path.ptr[path.len - 1] == '/')
        return false;
    size_t at = 0;
    for (; path.len - at > WORD; at += WORD) {
        uint64_t bytes = load_word(path.ptr + at);
        uint64_t next = load_word(path.ptr + at + 1);
        uint64_t slashes = any_less(bytes ^ EACH_BYTE('/'), 1);
        if (slashes & (any_less(next ^ EACH_BYTE('/'), 1) | any_less(next ^ EACH_BYTE('.'), 1)))
            return false; /* or a byte that looks so: then it is cleaned for nothing */
    }
    for (; at + 1 < path.len; at++) {
        if (path.ptr[at] == '/' && (path.ptr[at + 1] == '/' || path.ptr[at + 1] == '.'))
            return false;
    }
    return true;
}

struct slice text_path_clean(struct arena *arena, struct slice path)
{
    if (is_plain_path(path))
        return path;
    struct cleaner c = { .text = arena_alloc(arena, path.len + 2) };
    if (!c.text)
        return SLICE_ABSENT;
    bool is_rooted = path.len > 0 && path.ptr[0] == '/';
    if (is_rooted)
        c.text[c.len++] = '/';
    c.floor = c.len;
    for (struct slice rest = path; slice_is_present(rest);)
        clean_element(&c, slice_cut(&rest, '/'), is_rooted);
    if (c.len == 0)
        c.text[c.len++] = '.';
    c.text[c.len] = '\0';
    return (struct slice){ c.text, c.len };
}

struct slice text_path_join(struct arena *arena, struct slice a, struct slice b)
{
    if (a.len == 0 && b.len == 0)
        return SLICE("");
    if (a.len == 0)
        return text_path_clean(arena, b);
    if (b.len == 0)
        return text_path_clean(arena, a);
    char *both = arena_alloc(arena, a.len + 1 + b.len);
    if (!both)
        return SLICE_ABSENT;
    memcpy(both, a.ptr, a.len);
    both[a.len] = '/';
    memcpy(both + a.len + 1, b.ptr, b.len);
    return text_path_clean(arena, (struct slice){ both, a.len + 1 + b.len });
}

/*
 * Lower-cases s into out unless that is NULL; the length. As in Go, a byte that is no UTF-8
 * becomes U+FFFD.
 */
static size_t lower_into(struct slice s, char *out)
{
    size_t len = 0;
    while (s.len > 0) {
        uint32_t c = REPLACEMENT;
        size_t n = decode(s, &c);
        len += encode(lower_char(c), out ? out + len : NULL);
        s = slice_after(s, n > 0 ? n : 1);
    }
    return len;
}

static bool is_plain_lower(struct slice s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x80 || (c >= 'A' && c <= 'Z'))
            return false;
    }
    return true;
}

struct slice text_to_lower(struct arena *arena, struct slice s)
{
    if (!s.ptr)
        return SLICE("");
    if (is_plain_lower(s))
        return s;
    size_t len = lower_into(s, NULL);
    char *text = arena_alloc(arena, len + 1);
    if (!text)
        return SLICE_ABSENT;
    (void)lower_into(s, text);
    text[len] = '\0';
    return (struct slice){ text, len };
}
