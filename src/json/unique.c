#include <stdint.h>

#include "json/cursor.h"
#include "json/fail.h"

#define SMALL_OBJECT 16

static int refuse(struct slice name, const char *what, struct error *err)
{
    json_fail(err, ERROR_SHAPE, "the name ", name, " appears twice");
    return error_wrap(err, "%s", what);
}

/* All names of the object, resolved. */
static int collect(const struct json_index *ix, json_ref object, struct arena *arena,
                   const char *what, struct slice *names, struct error *err)
{
    size_t at = 0;
    json_each_member (ix, object, it) {
        if (json_string(ix, it, arena, what, &names[at], err) < 0)
            return -1;
        at++;
    }
    return 0;
}

static int check_small(const struct slice *names, size_t count, const char *what, struct error *err)
{
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            /* collect() filled all. NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult) */
            if (names[i].len == names[j].len && slice_equal(names[i], names[j]))
                return refuse(names[i], what, err);
        }
    }
    return 0;
}

static bool is_ascending(const struct slice *names, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        if (slice_compare(names[i - 1], names[i]) >= 0)
            return false;
    }
    return true;
}

/* Merges from[low..mid) and from[mid..high), each in order, into to[low..high). */
static void merge(const struct slice *from, struct slice *to, size_t low, size_t mid, size_t high)
{
    size_t left = low;
    size_t right = mid;
    for (size_t i = low; i < high; i++) {
        bool take_left =
            right == high || (left < mid && slice_compare(from[left], from[right]) <= 0);
        to[i] = take_left ? from[left++] : from[right++];
    }
}

/* Merge sort from the bottom: n log n whatever the names are, no recursion. Returns the sorted one. */
static const struct slice *sort(struct slice *names, struct slice *spare, size_t count)
{
    for (size_t width = 1; width < count; width *= 2) {
        for (size_t low = 0; low < count; low += 2 * width) {
            size_t mid = low + width < count ? low + width : count;
            size_t high = mid + width < count ? mid + width : count;
            merge(names, spare, low, mid, high);
        }
        struct slice *sorted = spare;
        spare = names;
        names = sorted;
    }
    return names;
}

/* API servers write maps in the order of their names: most large objects are done by one look. */
static int check_large(struct slice *names, size_t count, struct arena *arena, const char *what,
                       struct error *err)
{
    if (is_ascending(names, count))
        return 0;
    struct slice *spare = arena_alloc(arena, count * sizeof(*spare));
    if (!spare)
        return arena_error(arena, err);
    const struct slice *sorted = sort(names, spare, count);
    for (size_t i = 1; i < count; i++) {
        if (slice_equal(sorted[i - 1], sorted[i]))
            return refuse(sorted[i], what, err);
    }
    return 0;
}

/*
 * The common case in one pass without copies: few names, none escaped, each with a mark of length and
 * outer letters of its own.  False: not decided.
 */
static bool is_plainly_unique(const struct json_index *ix, json_ref object)
{
    uint64_t marks = 0;
    json_each_member (ix, object, it) {
        const struct json_node *name = json_node(ix, it);
        if (name->escaped || name->len == 0)
            return false;
        const unsigned char *text = (const unsigned char *)ix->text + name->pos;
        uint64_t mark = UINT64_C(1) << ((name->len * 5 + text[0] + text[name->len - 1] * 3u) & 63);
        if (marks & mark)
            return false;
        marks |= mark;
    }
    return true;
}

int json_check_unique(const struct json_index *ix, json_ref object, struct arena *arena,
                      const char *what, struct error *err)
{
    if (!json_is(ix, object, JSON_OBJECT))
        return 0;
    if (is_plainly_unique(ix, object))
        return 0;
    size_t count = json_count(ix, object);
    struct slice small[SMALL_OBJECT];
    struct slice *names = small;
    if (count > SMALL_OBJECT)
        names = arena_alloc(arena, count * sizeof(*names));
    if (!names)
        return arena_error(arena, err);
    if (collect(ix, object, arena, what, names, err) < 0)
        return -1;
    if (count <= SMALL_OBJECT)
        return check_small(names, count, what, err);
    return check_large(names, count, arena, what, err);
}
