#include "kube/client.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/text.h"
#include "http/put-json.h"
#include "http/reply.h"

#define SETTINGS_MAX ((size_t)16 << 10)
#define ERROR_TEXT_MAX 300u /* bytes of the API server's own words in a message */
#define US_PER_SECOND ((int64_t)1000000)
#define WATCH_LIFE (120 * US_PER_SECOND)
#define WATCH_SILENCE (90 * US_PER_SECOND) /* a bookmark is sent once a minute */

/* --- life -------------------------------------------------------------------------------------- */

/* The settings' texts, one behind the other in memory of ours. */
static int copy_settings(struct kube_client *c, const struct kube_settings *set, struct error *err)
{
    c->set = *set;
    struct slice *texts[] = { &c->set.address, &c->set.token_file, &c->set.ca_file,
                              &c->set.namespace };
    size_t count = sizeof(texts) / sizeof(texts[0]);
    for (size_t i = 0; i < count; i++) {
        buf_put_slice(&c->texts, *texts[i]);
        buf_put_char(&c->texts, 0); /* files are opened by name */
    }
    if (buf_check(&c->texts, "the settings of the Kubernetes client", err) < 0)
        return -1;
    const char *at = c->texts.data;
    for (size_t i = 0; i < count; i++) {
        texts[i]->ptr = at;
        at += texts[i]->len + 1;
    }
    if (c->set.watch_life <= 0)
        c->set.watch_life = WATCH_LIFE;
    if (c->set.watch_silence <= 0)
        c->set.watch_silence = WATCH_SILENCE;
    struct slice *base = &c->set.address;
    while (base->len > 0 && base->ptr[base->len - 1] == '/')
        base->len--;
    return 0;
}

int kube_client_new(const struct kube_settings *settings, struct kube_client **ret,
                    struct error *err)
{
    CLEANUP(kube_client_free) struct kube_client *c = calloc(1, sizeof(*c));
    if (!c)
        return error_nomem(err);
    buf_init(&c->texts, SETTINGS_MAX);
    buf_init_secret(&c->bearer, KUBE_TOKEN_MAX);
    http_reply_init(&c->reply, KUBE_REPLY_MAX);
    if (copy_settings(c, settings, err) < 0)
        return -1;
    struct http_settings http = {
        .base = c->set.address,
        .ca_file = c->set.ca_file,
        .connect_timeout = c->set.connect_timeout,
        .total_timeout = c->set.total_timeout,
        .body_limit = KUBE_REPLY_MAX,
    };
    if (http_client_new(&http, &c->http, err) < 0)
        return -1;
    *ret = steal_ptr(c);
    return 0;
}

void kube_client_free(struct kube_client *c)
{
    if (!c)
        return;
    http_client_free(c->http);
    http_reply_done(&c->reply);
    buf_done(&c->bearer);
    buf_done(&c->texts);
    free(c);
}

void kube_client_cancel(struct kube_client *c)
{
    http_client_cancel(c->http);
}

const struct kube_counters *kube_client_counters(const struct kube_client *c)
{
    return &c->counters;
}

int64_t kube_client_retry_after(const struct kube_client *c)
{
    return c->retry_after;
}

int64_t kube_client_server_time(const struct kube_client *c)
{
    return c->reply.date;
}

/* --- helpers of the calls ---------------------------------------------------------------------- */

uint32_t kube_random(void)
{
    uint32_t bits = 0;
    (void)!getrandom(&bits, sizeof(bits), GRND_NONBLOCK);
    return bits;
}

