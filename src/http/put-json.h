#ifndef SRC_HTTP_PUT_JSON_H
#define SRC_HTTP_PUT_JSON_H

/* The body of a request, from a tree. */

#include <jansson.h>

#include "base/buf.h"
#include "base/error.h"

/* Appends compact JSON; -1 with ERROR_NOMEM, or ERROR_LIMIT with `what` for what is too large. */
int http_put_json(struct buf *out, const json_t *tree, const char *what, struct error *err)
    __attribute__((warn_unused_result));

#endif
