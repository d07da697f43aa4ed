#ifndef SRC_JSON_TREE_VALUE_H
#define SRC_JSON_TREE_VALUE_H

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
#include "base/str.h"
#include "json/cursor.h"

#define JSON_TREE_STEPS_MAX \
    (1u << 26) /* visited, moved or copied values and names: half a second */

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
};

struct json_tree {
    struct arena *arena;
    uint64_t steps; /* what is left */
    struct json_tree_value root;
};

#endif
