#ifndef SRC_JSON_SCAN_MARKS_H
#define SRC_JSON_SCAN_MARKS_H

/*
 * Which bytes of a text are not plain (is_plain() in scan-part.h): one bit each, found with AVX2 ahead
 * of the scanner, which then sees the ends of strings without looking at them.  What those bytes mean
 * is the scanner's business.  Internal to src/json.  Pure.
 */

#include <stdint.h>

#include "json/scan-part.h"

#if defined(__x86_64__) && HAVE_SSE2 && !defined(JSON_NO_AVX2)
#define HAVE_MARKS 1
#else
#define HAVE_MARKS 0
#endif

#if HAVE_MARKS

#define MARKS_BLOCK 64            /* bytes of text, one word of marks */
#define MARKS_WORDS ((size_t)256) /* of a piece: what is marked at once */

/* The marks of a piece of text, and a place in them. */
struct scan_marks {
    uint64_t bits;     /* the marks of a block that are still ahead; 0 when the place is unknown */
    const byte *block; /* where that block begins */
    const uint64_t *next; /* the word of the block behind it */
    const byte *piece;
    const uint64_t *last; /* behind the piece's last word */
    uint64_t *words;      /* MARKS_WORDS, borrowed */
};

/* Has this processor what marks need? */
bool json_scan_can_mark(void);

/*
 * Marks the blocks from p on, as many as words has room for; the place behind the last one.  The byte
 * before end is marked whatever it is.
 */
const uint64_t *json_scan_mark(uint64_t *words, const byte *p, const byte *end);

INLINE void scan_marks_piece(struct scan_marks *m, const byte *p, const byte *end)
{
    m->piece = p;
    m->last = json_scan_mark(m->words, p, end);
}

/* Makes the mark of p, which has one, the next. */
INLINE void scan_marks_find(struct scan_marks *m, const byte *p, const byte *end)
{
    if (p - m->piece >= MARKS_BLOCK * (m->last - m->words))
        scan_marks_piece(m, p, end);
    size_t at = (size_t)(p - m->piece);
    m->next = m->words + at / MARKS_BLOCK;
    m->block = p - at % MARKS_BLOCK;
    m->bits = *m->next++ >> at % MARKS_BLOCK << at % MARKS_BLOCK;
}

/* The next mark is passed; if it was the block's last, the place is unknown. */
INLINE void scan_marks_drop(struct scan_marks *m)
{
    m->bits &= m->bits - 1;
}

/* Passes over the mark of the quote at p, which is not the last one; where the next one is. */
INLINE const byte *scan_marks_pass(struct scan_marks *m, const byte *p, const byte *end)
{
    if (UNLIKELY(m->bits == 0))
        scan_marks_find(m, p, end);
    scan_marks_drop(m);
    while (UNLIKELY(m->bits == 0)) {
        m->block += MARKS_BLOCK;
        if (UNLIKELY(m->next == m->last)) {
            scan_marks_piece(m, m->block, end);
            m->next = m->words;
        }
        m->bits = *m->next++;
    }
    return m->block + __builtin_ctzll(m->bits);
}

#endif
#endif
