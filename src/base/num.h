#ifndef SRC_BASE_NUM_H
#define SRC_BASE_NUM_H

/*
 * Numbers in the grammars that the field uses.  All functions are pure, look at the whole slice (no
 * trimming, no trailing bytes) and ignore the locale.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

enum num_status { NUM_OK, NUM_SYNTAX, NUM_RANGE };

/* Go's strconv.ParseBool: exactly 1 t T TRUE true True 0 f F FALSE false False. */
bool num_bool(struct slice text, bool *ret);

/* Base 10, optional sign, leading zeros; as Go's ParseInt(s, 10, 64). */
enum num_status num_int64(struct slice text, int64_t *ret);

/* Base 10, no sign, leading zeros; as Go's ParseUint(s, 10, 64). */
enum num_status num_uint64(struct slice text, uint64_t *ret);

/*
 * Go's strconv.ParseFloat(s, 64) as vault-k8s uses it: decimal and hexadecimal notation, a leading
 * or trailing dot, underscores between digits, inf/infinity/nan in any case.  NUM_RANGE for
 * overflow.
 */
enum num_status num_double(struct slice text, double *ret);

/* A JSON number's text as a double; the text was checked by the scanner. Overflow: NUM_RANGE. */
enum num_status num_json_double(struct slice text, double *ret);

/*
 * Appends the shortest text that reads back as value, in the form of Go's encoding/json. Finite
 * only.
 */
void num_put_double(struct buf *out, double value);

/* Go's time.ParseDuration: "300ms", "-1.5h", "1m30s", "0"; nanoseconds. */
enum num_status num_duration(struct slice text, int64_t *ret_ns);

/*
 * True when text is a Kubernetes resource quantity as resource.ParseQuantity accepts it
 * (k8s.io/apimachinery/pkg/api/resource): sign, digits with at most one dot, then nothing, a
 * decimal (n u m k M G T P E) or binary (Ki Mi Gi Ti Pi Ei) suffix, or e/E with a signed exponent
 * of 64 bits. Empty text is refused.  Without any digit (".", "+", "Mi") the text counts as 0, but
 * not with Pi, Ei or an exponent below -9 (of which the library sees the low 32 bits).
 */
bool num_is_quantity(struct slice text);

#endif
