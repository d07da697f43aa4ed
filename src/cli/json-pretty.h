#ifndef SRC_CLI_JSON_PRETTY_H
#define SRC_CLI_JSON_PRETTY_H

/* A JSON value on many lines, four spaces a level, as kubectl prints it. Scalars keep their bytes. */

#include "base/buf.h"
#include "json/cursor.h"

/* Appends the value at ref with a final newline; check the buffer. */
void json_pretty(const struct json_index *ix, json_ref ref, struct buf *out);

#endif
