#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

int slice_compare(struct slice a, struct slice b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common == 0 ? 0 : memcmp(a.ptr, b.ptr, common);
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

bool slice_contains(struct slice s, struct slice needle)
{
    return s.len >= needle.len && memmem(s.ptr, s.len, needle.ptr, needle.len) != NULL;
}

bool slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++) {
        if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    }
    return true;
}

bool slice_contains_nocase(struct slice s, struct slice needle)
{
    for (size_t i = 0; i + needle.len <= s.len; i++) {
        if (slice_equal_nocase((struct slice){ s.ptr + i, needle.len }, needle))
            return true;
    }
    return false;
}

/*
 * The length of the white-space character at p, 0 when it is none.  The set is Unicode's
 * White_Space property, as Go's unicode.IsSpace has it.
 */
static size_t space_len(const char *p, size_t len)
{
    const unsigned char *u = (const unsigned char *)p;
    if (len >= 1 && ((u[0] >= '\t' && u[0] <= '\r') || u[0] == ' '))
        return 1;
    if (len >= 2 && u[0] == 0xc2 && (u[1] == 0x85 || u[1] == 0xa0))
        return 2;
    if (len < 3)
        return 0;
    static const struct {
        unsigned first, last;
    } spaces[] = {
        { 0xe19a80, 0xe19a80 }, { 0xe28080, 0xe2808a }, { 0xe280a8, 0xe280a9 },
        { 0xe280af, 0xe280af }, { 0xe2819f, 0xe2819f }, { 0xe38080, 0xe38080 },
    };
    unsigned code = (unsigned)u[0] << 16 | (unsigned)u[1] << 8 | u[2];
    for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
        if (code >= spaces[i].first && code <= spaces[i].last)
            return 3;
    }
    return 0;
}

static size_t space_len_at_end(struct slice s)
{
    for (size_t n = 1; n <= 3 && n <= s.len; n++) {
        if (space_len(s.ptr + s.len - n, n) == n)
            return n;
    }
    return 0;
}

static bool is_graphic(char c)
{
    return c > ' ' && c < 0x7f;
}

struct slice slice_trim(struct slice s)
{
    if (s.len > 0 && is_graphic(s.ptr[0]) && is_graphic(s.ptr[s.len - 1]))
        return s; /* nearly always */
    for (size_t n; s.len > 0 && (n = space_len(s.ptr, s.len)) > 0;)
        s = slice_after(s, n);
    for (size_t n; s.len > 0 && (n = space_len_at_end(s)) > 0;)
        s.len -= n;
    return s;
}

struct slice slice_cut(struct slice *rest, char separator)
{
    struct slice part = *rest;
    const char *at = part.len == 0 ? NULL : memchr(part.ptr, separator, part.len);
    if (!at) {
        *rest = SLICE_ABSENT;
        return part;
    }
    part.len = (size_t)(at - part.ptr);
    *rest = slice_after(*rest, part.len + 1);
    return part;
}