int kube_check_name(struct slice text, const char *what, struct error *err)
{
    bool is_fine = text.len > 0 && text.len <= KUBE_NAME_MAX && text.ptr[0] != '.' &&
                   text.ptr[text.len - 1] != '.';
    for (size_t i = 0; is_fine && i < text.len; i++) {
        char b = text.ptr[i];
        is_fine = (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9') || b == '-' || b == '.';
    }
    if (is_fine)
        return 0;
    char shown[4 * TEXT_VALUE_MAX + 8];
    struct buf out = buf_over(shown, sizeof(shown) - 1);
    text_put_printable(&out, text, TEXT_VALUE_MAX);
    return error_set(err, ERROR_USAGE,
                     "the name of %s '%s' may be 1 to %u lower-case letters, digits, '-' and '.'",
                     what, buf_cstr(&out) ? buf_cstr(&out) : "", KUBE_NAME_MAX);
}

/* --- one call ---------------------------------------------------------------------------------- */

static enum kube_failure failure_of_transport(enum http_failure failure)
{
    static const enum kube_failure classes[HTTP_FAILURE__COUNT] = {
        [HTTP_FAILURE_NONE] = KUBE_OK,
        [HTTP_FAILURE_RESOLVE] = KUBE_UNREACHABLE,
        [HTTP_FAILURE_CONNECT] = KUBE_UNREACHABLE,
        [HTTP_FAILURE_TLS] = KUBE_UNTRUSTED,
        [HTTP_FAILURE_TIMEOUT] = KUBE_UNREACHABLE,
        [HTTP_FAILURE_CUT] = KUBE_UNREACHABLE,
        [HTTP_FAILURE_LIMIT] = KUBE_PROTOCOL,
        [HTTP_FAILURE_PROTOCOL] = KUBE_PROTOCOL,
        [HTTP_FAILURE_CANCELLED] = KUBE_LOCAL,
        [HTTP_FAILURE_LOCAL] = KUBE_LOCAL,
    };
    return classes[failure];
}

static int send_once(struct kube_client *c, const struct kube_call *call,
                     enum kube_failure *ret_failure, struct error *err)
{
    enum http_failure failure;
    struct http_header headers[2] = { { "Accept", SLICE("application/json") } };
    size_t count = 1;
    *ret_failure = KUBE_LOCAL;
    if (kube_token_get(c, err) < 0)
        return -1;
    if (c->bearer.len > 0)
        headers[count++] = (struct http_header){ "Authorization", buf_slice(&c->bearer) };
    struct http_request req = {
        .method = call->method,
        .path = call->path,
        .headers = headers,
        .header_count = count,
        .content_type = call->content_type,
        .body = call->body,
    };
    int rc = call->take ? http_client_stream(c->http, &req, call->silence, call->take, call->arg,
                                             &c->reply, &failure, err)
                        : http_client_call(c->http, &req, &c->reply, &failure, err);
    *ret_failure = failure_of_transport(failure);
    return rc;
}

static bool holds_token(const struct kube_client *c, struct slice text)
{
    struct slice token = buf_slice(&c->bearer);
    return token.len > 0 && slice_contains(text, slice_after(token, strlen("Bearer ")));
}

void kube_client_put_words(const struct kube_client *c, size_t max, struct buf *out)
{
    struct error ignored = ERROR_INIT;
    struct slice text;
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    if (reply_parse(buf_slice(&c->reply.body), &tree, &ignored) < 0 ||
        reply_string(tree, "message", &text, &ignored) < 0 || text.len == 0)
        return;
    if (holds_token(c, text))
        buf_put_lit(out, "(not shown: it repeats the token)");
    else
        text_put_line(out, text, max);
}

static int refuse(struct kube_client *c, const struct kube_call *call,
                  enum kube_failure *ret_failure, struct error *err)
{
    char memory[4 * ERROR_TEXT_MAX + 64];
    struct buf reason = buf_over(memory, sizeof(memory) - 1);
    struct slice query = call->path, path = slice_cut(&query, '?');
    kube_client_put_words(c, ERROR_TEXT_MAX, &reason);
    c->retry_after = c->reply.retry_after;
    *ret_failure = kube_failure_of(c->reply.status);
    return error_set(err, ERROR_IO, "%s " SLICE_FMT SLICE_FMT ": status %u%s" SLICE_FMT,
                     call->method, SLICE_ARG(c->set.address), SLICE_ARG(path), c->reply.status,
                     reason.len > 0 ? ": " : "", SLICE_ARG(buf_slice(&reason)));
}

int kube_client_call(struct kube_client *c, const struct kube_call *call,
                     enum kube_failure *ret_failure, struct error *err)
{
    c->retry_after = 0;
    c->reply.status = 0;
    for (int tries = 1;; tries++) {
        if (send_once(c, call, ret_failure, err) < 0)
            return -1;
        if (c->reply.status >= 200 && c->reply.status <= 299)
            return 0;
        if (c->reply.status != 401 || tries == 2)
            return refuse(c, call, ret_failure, err);
        kube_token_drop(c);
    }
}

int kube_client_post(struct kube_client *c, const struct kube_post *post,
                     enum kube_failure *ret_failure, struct error *err)
{
    struct buf text;
    buf_init(&text, post->body_max);
    c->reply.status = 0;
    *ret_failure = KUBE_LOCAL;
    int rc = post->body ? http_put_json(&text, post->body, post->what, err) : error_nomem(err);
    if (rc == 0) {
        struct kube_call call = {
            .method = "POST",
            .path = post->path,
            .content_type = SLICE("application/json"),
            .body = buf_slice(&text),
        };
        rc = kube_client_call(c, &call, ret_failure, err);
    }
    buf_done(&text);
    return rc;
}

int kube_client_end(struct kube_client *c, int rc, enum kube_failure *ret_failure)
{
    atomic_fetch_add(&c->counters.calls, 1);
    if (rc == 0)
        *ret_failure = KUBE_OK;
    else
        atomic_fetch_add(&c->counters.failures[*ret_failure], 1);
    return rc;
}
