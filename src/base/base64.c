#include "base/base64.h"

#include <endian.h>
#include <stdint.h>

#if defined(__x86_64__) && !defined(BASE64_NO_SIMD)
#include <immintrin.h>
#define BASE64_AVX2 1
#else
#define BASE64_AVX2 0
#endif

/* clang-format off */
#define ROW(a) \
    P(a, 'A') P(a, 'B') P(a, 'C') P(a, 'D') P(a, 'E') P(a, 'F') P(a, 'G') P(a, 'H') \
    P(a, 'I') P(a, 'J') P(a, 'K') P(a, 'L') P(a, 'M') P(a, 'N') P(a, 'O') P(a, 'P') \
    P(a, 'Q') P(a, 'R') P(a, 'S') P(a, 'T') P(a, 'U') P(a, 'V') P(a, 'W') P(a, 'X') \
    P(a, 'Y') P(a, 'Z') P(a, 'a') P(a, 'b') P(a, 'c') P(a, 'd') P(a, 'e') P(a, 'f') \
    P(a, 'g') P(a, 'h') P(a, 'i') P(a, 'j') P(a, 'k') P(a, 'l') P(a, 'm') P(a, 'n') \
    P(a, 'o') P(a, 'p') P(a, 'q') P(a, 'r') P(a, 's') P(a, 't') P(a, 'u') P(a, 'v') \
    P(a, 'w') P(a, 'x') P(a, 'y') P(a, 'z') P(a, '0') P(a, '1') P(a, '2') P(a, '3') \
    P(a, '4') P(a, '5') P(a, '6') P(a, '7') P(a, '8') P(a, '9') P(a, '+') P(a, '/')

#define TABLE \
    ROW('A') ROW('B') ROW('C') ROW('D') ROW('E') ROW('F') ROW('G') ROW('H') \
    ROW('I') ROW('J') ROW('K') ROW('L') ROW('M') ROW('N') ROW('O') ROW('P') \
    ROW('Q') ROW('R') ROW('S') ROW('T') ROW('U') ROW('V') ROW('W') ROW('X') \
    ROW('Y') ROW('Z') ROW('a') ROW('b') ROW('c') ROW('d') ROW('e') ROW('f') \
    ROW('g') ROW('h') ROW('i') ROW('j') ROW('k') ROW('l') ROW('m') ROW('n') \
    ROW('o') ROW('p') ROW('q') ROW('r') ROW('s') ROW('t') ROW('u') ROW('v') \
    ROW('w') ROW('x') ROW('y') ROW('z') ROW('0') ROW('1') ROW('2') ROW('3') \
    ROW('4') ROW('5') ROW('6') ROW('7') ROW('8') ROW('9') ROW('+') ROW('/')

/*
 * The two characters of each 12 bits: half the look-ups and stores of a table of single
 * characters.
 */
#define P(a, b) { (a), (b) },
static const char pairs[4096][2] = { TABLE };
#undef P
/* clang-format on */

#define INVALID 64u
#define BLOCK_IN 12   /* bytes encoded per turn of the main loop */
#define BLOCK_READ 14 /* bytes that it reads for that */

static inline uint64_t load_big_endian(const char *p)
{
    uint64_t bits;
    memcpy(&bits, p, sizeof(bits));
    return be64toh(bits);
}

/* Six bytes at the top of bits become eight characters. */
static inline void put_six(char *out, uint64_t bits)
{
    memcpy(out, pairs[bits >> 52], 2);
    memcpy(out + 2, pairs[bits >> 40 & 0xfff], 2);
    memcpy(out + 4, pairs[bits >> 28 & 0xfff], 2);
    memcpy(out + 6, pairs[bits >> 16 & 0xfff], 2);
}

/* One to three bytes become four characters, padded. */
static void put_tail(char *out, const unsigned char *in, size_t n)
{
    unsigned bits =
        (unsigned)in[0] << 16 | (n > 1 ? (unsigned)in[1] << 8 : 0) | (n > 2 ? in[2] : 0u);
    memcpy(out, pairs[bits >> 12], 2);
    memcpy(out + 2, pairs[bits & 0xfff], 2);
    if (n < 3)
        out[3] = '=';
    if (n < 2)
        out[2] = '=';
}

#if BASE64_AVX2

#define WIDE_IN 24   /* bytes encoded per turn with AVX2 */
#define WIDE_READ 28 /* bytes that it reads for that */

/*
 * Spreads 24 bytes to 32 values of six bits and turns them into letters.  Each value's distance to its
 * letter depends on one of five ranges; the range is found by saturating subtraction and looked up.
 */
