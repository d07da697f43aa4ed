#ifndef SRC_INJECT_MEMBERS_H
#define SRC_INJECT_MEMBERS_H

/*
 * Reading a JSON object by a table: which members we look at, of which kind.
 *
 * Members that are not in the table are passed over unread; null counts as absent, as in the
 * Kubernetes API; a member that stands twice is refused.
 */

#include "base/arena.h"
#include "base/error.h"
#include "json/cursor.h"
#include "json/name-mark.h"

#define MEMBER_STRING (1u << JSON_STRING)
#define MEMBER_NUMBER (1u << JSON_NUMBER)
#define MEMBER_BOOL (1u << JSON_TRUE | 1u << JSON_FALSE)
#define MEMBER_ARRAY (1u << JSON_ARRAY)
#define MEMBER_OBJECT (1u << JSON_OBJECT)
#define MEMBER_ANY (~0u)

struct member {
    struct slice name;
    unsigned kinds; /* MEMBER_* bits */
    size_t offset;  /* of the json_ref that receives the place */
    unsigned mark;  /* of the name */
};

/* A row: the name as a literal, MEMBER_* bits, offset. */
#define MEMBER(literal, kinds_, offset_)                                     \
    {                                                                        \
        .name = SLICE_INIT(literal), .kinds = (kinds_), .offset = (offset_), \
        .mark = JSON_NAME_MARK(literal)                                      \
    }

/*
 * Sets every json_ref of the table in *ret: the member's place or JSON_ABSENT.  -1 with ERROR_SHAPE
 * when object is not an object, a member is of the wrong kind or stands twice.  An absent or null
 * object gives absent members.  The arena is scratch memory.
 */
int members_read(const struct json_index *ix, json_ref object, const struct member *table,
                 unsigned n, struct arena *arena, void *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
