#include "support/utf8.h"

#include "base/buf.h"
#include "base/text.h"

#define TEXT_MAX ((size_t)1 << 26)

/* Replacing what is not UTF-8 changes nothing. */
bool utf8_is_valid(struct slice text)
{
    struct buf plain;
    struct buf replaced;
    buf_init(&plain, TEXT_MAX);
    buf_init(&replaced, TEXT_MAX);
    text_put_json_escaped(&plain, text);
    text_put_json_replaced(&replaced, text);
    bool is_valid = slice_equal(buf_slice(&plain), buf_slice(&replaced));
    buf_done(&plain);
    buf_done(&replaced);
    return is_valid;
}
