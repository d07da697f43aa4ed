#ifndef SRC_CLI_YAML_SCALAR_H
#define SRC_CLI_YAML_SCALAR_H

/*
 * What a YAML scalar means to kubectl.
 *
 * kubectl reads YAML 1.1 words and numbers by the rules of the Go library behind sigs.k8s.io/yaml:
 * y/yes/on/true are booleans, 0777 and 0o777 are octal, 1_000 is a number, dates are text.  Numbers
 * whose text is a JSON number keep that text whatever their size; the others are converted.
 *
 * Pure functions, except that they append to a buffer.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

enum scalar_kind {
    SCALAR_STRING,
    SCALAR_NULL,
    SCALAR_FALSE,
    SCALAR_TRUE,
    SCALAR_INT,
    SCALAR_FLOAT,
    SCALAR_INFINITE, /* .inf, -.inf, .nan: no JSON */
};

/*
 * What an unquoted scalar is.  For SCALAR_INT and SCALAR_FLOAT the JSON text is appended to *number
 * (check the buffer); nothing is appended otherwise.
 */
enum scalar_kind scalar_resolve(struct slice text, struct buf *number);

/* True when an unquoted text would not be read as this very string by YAML 1.1 or 1.2. */
bool scalar_needs_quotes(struct slice text);

/*
 * The same with the scalar's style and tag, as libyaml reports them (tag absent: none; is_plain: the
 * scalar is unquoted and untagged).  -1 with ERROR_SHAPE when the text does not fit the tag.
 */
int scalar_resolve_tagged(struct slice text, struct slice tag, bool is_plain, struct buf *number,
                          enum scalar_kind *ret, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Appends the member name that kubectl makes of a number used as one; number is the JSON text from
 * scalar_resolve().
 */
void scalar_put_number_name(struct buf *out, struct slice number);

#endif
