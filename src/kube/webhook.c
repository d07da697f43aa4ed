#include "kube/webhook.h"

#include <stdio.h>

#include "kube/client.h"

#define WHAT "a MutatingWebhookConfiguration"

static int make_path(struct slice name, const char *query, char path[KUBE_PATH_MAX],
                     struct error *err)
{
    if (kube_check_name(name, WHAT, err) < 0)
        return -1;
    (void)snprintf(path, KUBE_PATH_MAX, KUBE_WEBHOOKS_PATH "/" SLICE_FMT "%s", SLICE_ARG(name),
                   query);
    return 0;
}

/* What came back is the object that was asked for, or nobody's. */
static int read_object(const struct kube_client *c, struct slice name, struct kube_webhook **ret,
                       enum kube_failure *ret_failure, struct error *err)
{
    CLEANUP(kube_webhook_free) struct kube_webhook *w = NULL;
    if (kube_webhook_parse(buf_slice(&c->reply.body), &w, err) < 0) {
        *ret_failure = err->code == ERROR_NOMEM ? KUBE_LOCAL : KUBE_PROTOCOL;
        return -1;
    }
    if (!slice_equal(w->name, name)) {
        *ret_failure = KUBE_PROTOCOL;
        return error_set(err, ERROR_SHAPE, "the reply's metadata.name is another one");
    }
    *ret = steal_ptr(w);
    return 0;
}

static int get(struct kube_client *c, struct slice name, struct kube_webhook **ret,
               enum kube_failure *ret_failure, struct error *err)
{
    char path[KUBE_PATH_MAX];
    *ret_failure = KUBE_LOCAL;
    if (make_path(name, "", path, err) < 0)
        return -1;
    struct kube_call call = { .method = "GET", .path = slice_of(path) };
    if (kube_client_call(c, &call, ret_failure, err) < 0)
        return -1;
    if (read_object(c, name, ret, ret_failure, err) < 0)
        return error_wrap(err, "mutatingwebhookconfiguration '" SLICE_FMT "'", SLICE_ARG(name));
    return 0;
}

int kube_webhook_get(struct kube_client *c, struct slice name, struct kube_webhook **ret,
                     enum kube_failure *ret_failure, struct error *err)
{
    return kube_client_end(c, get(c, name, ret, ret_failure, err), ret_failure);
}

static int send_patch(struct kube_client *c, struct slice name, struct slice body,
                      enum kube_failure *ret_failure, struct error *err)
{
    char path[KUBE_PATH_MAX];
    if (make_path(name, "?fieldManager=" KUBE_FIELD_MANAGER, path, err) < 0)
        return -1;
    struct kube_call call = {
        .method = "PATCH",
        .path = slice_of(path),
        .content_type = SLICE("application/strategic-merge-patch+json"),
        .body = body,
    };
    return kube_client_call(c, &call, ret_failure, err);
}

static int patch(struct kube_client *c, const struct kube_webhook *seen,
                 const struct kube_webhook_change *change, struct kube_webhook **ret,
                 enum kube_failure *ret_failure, struct error *err)
{
    struct buf body;
    *ret_failure = KUBE_LOCAL;
    buf_init(&body, KUBE_PATCH_MAX);
    int rc = kube_patch_put(seen, change, &body, err);
    if (rc == 0)
        rc = send_patch(c, seen->name, buf_slice(&body), ret_failure, err);
    buf_done(&body);
    if (rc == 0 && ret && read_object(c, seen->name, ret, ret_failure, err) < 0)
        return error_wrap(err, "patched mutatingwebhookconfiguration '" SLICE_FMT "'",
                          SLICE_ARG(seen->name));
    return rc;
}

int kube_webhook_patch(struct kube_client *c, const struct kube_webhook *seen,
                       const struct kube_webhook_change *change, struct kube_webhook **ret,
                       enum kube_failure *ret_failure, struct error *err)
{
    return kube_client_end(c, patch(c, seen, change, ret, ret_failure, err), ret_failure);
}