__attribute__((target("avx2"))) static __m256i encode_wide(const char *in)
{
    const __m256i spread = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0,
                                            2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    const __m256i distance =
        _mm256_setr_epi8('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0,
                         'a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                         '0' - 52, '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)in);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(in + 12));
    __m256i bytes = _mm256_shuffle_epi8(_mm256_set_m128i(high, low), spread);
    __m256i outer = _mm256_mulhi_epu16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x0fc0fc00)),
                                       _mm256_set1_epi32(0x04000040));
    __m256i inner = _mm256_mullo_epi16(_mm256_and_si256(bytes, _mm256_set1_epi32(0x003f03f0)),
                                       _mm256_set1_epi32(0x01000010));
    __m256i value = _mm256_or_si256(outer, inner);
    __m256i capital = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), value);
    __m256i range = _mm256_or_si256(_mm256_subs_epu8(value, _mm256_set1_epi8(51)),
                                    _mm256_and_si256(capital, _mm256_set1_epi8(13)));
    return _mm256_add_epi8(value, _mm256_shuffle_epi8(distance, range));
}

/* Encodes as many whole blocks as may be read; the number of bytes taken. */
__attribute__((target("avx2"))) static size_t encode_blocks(char *to, const char *in, size_t len)
{
    size_t at = 0;
    for (; len - at >= WIDE_READ; at += WIDE_IN, to += 32)
        _mm256_storeu_si256((__m256i *)(void *)to, encode_wide(in + at));
    return at;
}

static size_t encode_fast(char *to, const char *in, size_t len)
{
    return __builtin_cpu_supports("avx2") ? encode_blocks(to, in, len) : 0;
}

#else

static size_t encode_fast(char *to, const char *in, size_t len)
{
    (void)to;
    (void)in;
    (void)len;
    return 0;
}

#endif

void base64_encode(struct buf *out, struct slice bytes)
{
    if (bytes.len == 0)
        return;
    /* A length that does not fit is refused as one that is too large. */
    size_t room = bytes.len > SIZE_MAX / 2 ? SIZE_MAX : base64_encoded_len(bytes.len);
    if (!buf_reserve(out, room))
        return;
    const char *in = bytes.ptr;
    const char *end = bytes.ptr + bytes.len;
    char *to = out->data + out->len;
    size_t done = encode_fast(to, in, bytes.len);
    in += done;
    to += done / 3 * 4;
    const char *last_block = end - in < BLOCK_READ ? in : end - BLOCK_READ + 1;
    for (; in < last_block; in += BLOCK_IN, to += 16) {
        put_six(to, load_big_endian(in));
        put_six(to + 8, load_big_endian(in + 6));
    }
    for (; in < end; in += 3, to += 4) {
        size_t left = (size_t)(end - in);
        put_tail(to, (const unsigned char *)in, left);
        if (left <= 3)
            break;
    }
    out->len += room;
}

static unsigned value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (unsigned)(c - 'A');
    if (c >= 'a' && c <= 'z')
        return (unsigned)(c - 'a') + 26;
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0') + 52;
    if (c == '+')
        return 62;
    return c == '/' ? 63 : INVALID;
}

/* Appends the bytes of a group whose last 4 - digits characters were padding. */
static void put_group(struct buf *out, uint32_t group, unsigned digits)
{
    char bytes[3] = { (char)(group >> 16), (char)(group >> 8), (char)group };
    buf_put(out, bytes, digits - 1);
}

/* Four characters make a group; padding ends the last one. */
struct decoder {
    uint32_t group;
    unsigned digits;
    unsigned padding;
};

static bool take_char(struct decoder *d, char c)
{
    unsigned value = c == '=' ? 0 : value_of(c);
    bool misplaced = c == '=' ? d->digits < 2 || d->digits + d->padding == 4 : d->padding > 0;
    if (value == INVALID || misplaced)
        return false;
    if (d->digits + d->padding == 4)
        d->digits = 0;
    d->group = d->group << 6 | value;
    d->digits += c != '=';
    d->padding += c == '=';
    return true;
}

static bool decode_groups(struct buf *out, struct slice text)
{
    struct decoder d = { 0, 4, 0 };
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\r' || text.ptr[i] == '\n')
            continue;
        if (!take_char(&d, text.ptr[i]))
            return false;
        if (d.digits + d.padding == 4)
            put_group(out, d.group, d.digits);
    }
    return d.digits + d.padding == 4;
}

bool base64_decode(struct buf *out, struct slice text)
{
    size_t before = out->len;
    bool is_valid = decode_groups(out, text);
    if (!is_valid)
        out->len = before;
    return is_valid;
}
