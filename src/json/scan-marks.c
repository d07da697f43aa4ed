#include "json/scan-marks.h"

#if HAVE_MARKS

#include <immintrin.h>
#include <string.h>

#define WITH_AVX2 __attribute__((target("avx2")))

bool json_scan_can_mark(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

/* One bit for each of 32 bytes that is plain; special_mask() says how. */
WITH_AVX2 static inline uint32_t plain_mask(const byte *p)
{
    __m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('\\'));
    __m256i turned = _mm256_xor_si256(v, _mm256_set1_epi8('"' ^ ' '));
    __m256i above = _mm256_cmpgt_epi8(turned, _mm256_set1_epi8(' '));
    return (uint32_t)_mm256_movemask_epi8(_mm256_andnot_si256(slash, above));
}

WITH_AVX2 static inline uint64_t mark_block(const byte *p)
{
    return ~(plain_mask(p) | (uint64_t)plain_mask(p + MARKS_BLOCK / 2) << (MARKS_BLOCK / 2));
}

/* Of the last bytes, fewer than a block. */
WITH_AVX2 static uint64_t mark_rest(const byte *p, size_t count)
{
    byte rest[MARKS_BLOCK];
    memset(rest, ' ', sizeof(rest));
    memcpy(rest, p, count);
    return mark_block(rest);
}

WITH_AVX2 const uint64_t *json_scan_mark(uint64_t *words, const byte *p, const byte *end)
{
    size_t count = MARKS_WORDS * MARKS_BLOCK;
    bool is_last = (size_t)(end - p) <= count;
    if (is_last)
        count = (size_t)(end - p);
    uint64_t *to = words;
    for (; to < words + count / MARKS_BLOCK; p += MARKS_BLOCK)
        *to++ = mark_block(p);
    if (count % MARKS_BLOCK > 0)
        *to++ = mark_rest(p, count % MARKS_BLOCK);
    if (is_last)
        words[(count - 1) / MARKS_BLOCK] |= UINT64_C(1) << (count - 1) % MARKS_BLOCK;
    return to;
}

#endif
