#include "kube/access.h"

#include "http/reply.h"
#include "kube/client.h"

#define BODY_MAX ((size_t)4 << 10)
#define PATH "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"

static json_t *question(const char *verb, struct slice name)
{
    return json_pack("{s:s,s:s,s:{s:{s:s,s:s,s:s,s:s%}}}", "apiVersion", "authorization.k8s.io/v1",
                     "kind", "SelfSubjectAccessReview", "spec", "resourceAttributes", "group",
                     "admissionregistration.k8s.io", "resource", "mutatingwebhookconfigurations",
                     "verb", verb, "name", name.ptr, name.len);
}

static int read_answer(const struct kube_client *c, bool *ret, enum kube_failure *ret_failure,
                       struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    if (reply_parse(buf_slice(&c->reply.body), &tree, err) == 0 &&
        reply_bool(tree, "status.allowed", ret, err) == 0)
        return 0;
    *ret_failure = KUBE_PROTOCOL;
    return error_wrap(err, "selfsubjectaccessreview");
}

static int ask(struct kube_client *c, const char *verb, struct slice name, bool *ret,
               enum kube_failure *ret_failure, struct error *err)
{
    *ret_failure = KUBE_LOCAL;
    if (kube_check_name(name, "a MutatingWebhookConfiguration", err) < 0)
        return -1;
    CLEANUP(reply_tree_free) json_t *body = question(verb, name);
    struct kube_post post = { SLICE(PATH), body, BODY_MAX, "the question about rights" };
    if (kube_client_post(c, &post, ret_failure, err) < 0)
        return -1;
    return read_answer(c, ret, ret_failure, err);
}

int kube_may_webhook(struct kube_client *c, const char *verb, struct slice name, bool *ret,
                     enum kube_failure *ret_failure, struct error *err)
{
    return kube_client_end(c, ask(c, verb, name, ret, ret_failure, err), ret_failure);
}
