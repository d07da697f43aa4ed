#include "json/write.h"

#include "base/text.h"

static void separate(struct json_writer *w)
{
    if (w->comma)
        buf_put_char(w->out, ',');
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
    char *p = out->data + out->len;
    if (text_copy_json_clean(p + 1, text)) { /* nearly always */
        p[0] = '"';
        p[1 + text.len] = '"';
        out->len += text.len + 2;
        return;
    }
    buf_put_char(out, '"');
    json_escape(out, text);
    buf_put_char(out, '"');
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

void json_put_int(struct json_writer *w, long long value)
{
    separate(w);
    buf_put_int(w->out, value);
}
