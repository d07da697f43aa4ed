#ifndef SRC_JSON_POINTER_H
#define SRC_JSON_POINTER_H

/*
 * JSON Pointer (RFC 6901).  Pure functions.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "json/cursor.h"

#define JSON_POINTER_DEPTH_MAX 128u

/* Appends "/" and the token with ~ and / escaped. */
void json_pointer_put(struct buf *out, struct slice token);

/*
 * Takes the next reference token of *rest (which must start with '/') and resolves ~0 and ~1 into the
 * arena when needed.  -1 with ERROR_SYNTAX for a missing slash or a bad escape.
 */
int json_pointer_next(struct slice *rest, struct arena *arena, struct slice *ret_token,
                      struct error *err) __attribute__((warn_unused_result));

/* An array index as RFC 6901 section 4 writes it (no sign, no leading zero); false otherwise. */
bool json_pointer_index(struct slice token, uint32_t *ret);

/* The place that pointer names, or -1 with ERROR_SHAPE saying which part is missing. */
int json_pointer_find(const struct json_index *ix, struct slice pointer, struct arena *arena,
                      json_ref *ret, struct error *err) __attribute__((warn_unused_result));

#endif
