#include "json/write.h"

#include "base/text.h"

static void separate(struct json_writer *w)
{
    if (w->comma)
        buf_put_char(w->out, ',');
    w->comma = true;
}

void json_open(struct json_writer *w, char bracket)
{
    separate(w);
    buf_put_char(w->out, bracket);
    w->comma = false;
}

void json_close(struct json_writer *w, char bracket)
{
    buf_put_char(w->out, bracket);
    w->comma = true;
}

void json_escape(struct buf *out, struct slice text)
{
    text_put_json_escaped(out, text);
}

static void put_quoted(struct buf *out, struct slice text)
{
    if (!buf_reserve(out, text.len + 2))
        return;
    if (text_json_clean(text) == text.len) { /* nearly always: one check of room, one copy */
        char *p = out->data + out->len;
        *p++ = '"';
        if (text.len > 0)
            memcpy(p, text.ptr, text.len);
        p[text.len] = '"';
        out->len += text.len + 2;
        return;
    }
    buf_put_char(out, '"');
    json_escape(out, text);
    buf_put_char(out, '"');
}

void json_put_name(struct json_writer *w, struct slice name)
{
    if (!buf_reserve(w->out, name.len + 4))
        return;
    char *p = w->out->data + w->out->len;
    if (w->comma)
        *p++ = ',';
    *p++ = '"';
    memcpy(p, name.ptr, name.len);
    p += name.len;
    *p++ = '"';
    *p++ = ':';
    w->out->len = (size_t)(p - w->out->data);
    w->comma = false;
}

void json_put_text_name(struct json_writer *w, struct slice name)
{
    separate(w);
    put_quoted(w->out, name);
    buf_put_char(w->out, ':');
    w->comma = false;
}

void json_put_string(struct json_writer *w, struct slice text)
{
    separate(w);
    put_quoted(w->out, text);
}

void json_put_bool(struct json_writer *w, bool value)
{
    json_put_raw(w, value ? SLICE("true") : SLICE("false"));
}

void json_put_int(struct json_writer *w, long long value)
{
    separate(w);
    buf_put_int(w->out, value);
}

void json_put_raw(struct json_writer *w, struct slice json)
{
    separate(w);
    buf_put_slice(w->out, json);
}

void json_member_string(struct json_writer *w, struct slice name, struct slice text)
{
    json_put_name(w, name);
    json_put_string(w, text);
}

void json_member_bool(struct json_writer *w, struct slice name, bool value)
{
    json_put_name(w, name);
    json_put_bool(w, value);
}

void json_member_int(struct json_writer *w, struct slice name, long long value)
{
    json_put_name(w, name);
    json_put_int(w, value);
}

void json_member_raw(struct json_writer *w, struct slice name, struct slice json)
{
    json_put_name(w, name);
    json_put_raw(w, json);
}
