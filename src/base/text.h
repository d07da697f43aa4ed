#ifndef SRC_BASE_TEXT_H
#define SRC_BASE_TEXT_H

/*
 * Text for people and paths for pods. Pure functions; results are appended or come from the arena.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

#define TEXT_VALUE_MAX 64          /* bytes of a user's value that a message shows */
#define TEXT_DISTANCE_LIMIT_MAX 31 /* of text_distance(), which keeps its rows on the stack */

/*
 * Appends s for a message: at most max bytes of it (whole UTF-8 characters, then "..."), control
 * characters (C0, DEL, C1, U+2028/9, bidi controls) as \n, \t, \x1b or \u202e, bytes that are not
 * UTF-8 as \xff, and backslash and single quote escaped, so that the result is one line and cannot
 * end its own quotes.
 */
void text_put_printable(struct buf *out, struct slice s, size_t max);

/* The same for a finished sentence: backslash and quotes stay. */
void text_put_line(struct buf *out, struct slice s, size_t max);

/*
 * Printable ASCII without space, double quote, backslash and equals sign, and not empty: as a field's
 * value it ends where the next space or line does.
 */
bool text_is_word(struct slice s);

/*
 * Appends the content of a JSON string, without quotes: ", \ and control characters are escaped,
 * everything else, non-ASCII included, stays as it is.  For valid JSON text must be valid UTF-8.
 */
void text_put_json_escaped(struct buf *out, struct slice text);

/*
 * Copies text to `to`, which has room for it, if a JSON string takes all of it as it is.  Else false,
 * and anything may stand in that room.
 */
bool text_copy_json_clean(char *to, struct slice text);

/* Is the text valid UTF-8 (no overlong forms, no surrogates)? */
bool text_is_utf8(struct slice text);

/* Like text_put_json_escaped for any bytes: each that is not UTF-8 becomes U+FFFD, as Go's encoding/json does. */
void text_put_json_replaced(struct buf *out, struct slice bytes);

/* The same for text of any origin: cut like above, bytes that are not UTF-8 as \ufffd. */
void text_put_json_any(struct buf *out, struct slice text, size_t max);

/*
 * Edit distance in bytes (insert, delete, replace, swap of neighbours; nothing is edited twice), or
 * limit + 1 when it exceeds limit.  A limit above TEXT_DISTANCE_LIMIT_MAX is taken as that.
 */
unsigned text_distance(struct slice a, struct slice b, unsigned limit);

/*
 * Go's path.Clean: lexical, never empty (".").  A rooted path that is clean is returned as it is, else the
 * result comes from the arena; absent when that is exhausted.
 */
struct slice text_path_clean(struct arena *arena, struct slice path);

/*
 * Go's path.Join of two elements: empty ones are dropped, the result is cleaned; "" for two empty.
 * What text_path_clean() says of memory holds here.
 */
struct slice text_path_join(struct arena *arena, struct slice a, struct slice b);

/*
 * Lower case as Go's strings.ToLower: one character becomes one character, by a table of our own
 * (lower.h), independent of locales; bytes that are not UTF-8 become U+FFFD.  Text that is plain
 * lower-case ASCII is returned as it is; else the result comes from the arena.
 */
struct slice text_to_lower(struct arena *arena, struct slice s);

#endif
