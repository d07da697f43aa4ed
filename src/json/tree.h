#ifndef SRC_JSON_TREE_H
#define SRC_JSON_TREE_H

/* The operations of a JSON Patch on its working tree: see json/tree-value.h.  Internal to src/json. */

#include "base/buf.h"
#include "base/error.h"
#include "json/tree-value.h"

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
