#ifndef SRC_CLI_DOCUMENT_H
#define SRC_CLI_DOCUMENT_H

/*
 * struct document: one of the documents in a file, JSON or YAML, as an index over JSON text.
 *
 * Documents are separated by lines that start with "---"; JSON documents may also follow each other
 * directly.  What starts with { or [ is JSON if the strict scanner takes it, else YAML.  A document
 * is used for one after the other: its memory is kept.  One owner, one thread.
 *
 * A UTF-8 byte-order mark at the start is passed over, and what follows is YAML, as for kubectl: JSON
 * has no such mark (RFC 8259 s8.1), and the server refuses a review with one.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/yaml-read.h"
#include "json/cursor.h"

#define DOCUMENT_FILE_MAX ((size_t)64 << 20) /* bytes of a file */

struct document {
    bool is_json;
    struct slice source;     /* its bytes in the file; of YAML with the line "---" before it */
    uint32_t line;           /* where source starts, from 1 */
    uint32_t column;         /* likewise, in bytes */
    struct json_index index; /* over source (JSON) or over converted (YAML) */
    struct buf converted;
    struct yaml_places places;
    struct arena arena;      /* scratch */
    struct error json_error; /* of YAML that looked like JSON at first: why it is not */
};

/* What is left of a file. */
struct document_stream {
    const char *begin; /* of the file */
    struct slice rest;
    uint32_t line; /* of the first byte of rest */
    bool is_yaml;  /* no document is taken as JSON */
};

struct document_stream document_stream(struct slice text);

void document_init(struct document *doc);
void document_done(struct document *doc);

/*
 * Reads the next document that is not empty.  0 with *ret_found false at the end.  -1 with
 * ERROR_SYNTAX, ERROR_SHAPE, ERROR_LIMIT or ERROR_NOMEM, message with line and column; the stream then
 * stands behind the bad document and may be read on.
 */
int document_next(struct document_stream *stream, struct document *doc, bool *ret_found,
                  struct error *err) __attribute__((warn_unused_result));

/* Where a value stands in the file. */
struct yaml_place document_place(const struct document *doc, json_ref ref);

#endif
