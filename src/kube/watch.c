#include <stdio.h>
#include <string.h>

#include "http/reply.h"
#include "kube/client.h"
#include "kube/webhook.h"

#define KEEP_MAX \
    ((size_t)16 << 10) /* bytes of a line that are looked at; errors and bookmarks are short */
#define US_PER_SECOND ((int64_t)1000000)

/* A watch in progress. */
struct watch {
    kube_watch_fn *changed;
    void *arg;
    struct buf head; /* the first KEEP_MAX bytes of the line that comes in */
    size_t length;   /* of that line so far */
    enum kube_failure failure;
    struct error *err;
};

static bool fail(struct watch *w, enum kube_failure failure, const char *text)
{
    w->failure = failure;
    (void)error_set(w->err, ERROR_IO, "watch: %s", text);
    return false;
}

/* An event of type ERROR holds a Status in place of the object. */
static bool end_with_error(struct watch *w, const json_t *tree)
{
    struct error ignored = ERROR_INIT;
    int64_t code = 0;
    char text[64];
    if (reply_int(tree, "object.code", &code, &ignored) < 0 || code < 400 || code > 599)
        return fail(w, KUBE_SERVER, "the server ends it with an error");
    (void)snprintf(text, sizeof(text), "the server ends it with status %d", (int)code);
    return fail(w, kube_failure_of((unsigned)code), text);
}

/* False to end the watch. */
static bool take_line(struct watch *w)
{
    struct error ignored = ERROR_INIT;
    struct slice type = SLICE_ABSENT;
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    if (reply_parse(buf_slice(&w->head), &tree, &ignored) < 0 ||
        reply_string(tree, "type", &type, &ignored) < 0)
        return w->changed(w->arg); /* a long line is no JSON here, for its end is missing */
    if (slice_equal(type, SLICE("ERROR")))
        return end_with_error(w, tree);
    return slice_equal(type, SLICE("BOOKMARK")) || w->changed(w->arg);
}

static bool add_to_line(struct watch *w, struct slice part)
{
    if (part.len > KUBE_REPLY_MAX - w->length)
        return fail(w, KUBE_PROTOCOL, "a line is larger than the limit");
    size_t room = KEEP_MAX - w->head.len;
    buf_put(&w->head, part.ptr, part.len < room ? part.len : room);
    w->length += part.len;
    return true;
}

static bool take_bytes(void *arg, struct slice bytes)
{
    struct watch *w = arg;
    while (slice_is_present(bytes)) {
        struct slice part = slice_cut(&bytes, '\n');
        if (!add_to_line(w, part))
            return false;
        if (!slice_is_present(bytes))
            return true;
        if (w->length > 0 && !take_line(w))
            return false;
        buf_clear(&w->head);
        w->length = 0;
    }
    return true;
}

/* Jitter, so that replicas which were cut at once do not come back at once for ever. */
static int64_t life_of(const struct kube_client *c)
{
    int64_t half = c->set.watch_life / 2;
    return c->set.watch_life + (half > 0 ? (int64_t)kube_random() % half : 0);
}

static int stream(struct kube_client *c, struct slice name, struct watch *w,
                  enum kube_failure *ret_failure, struct error *err)
{
    char path[KUBE_PATH_MAX];
    int64_t life = life_of(c);
    *ret_failure = KUBE_LOCAL;
    if (kube_check_name(name, "a MutatingWebhookConfiguration", err) < 0)
        return -1;
    (void)snprintf(path, sizeof(path),
                   KUBE_WEBHOOKS_PATH "?watch=true&fieldSelector=metadata.name%%3D" SLICE_FMT
                                      "&allowWatchBookmarks=true&timeoutSeconds=%lld",
                   SLICE_ARG(name), (long long)((life + US_PER_SECOND - 1) / US_PER_SECOND));
    struct kube_call call = {
        .method = "GET",
        .path = slice_of(path),
        .take = take_bytes,
        .arg = w,
        .silence = c->set.watch_silence,
    };
    if (kube_client_call(c, &call, ret_failure, err) < 0)
        return -1;
    *ret_failure = w->failure;
    return w->failure == KUBE_OK ? 0 : -1;
}

int kube_webhook_watch(struct kube_client *c, struct slice name, kube_watch_fn *changed, void *arg,
                       enum kube_failure *ret_failure, struct error *err)
{
    struct error why = ERROR_INIT; /* of a line; the call's own failure comes without one */
    struct watch w = { .changed = changed, .arg = arg, .err = &why };
    buf_init(&w.head, KEEP_MAX);
    int rc = stream(c, name, &w, ret_failure, err);
    if (rc < 0 && w.failure != KUBE_OK)
        *err = why;
    buf_done(&w.head);
    return kube_client_end(c, rc, ret_failure);
}
