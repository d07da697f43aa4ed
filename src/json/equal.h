#ifndef SRC_JSON_EQUAL_H
#define SRC_JSON_EQUAL_H

/*
 * Structural equality with a bound on the work.  Internal to src/json.  Pure functions.
 */

#include <stdbool.h>
#include <stdint.h>

#include "json/cursor.h"

/*
 * As json_equal().  Each visit of a value or of a member's name takes one of *steps, of a number one
 * for each byte; when they are used up the answer is false and *steps is 0.
 */
bool json_equal_within(const struct json_index *a, json_ref ra, const struct json_index *b,
                       json_ref rb, uint64_t *steps);

/* True when two strings or names have the same resolved text. */
bool json_same_string(const struct json_index *a, json_ref ra, const struct json_index *b,
                      json_ref rb);

/* Equality of two numbers' texts by value, exact for any number of digits. */
bool json_same_number(struct slice a, struct slice b);

#endif
