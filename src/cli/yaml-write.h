#ifndef SRC_CLI_YAML_WRITE_H
#define SRC_CLI_YAML_WRITE_H

/*
 * A JSON value as YAML in kubectl's usual form: block style, two spaces, lists at the indentation of
 * their name.
 *
 * Order and the text of numbers are kept.  Text is quoted where an unquoted scalar would be read as
 * something else, and stands as a literal block (|) where it has several lines.  What comes out reads
 * back as the same value with yaml_read().
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "json/cursor.h"

#define YAML_TEXT_MAX ((size_t)256 << 20) /* use it for the buffer */

/*
 * Appends the value at ref with a final newline.  The arena is scratch for strings with escapes.
 * -1 with ERROR_SHAPE for half a surrogate pair, which YAML cannot hold, ERROR_LIMIT or ERROR_NOMEM.
 */
int yaml_write(const struct json_index *ix, json_ref ref, struct arena *arena, struct buf *out,
               struct error *err) __attribute__((warn_unused_result));

#endif
