#ifndef SRC_JSON_TREE_LIST_H
#define SRC_JSON_TREE_LIST_H

/* The lists of a working tree: see json/tree-value.h.  Internal to src/json. */

#include "base/error.h"
#include "json/tree-value.h"

/* Takes n steps; -1 with ERROR_LIMIT when fewer are left. */
int json_tree_spend(struct json_tree *t, uint64_t n, struct error *err)
    __attribute__((warn_unused_result));

/* Gives a raw array or object its list; other values are left alone. */
int json_tree_expand(struct json_tree *t, struct json_tree_value *value, struct error *err)
    __attribute__((warn_unused_result));

/* Makes room at `at` and puts the entry there. */
int json_tree_insert(struct json_tree *t, struct json_tree_list *list, uint32_t at,
                     const struct json_tree_entry *entry, struct error *err)
    __attribute__((warn_unused_result));

/* Takes the entry at `at` out. */
int json_tree_drop(struct json_tree *t, struct json_tree_list *list, uint32_t at, struct error *err)
    __attribute__((warn_unused_result));

#endif
