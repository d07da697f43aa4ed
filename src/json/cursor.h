#ifndef SRC_JSON_CURSOR_H
#define SRC_JSON_CURSOR_H

/*
 * Reading an index made by json_scan().
 *
 * A place in the document is a json_ref; JSON_ABSENT means "not there" and is never the root.  Every
 * getter accepts JSON_ABSENT where a place is asked for and answers "absent", so lookups chain.
 * All results are borrowed from the text, from the index, or from the arena that is passed in.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"
#include "json/scan.h"

typedef uint32_t json_ref;

/* libjansson exports functions of these names: in object files ours are called otherwise. */
#define json_string keyhook_json_string
#define json_equal keyhook_json_equal

#define JSON_ROOT ((json_ref)0)
#define JSON_ABSENT UINT32_MAX

static inline const struct json_node *json_node(const struct json_index *ix, json_ref ref)
{
    return &ix->nodes[ref];
}

static inline bool json_is(const struct json_index *ix, json_ref ref, enum json_kind kind)
{
    return ref != JSON_ABSENT && ix->nodes[ref].kind == kind;
}

/* Absent or JSON null. */
static inline bool json_is_nothing(const struct json_index *ix, json_ref ref)
{
    return ref == JSON_ABSENT || ix->nodes[ref].kind == JSON_NULL;
}

/* "an object", "a string", ...; "nothing" for JSON_ABSENT.  For messages. */
const char *json_kind_name(const struct json_index *ix, json_ref ref);

/*
 * Loop over an array's elements, or over an object's names (the value of a name is name + 1).
 * A ref that is absent or not a container gives no turns.
 */
static inline json_ref json_end(const struct json_index *ix, json_ref ref)
{
    return ref != JSON_ABSENT && ix->nodes[ref].kind >= JSON_ARRAY ? ix->nodes[ref].next : 0;
}

#define json_each_element(ix, array, it)                                               \
    for (json_ref it = (array) + 1, it##_end = json_end((ix), (array)); it < it##_end; \
         it = (ix)->nodes[it].next)

#define json_each_member(ix, object, name)                                                       \
    for (json_ref name = (object) + 1, name##_end = json_end((ix), (object)); name < name##_end; \
         name = (ix)->nodes[name + 1].next)

/* The number of elements or members. */
uint32_t json_count(const struct json_index *ix, json_ref container);

/* The value of the first member with that name (escapes resolved), or JSON_ABSENT. */
json_ref json_member(const struct json_index *ix, json_ref object, struct slice name);

/* The element at that place, or JSON_ABSENT. */
json_ref json_element(const struct json_index *ix, json_ref array, uint32_t at);

/* The value's bytes as they stand in the text; strings with their quotes. Absent for JSON_ABSENT. */
struct slice json_raw(const struct json_index *ix, json_ref ref);

/* A string's bytes between the quotes, still escaped. ref must be a string. */
static inline struct slice json_escaped(const struct json_index *ix, json_ref ref)
{
    const struct json_node *node = &ix->nodes[ref];
    return (struct slice){ ix->text + node->pos, node->len };
}

/* True when ref is a string or a name whose resolved text is s. Never allocates. */
bool json_string_is(const struct json_index *ix, json_ref ref, struct slice s);

/* json_string() of what is not a plain string. */
int json_resolve(const struct json_index *ix, json_ref ref, struct arena *arena, const char *what,
                 struct slice *ret, struct error *err) __attribute__((warn_unused_result));

/*
 * The resolved text of a string: borrowed from the document when it has no escapes, else from the
 * arena.  -1 with ERROR_SHAPE when ref is not a string, has a lone surrogate escape or \u0000; the
 * message starts with `what`, the path of the member.
 */
__attribute__((warn_unused_result)) static inline int
json_string(const struct json_index *ix, json_ref ref, struct arena *arena, const char *what,
            struct slice *ret, struct error *err)
{
    if (!json_is(ix, ref, JSON_STRING) || ix->nodes[ref].escaped)
        return json_resolve(ix, ref, arena, what, ret, err);
    *ret = json_escaped(ix, ref);
    return 0;
}

/* -1 with ERROR_SHAPE when two members of the object have the same (resolved) name. Arena: scratch. */
int json_check_unique(const struct json_index *ix, json_ref object, struct arena *arena,
                      const char *what, struct error *err) __attribute__((warn_unused_result));

/*
 * Structural equality after RFC 6902 section 4.6: numbers by value (exactly; exponents of more than
 * 15 digits only when written alike), objects without order.  Values nested deeper than
 * JSON_DEPTH_MAX are never equal.
 */
bool json_equal(const struct json_index *a, json_ref ra, const struct json_index *b, json_ref rb);

#endif
