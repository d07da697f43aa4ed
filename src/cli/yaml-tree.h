#ifndef SRC_CLI_YAML_TREE_H
#define SRC_CLI_YAML_TREE_H

/*
 * One YAML document as a tree, the first half of yaml-read: grammar only, no meaning.
 *
 * Items live in the caller's arena and are linked in document order; an alias points at the item that
 * its anchor named, so that the tree is a graph without cycles.  Limits: YAML_DEPTH_MAX levels,
 * YAML_ANCHORS_MAX anchors, and the arena's size.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/str.h"

#define YAML_DEPTH_MAX 512u
#define YAML_ANCHORS_MAX 1024u

enum yaml_item_kind { YAML_ITEM_SCALAR, YAML_ITEM_LIST, YAML_ITEM_MAP, YAML_ITEM_ALIAS };

struct yaml_item {
    enum yaml_item_kind kind;
    bool is_plain;           /* of scalars: unquoted and untagged */
    bool is_open;            /* while it is being read: an alias to it would contain itself */
    uint32_t line;           /* from 1 */
    uint32_t column;         /* from 1, in characters */
    struct slice text;       /* of scalars; NUL bytes are possible */
    struct slice tag;        /* absent: none */
    struct slice anchor;     /* absent: none */
    struct yaml_item *first; /* of lists and maps (name, value, name, value ...) */
    struct yaml_item *next;  /* behind this one in its container */
    const struct yaml_item *target; /* of aliases */
};

/*
 * Reads text, which holds at most one document and starts at first_line of its file.  *ret_root is NULL
 * for an empty document.  -1 with ERROR_SYNTAX, ERROR_LIMIT or ERROR_NOMEM; the message starts with
 * line and column.
 */
int yaml_tree_read(struct slice text, uint32_t first_line, struct arena *arena,
                   struct yaml_item **ret_root, struct error *err)
    __attribute__((warn_unused_result));

/* An error at a place: "line 3, column 5: ..."; always returns -1. */
int yaml_error_at(const struct yaml_item *item, struct error *err, enum error_code code,
                  const char *fmt, ...) __attribute__((format(printf, 4, 5)));

#endif
