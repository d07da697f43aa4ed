#ifndef SRC_JSON_TREE_H
#define SRC_JSON_TREE_H

/*
 * The working tree of a JSON Patch.  Internal to src/json.
 *
 * A value is raw (a place in an index, written out as its bytes) until something inside it is
 * looked at; then it has a list of its entries, each of which is raw in turn.  An entry keeps the
 * bytes around its value, so that what is not touched is written as it stood.
 *
 * Everything lives in the arena; indices and texts are borrowed.  Pointers to values are valid
 * until the next change of the tree.  The work is bounded by `steps`: a visited, moved or copied
 * entry takes one.  No function recurses.
 */

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "json/cursor.h"

struct json_tree_list;

struct json_tree_value {
    const struct json_index *ix;
    json_ref ref;
    struct json_tree_list *list; /* NULL: raw */
};

struct json_tree_entry {
    struct slice name;  /* resolved; absent in arrays */
    struct slice lead;  /* bytes between the last separator and the value, the name in them */
    struct slice trail; /* white space behind the value */
    struct json_tree_value value;
};

struct json_tree_list {
    enum json_kind kind; /* JSON_ARRAY or JSON_OBJECT */
    uint32_t count;
    uint32_t cap;
    struct json_tree_entry *entries;
    struct slice blank; /* white space in an empty list */
};

struct json_tree {
    struct arena *arena;
    uint64_t steps; /* what is left */
    struct json_tree_value root;
};

/* The value at an existing place. */
int json_tree_find(struct json_tree *t, struct slice pointer, struct json_tree_value **ret,
                   struct error *err) __attribute__((warn_unused_result));

/* RFC 6902 section 4.1: a new element or member, or a member's or the root's new value. */
int json_tree_add(struct json_tree *t, struct slice pointer, struct json_tree_value value,
                  struct error *err) __attribute__((warn_unused_result));

/* RFC 6902 section 4.2.  The root cannot be removed. */
int json_tree_remove(struct json_tree *t, struct slice pointer, struct error *err)
    __attribute__((warn_unused_result));

/* Makes *value independent of the place it was taken from. */
int json_tree_copy(struct json_tree *t, struct json_tree_value *value, struct error *err)
    __attribute__((warn_unused_result));

/* Compares with a place in an index; false also when the steps are used up. */
bool json_tree_equal(struct json_tree *t, const struct json_tree_value *value,
                     const struct json_index *ix, json_ref ref);

/* Appends the text; -1 with ERROR_LIMIT when it is nested deeper than JSON_DEPTH_MAX. */
int json_tree_write(const struct json_tree *t, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

#endif
