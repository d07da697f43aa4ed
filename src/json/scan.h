#ifndef SRC_JSON_SCAN_H
#define SRC_JSON_SCAN_H

/*
 * A strict one-pass JSON scanner (RFC 8259) that yields an index over the caller's bytes.
 *
 * Nothing is copied: nodes hold positions in the text, which must outlive the index and stay
 * unchanged.  Accepted is exactly one value with optional white space around it, in valid UTF-8,
 * no byte-order mark.  Escapes are checked for form (\u needs four hex digits) but not resolved;
 * lone surrogate escapes and \u0000 are accepted here and refused where a string is used
 * (json_string() in cursor.h).  Numbers are checked for form and stay text.  Duplicate names are
 * found by json_check_unique() on the objects that are read.
 *
 * A struct json_index may be scanned into again and again; its memory is kept.  One owner, one
 * thread; reading a finished index is thread-safe.
 */

#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

#define JSON_TEXT_MAX ((size_t)256 << 20) /* positions are 32 bits wide */
#define JSON_DEPTH_MAX 512u               /* default of json_index.max_depth */
#define JSON_NODES_MAX (4u << 20)         /* default of json_index.max_nodes */

enum json_kind {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* 16 bytes.  A member of an object is a JSON_STRING node (its name) followed by its value. */
struct json_node {
    uint32_t pos;    /* first byte; of strings: the byte after the opening quote */
    uint32_t len;    /* bytes; of strings without quotes, of containers with brackets */
    uint32_t next;   /* node after this value and everything in it */
    uint8_t kind;    /* enum json_kind */
    uint8_t escaped; /* of strings: contains a backslash */
    uint16_t spare;
};

struct json_index {
    const char *text; /* borrowed */
    size_t text_len;
    struct json_node *nodes; /* owned; nodes[0] is the root */
    uint32_t count;
    uint32_t cap;
    uint32_t max_nodes;
    uint32_t max_depth;
};

/* An empty index with the default limits; allocates nothing. */
void json_index_init(struct json_index *ix);
void json_index_done(struct json_index *ix);

/*
 * Scans text.  On failure -1 with ERROR_SYNTAX, ERROR_LIMIT or ERROR_NOMEM; the message gives line,
 * column (both from 1, column in bytes) and reason.  The index is then empty.
 */
int json_scan(struct json_index *ix, struct slice text, struct error *err)
    __attribute__((warn_unused_result));

#endif
