#ifndef SRC_JSON_PATCH_H
#define SRC_JSON_PATCH_H

/*
 * JSON Patch (RFC 6902), strict: all six operations, no negative indices, `add` needs its value,
 * `replace` and `remove` need their target, `test` compares by value.
 *
 * What the patch does not touch keeps its bytes: numbers, escapes, order and unknown members, also
 * the white space around them.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "json/cursor.h"

#define JSON_PATCH_OPERATIONS_MAX 10000u
#define JSON_PATCH_OPERATION \
    "operation " /* so begins the message of a failed one; its number follows */

/*
 * Checks the outer form only: an array of objects, or null (an empty patch); a null element passes here
 * and fails when it is applied, as in vault-k8s.  -1 with ERROR_SHAPE.
 * Operation names, paths and values are looked at by json_patch_apply().
 */
int json_patch_check(const struct json_index *patch, json_ref list, struct error *err)
    __attribute__((warn_unused_result));

/*
 * Applies the operations of the array `list` in `patch` to the value at `target` in `doc`, and
 * appends the resulting text to out.  Both indices are only read.  The arena holds the working tree
 * until the caller clears it.  On failure -1 (ERROR_SYNTAX, ERROR_SHAPE, ERROR_LIMIT, ERROR_NOMEM)
 * and out is as it was; the message names operation number (from 0), op and path.
 *
 * Removing the whole value is refused, as is moving a value into itself.  The result is nested at
 * most JSON_DEPTH_MAX deep.
 */
int json_patch_apply(const struct json_index *patch, json_ref list, const struct json_index *doc,
                     json_ref target, struct arena *arena, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

#endif
