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

/* Most names and values are constants of ours: inlined, their copies become a few stores. */
#define JSON_WRITE_INLINE static inline __attribute__((always_inline))

/* A finished value's text, as it is. */
JSON_WRITE_INLINE void json_put_raw(struct json_writer *w, struct slice json)
{
    struct buf *out = w->out;
    if (!buf_reserve(out, json.len + 1))
        return;
    out->data[out->len] = ',';
    out->len += w->comma;
    if (json.len > 0)
        memcpy(out->data + out->len, json.ptr, json.len);
    out->len += json.len;
    w->comma = true;
}

JSON_WRITE_INLINE void json_open(struct json_writer *w, char bracket) /* '{' or '[' */
{
    json_put_raw(w, (struct slice){ &bracket, 1 });
    w->comma = false;
}

JSON_WRITE_INLINE void json_close(struct json_writer *w, char bracket) /* '}' or ']' */
{
    buf_put_char(w->out, bracket);
    w->comma = true;
}

/* A member's name, a constant of ours that needs no escape; the value follows. */
JSON_WRITE_INLINE void json_put_name(struct json_writer *w, struct slice name)
{
    struct buf *out = w->out;
    if (!buf_reserve(out, name.len + sizeof(",\"\":")))
        return;
    char *p = out->data + out->len;
    *p = ',';
    p += w->comma;
    *p++ = '"';
    memcpy(p, name.ptr, name.len);
    p += name.len;
    *p++ = '"';
    *p++ = ':';
    out->len = (size_t)(p - out->data);
    w->comma = false;
}

/* The same for a name of any origin, escaped as needed. */
void json_put_text_name(struct json_writer *w, struct slice name);

/* A string, quoted and escaped; its text must be valid UTF-8. */
void json_put_string(struct json_writer *w, struct slice text);

void json_put_int(struct json_writer *w, long long value);

static inline void json_put_bool(struct json_writer *w, bool value)
{
    json_put_raw(w, value ? SLICE("true") : SLICE("false"));
}

/* name and value in one call. */
JSON_WRITE_INLINE void json_member_string(struct json_writer *w, struct slice name,
                                          struct slice text)
{
    json_put_name(w, name);
    json_put_string(w, text);
}

JSON_WRITE_INLINE void json_member_bool(struct json_writer *w, struct slice name, bool value)
{
    json_put_name(w, name);
    json_put_bool(w, value);
}

JSON_WRITE_INLINE void json_member_int(struct json_writer *w, struct slice name, long long value)
{
    json_put_name(w, name);
    json_put_int(w, value);
}

JSON_WRITE_INLINE void json_member_raw(struct json_writer *w, struct slice name, struct slice json)
{
    json_put_name(w, name);
    json_put_raw(w, json);
}

/*
 * Appends the escaped form of text, without quotes: ", \ and control characters only; everything
 * else, non-ASCII included, stays as it is.
 */
void json_escape(struct buf *out, struct slice text);

#endif
