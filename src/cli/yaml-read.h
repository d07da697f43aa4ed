#ifndef SRC_CLI_YAML_READ_H
#define SRC_CLI_YAML_READ_H

/*
 * A YAML document as kubectl reads it, turned into JSON text.
 *
 * Order of members and the text of numbers are kept; aliases and merge keys (<<) are expanded, own
 * members win over merged ones; member names that are numbers or booleans become text.  Refused:
 * duplicate names, lists, maps and nulls as names, .inf and .nan, !!binary, anchors that contain
 * themselves, alias expansion beyond YAML_ALIAS_BYTES_MAX, and the limits of yaml-tree.h.
 */

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define YAML_ALIAS_BYTES_MAX ((size_t)8 << 20) /* of JSON that comes from aliases and merges */
#define YAML_JSON_MAX ((size_t)128 << 20)      /* use it for the buffer */
#define YAML_MEMORY_MAX ((size_t)256 << 20)    /* use it for the arena */

/* Where a JSON value came from. */
struct yaml_place {
    uint32_t line, column; /* from 1 */
};

/* One place per node of the index that json_scan() makes of the text, in its order. */
struct yaml_places {
    struct yaml_place *at; /* owned */
    uint32_t count, cap;
};

void yaml_places_done(struct yaml_places *places);

/*
 * Appends the JSON text of the one document in text to *json and its places to *places.  An empty
 * document gives "null".  first_line: where text starts in its file.  The arena is scratch.  On failure
 * -1 (ERROR_SYNTAX, ERROR_SHAPE, ERROR_LIMIT, ERROR_NOMEM), message with line and column; json and
 * places are then of no use.
 */
int yaml_read(struct slice text, uint32_t first_line, struct arena *arena, struct buf *json,
              struct yaml_places *places, struct error *err) __attribute__((warn_unused_result));

#endif
