#ifndef SRC_CLI_YAML_QUOTE_H
#define SRC_CLI_YAML_QUOTE_H

/* How a piece of text is written as a YAML scalar. Text is valid UTF-8. */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Appends text on one line: unquoted where that is safe, else in single or double quotes. */
void yaml_put_inline(struct buf *out, struct slice text);

/* True when text has several lines and may stand as a literal block. */
bool yaml_fits_block(struct slice text);

/* Appends "|" with its indicators and the lines, each behind `indent` spaces, with a final newline. */
void yaml_put_block(struct buf *out, struct slice text, unsigned indent);

/*
 * Appends a JSON string (as it stands between its quotes, escapes and all) in double quotes.  For
 * strings with \u0000, which have no text form.  -1 with ERROR_SHAPE for half a surrogate pair.
 */
int yaml_put_escaped_json(struct buf *out, struct slice escaped, struct error *err)
    __attribute__((warn_unused_result));

#endif
