#include "http/put-json.h"

static int put_part(const char *bytes, size_t len, void *arg)
{
    buf_put(arg, bytes, len);
    return 0;
}

int http_put_json(struct buf *out, const json_t *tree, const char *what, struct error *err)
{
    if (json_dump_callback(tree, put_part, out, JSON_COMPACT) < 0)
        return error_nomem(err); /* nothing else can go wrong with trees that we made */
    return buf_check(out, what, err);
}
