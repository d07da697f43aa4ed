#include "support/fuzz-input.h"

#include "base/text.h"

unsigned fuzz_choice(struct fuzz_input *in, unsigned below)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++ % below;
}

struct slice fuzz_bytes(struct fuzz_input *in, size_t n)
{
    struct slice s = { (const char *)in->at, n < in->left ? n : in->left };
    in->at += s.len;
    in->left -= s.len;
    return s;
}

struct slice fuzz_piece(struct fuzz_input *in)
{
    const uint8_t *end = in->left > 0 ? memchr(in->at, 0, in->left) : NULL;
    struct slice s = fuzz_bytes(in, end ? (size_t)(end - in->at) : in->left);
    (void)fuzz_bytes(in, 1);
    return s;
}

void fuzz_put_string(struct buf *out, struct slice text)
{
    buf_put_char(out, '"');
    text_put_json_any(out, text, text.len);
    buf_put_char(out, '"');
}
