#include <stdint.h>

#include "json/cursor.h"
#include "json/fail.h"
#include "json/name-mark.h"

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

bool json_names_search(const struct json_names *n, const struct json_index *ix, json_ref name,
                       unsigned mark)
{
    for (unsigned i = 0; i < n->count; i++) {
        if (n->mark_of[i] == mark &&
            slice_equal(json_escaped(ix, n->names[i]), json_escaped(ix, name)))
            return true;
    }
    return false;
}

/*
 * Looks at the names as they stand; *ret is the second of two equal ones, or JSON_ABSENT.  False
 * when that is not enough: there are many names, or one has escapes.
 */
static bool check_small(const struct json_index *ix, json_ref object, json_ref *ret)
{
    struct json_names seen;
    json_names_init(&seen);
    *ret = JSON_ABSENT;
    json_each_member (ix, object, it) {
        const struct json_node *node = json_node(ix, it);
        if (json_names_refuse(&seen, node))
            return false;
        unsigned mark = json_name_mark(ix, node);
        if (json_names_has(&seen, ix, it, mark)) {
            *ret = it;
            return true;
        }
        json_names_add(&seen, it, mark);
    }
    return true;
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
static int check_sorted(struct slice *names, size_t count, struct arena *arena, const char *what,
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

static int check_any(const struct json_index *ix, json_ref object, struct arena *arena,
                     const char *what, struct error *err)
{
    size_t count = json_count(ix, object);
    struct slice *names = arena_alloc(arena, count * sizeof(*names));
    if (!names)
        return arena_error(arena, err);
    if (collect(ix, object, arena, what, names, err) < 0)
        return -1;
    return check_sorted(names, count, arena, what, err);
}

int json_check_unique(const struct json_index *ix, json_ref object, struct arena *arena,
                      const char *what, struct error *err)
{
    json_ref second = JSON_ABSENT;
    if (!json_is(ix, object, JSON_OBJECT))
        return 0;
    if (!check_small(ix, object, &second))
        return check_any(ix, object, arena, what, err);
    return second == JSON_ABSENT ? 0 : refuse(json_escaped(ix, second), what, err);
}
