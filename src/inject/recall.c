#include "inject/recall.h"

#include "base/base64.h"

void recall_init(struct recall *r, size_t max)
{
    *r = (struct recall){ .hash = "" };
    buf_init(&r->config, max);
    buf_init(&r->patch, max);
    buf_init(&r->encoded, max);
}

void recall_done(struct recall *r)
{
    buf_done(&r->config);
    buf_done(&r->patch);
    buf_done(&r->encoded);
}

void recall_trim(struct recall *r, size_t keep)
{
    if (r->config.cap > keep)
        buf_trim(&r->config, keep);
    if (r->patch.cap > keep || r->encoded.cap > keep) {
        buf_trim(&r->patch, keep);
        buf_trim(&r->encoded, keep);
    }
}

const char *recall_hash(struct recall *r, struct slice config)
{
    if (slice_equal(buf_slice(&r->config), config))
        return r->hash;
    buf_clear(&r->config);
    buf_put_slice(&r->config, config);
    if (r->config.failure != BUF_OK)
        buf_clear(&r->config);
    sha256_hex(config, RECALL_HASH_DIGITS, r->hash);
    return r->hash;
}

bool recall_knows_patch(struct recall *r, struct slice patch)
{
    bool is_known = patch.len > 0 && slice_equal(buf_slice(&r->patch), patch);
    r->is_repeated = r->is_repeated || is_known;
    return is_known;
}

void recall_keep_patch(struct recall *r, struct buf *patch)
{
    struct buf other = r->patch;
    r->patch = *patch;
    *patch = other;
    buf_clear(&r->encoded);
    r->is_repeated = false;
}

struct slice recall_patch(const struct recall *r)
{
    return buf_slice(&r->patch);
}

/* A patch that comes for the second time will come again: only then its text is kept. */
void recall_put_encoded(struct recall *r, struct buf *out)
{
    struct slice patch = buf_slice(&r->patch);
    if (r->is_repeated && r->encoded.len == 0) {
        base64_encode(&r->encoded, patch);
        if (r->encoded.failure != BUF_OK)
            buf_clear(&r->encoded);
    }
    if (r->encoded.len > 0)
        buf_put_slice(out, buf_slice(&r->encoded));
    else
        base64_encode(out, patch);
}
