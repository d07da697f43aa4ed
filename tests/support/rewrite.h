#ifndef TESTS_SUPPORT_REWRITE_H
#define TESTS_SUPPORT_REWRITE_H

/*
 * Other reviews made from one review: its bytes with annotations moved, renamed or added, members
 * planted, or the pod replaced.  Everything else keeps its bytes.
 *
 * One owner.  A result is valid until the next call.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "json/cursor.h"

struct rewrite {
    struct json_index ix;
    struct buf out;
    struct slice body;
    json_ref object, annotations; /* JSON_ABSENT when the review has none */
};

void rewrite_init(struct rewrite *r);
void rewrite_done(struct rewrite *r);

/* Takes the review up; its bytes are borrowed.  False when it is no JSON. */
bool rewrite_open(struct rewrite *r, struct slice body);

/* The annotations in another order, the same for the same seed. */
struct slice rewrite_permuted(struct rewrite *r, uint32_t seed);

/* Names that start with `from` start with `to`. */
struct slice rewrite_prefixed(struct rewrite *r, struct slice from, struct slice to);

/* One more annotation, first of all; the value is JSON text. */
struct slice rewrite_annotated(struct rewrite *r, struct slice name, struct slice value);

/* `members` ("\"a\":1") first in object, metadata, spec, and each container of spec.containers. */
struct slice rewrite_planted(struct rewrite *r, struct slice members);

/* Another pod. */
struct slice rewrite_object(struct rewrite *r, struct slice object);

#endif
