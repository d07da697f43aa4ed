#include "base/file.h"
#include "base/time.h"
#include "kube/client.h"

#define BEARER "Bearer "

void kube_token_drop(struct kube_client *c)
{
    buf_done(&c->bearer);
}

static int read_bearer(const struct kube_client *c, struct buf *bearer, struct error *err)
{
    struct buf word;
    buf_init_secret(&word, KUBE_TOKEN_MAX);
    int rc = file_read_word(c->set.token_file.ptr, "service-account token", &word, err);
    if (rc == 0) {
        buf_put_lit(bearer, BEARER);
        buf_put_slice(bearer, buf_slice(&word));
        rc = buf_check(bearer, "the service-account token", err);
    }
    buf_done(&word);
    return rc;
}

int kube_token_get(struct kube_client *c, struct error *err)
{
    int64_t now = time_boot_us();
    bool has_one = c->bearer.len > 0;
    if (c->set.token_file.len == 0 || (has_one && now - c->bearer_time < KUBE_TOKEN_AGE_MAX))
        return 0;
    struct error why = ERROR_INIT;
    struct buf fresh;
    buf_init_secret(&fresh, sizeof(BEARER) + KUBE_TOKEN_MAX);
    if (read_bearer(c, &fresh, &why) == 0) {
        buf_done(&c->bearer);
        c->bearer = fresh;
        c->bearer_time = now;
        return 0;
    }
    buf_done(&fresh);
    if (!has_one)
        *err = why;
    return has_one ? 0 : -1;
}
