#ifndef SRC_BASE_STR_H
#define SRC_BASE_STR_H

/*
 * struct slice: a borrowed view of bytes, pointer and length, never NUL-terminated by contract.
 *
 * The bytes belong to whoever made the slice; a slice with ptr == NULL is "absent", which is not
 * the same as present and empty.  All functions are pure and thread-safe.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *ptr;
    size_t len;
};

/* A slice of a string literal; usable in static initialisers. */
/* clang-format off */
#define SLICE_INIT(literal) { "" literal, sizeof(literal) - 1 }
/* clang-format on */
#define SLICE(literal) ((struct slice)SLICE_INIT(literal))
#define SLICE_ABSENT ((struct slice){ NULL, 0 })

/* For printf("%.*s"): lengths beyond INT_MAX are cut. */
#define SLICE_FMT "%.*s"
#define SLICE_ARG(s) ((int)((s).len > 0x7fffffff ? 0x7fffffff : (s).len)), (s).ptr ? (s).ptr : ""

static inline struct slice slice_of(const char *text)
{
    return text ? (struct slice){ text, strlen(text) } : SLICE_ABSENT;
}

static inline bool slice_is_present(struct slice s)
{
    return s.ptr != NULL;
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    /* Most that differ do so in the first byte: one look is cheaper than a call. */
    return a.len == b.len &&
           (a.len == 0 || (a.ptr[0] == b.ptr[0] && memcmp(a.ptr, b.ptr, a.len) == 0));
}

static inline bool slice_has_prefix(struct slice s, struct slice prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

/* The rest of s after its first n bytes; n must not exceed s.len. */
static inline struct slice slice_after(struct slice s, size_t n)
{
    return (struct slice){ n > 0 ? s.ptr + n : s.ptr, s.len - n }; /* NULL + 0 is undefined */
}

/* Order by bytes, a shorter prefix first; <0, 0, >0 like memcmp. */
int slice_compare(struct slice a, struct slice b);

/* True when needle (not empty) occurs in s.  The second form ignores the case of ASCII letters. */
bool slice_contains(struct slice s, struct slice needle);
bool slice_contains_nocase(struct slice s, struct slice needle);

/* Equality that ignores the case of ASCII letters. */
bool slice_equal_nocase(struct slice a, struct slice b);

/* s without leading and trailing white space as Go's strings.TrimSpace defines it (UTF-8 aware). */
struct slice slice_trim(struct slice s);

/*
 * Cuts the next part of *rest at the first separator: returns the part before it and moves *rest
 * behind it.  After the last part *rest is absent; call while slice_is_present(*rest).
 */
struct slice slice_cut(struct slice *rest, char separator);

#endif
