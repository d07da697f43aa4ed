#ifndef SRC_JSON_WRITE_H
#define SRC_JSON_WRITE_H

/*
 * Writing compact JSON text into a struct buf.
 *
 * The writer only knows whether a comma is due; balance is the caller's.  It never fails by itself:
 * the buffer's sticky failure is checked once at the end.  No thread shares a writer.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/str.h"

struct json_writer {
    struct buf *out;
    bool comma; /* a value was written before on this level */
};

static inline struct json_writer json_writer(struct buf *out)
{
    return (struct json_writer){ out, false };
}

void json_open(struct json_writer *w, char bracket);  /* '{' or '[' */
void json_close(struct json_writer *w, char bracket); /* '}' or ']' */

/* A member's name, a constant of ours that needs no escape; the value follows. */
void json_put_name(struct json_writer *w, struct slice name);

/* The same for a name of any origin, escaped as needed. */
void json_put_text_name(struct json_writer *w, struct slice name);

void json_put_string(struct json_writer *w, struct slice text); /* must be valid UTF-8 */
void json_put_bool(struct json_writer *w, bool value);
void json_put_int(struct json_writer *w, long long value);

/* A finished value's text, as it is. */
void json_put_raw(struct json_writer *w, struct slice json);

/* name and value in one call. */
void json_member_string(struct json_writer *w, struct slice name, struct slice text);
void json_member_bool(struct json_writer *w, struct slice name, bool value);
void json_member_int(struct json_writer *w, struct slice name, long long value);
void json_member_raw(struct json_writer *w, struct slice name, struct slice json);

/*
 * Appends the escaped form of text, without quotes: ", \ and control characters only; everything
 * else, non-ASCII included, stays as it is.
 */
void json_escape(struct buf *out, struct slice text);

#endif
