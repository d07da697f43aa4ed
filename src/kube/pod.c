#include "kube/pod.h"

#include <stdio.h>
#include <string.h>

#include "http/reply.h"
#include "kube/client.h"

#define BODY_MAX ((size_t)16 << 10)
#define TOKEN_VOLUME "keyhook-check-token"
#define TOKEN_SECONDS 600 /* the shortest that Kubernetes has */

/* --- the pod ----------------------------------------------------------------------------------- */

static int put_annotation(json_t *annotations, struct slice prefix, const char *name,
                          const char *value)
{
    char key[KUBE_NAME_MAX + 1];
    int len = snprintf(key, sizeof(key), SLICE_FMT "%s", SLICE_ARG(prefix), name);
    if (len < 0 || (size_t)len >= sizeof(key))
        return -1;
    return json_object_set_new(annotations, key, json_string(value));
}

static json_t *annotations(const struct kube_pod_question *q)
{
    json_t *ret = json_object();
    if (ret && put_annotation(ret, q->prefix, "agent-inject", "true") == 0 &&
        put_annotation(ret, q->prefix, "role", "keyhook-check") == 0)
        return ret;
    json_decref(ret);
    return NULL;
}

/* Whether they are good labels is the API server's to say. */
static json_t *labels(const struct kube_pod_question *q)
{
    struct slice rest = q->labels;
    json_t *ret = json_object();
    while (ret && slice_is_present(rest)) {
        struct slice value = slice_trim(slice_cut(&rest, ','));
        struct slice name = slice_cut(&value, '=');
        if (name.len > 0 &&
            json_object_setn_new(ret, name.ptr, name.len, json_stringn(value.ptr, value.len)) < 0) {
            json_decref(ret);
            return NULL;
        }
    }
    return ret;
}

/* A token, where the agent looks for it: none is mounted by itself in every cluster. */
static json_t *volumes(void)
{
    return json_pack("[{s:s,s:{s:[{s:{s:s,s:i}}]}}]", "name", TOKEN_VOLUME, "projected", "sources",
                     "serviceAccountToken", "path", "token", "expirationSeconds", TOKEN_SECONDS);
}

static json_t *container(void)
{
    return json_pack("{s:s,s:s,s:{s:b,s:{s:[s]}},s:{s:{s:s,s:s},s:{s:s,s:s}},s:[{s:s,s:s,s:b}]}",
                     "name", "check", "image", "keyhook-check", "securityContext",
                     "allowPrivilegeEscalation", 0, "capabilities", "drop", "ALL", "resources",
                     "requests", "cpu", "10m", "memory", "16Mi", "limits", "cpu", "10m", "memory",
                     "16Mi", "volumeMounts", "name", TOKEN_VOLUME, "mountPath",
                     "/var/run/secrets/kubernetes.io/serviceaccount", "readOnly", 1);
}

static json_t *make_body(const struct kube_pod_question *q)
{
    return json_pack("{s:s,s:s,s:{s:s,s:o,s:o},s:{s:s,s:b,s:{s:b,s:i,s:{s:s}},s:[o],s:o}}",
                     "apiVersion", "v1", "kind", "Pod", "metadata", "generateName",
                     "keyhook-check-", "annotations", annotations(q), "labels", labels(q), "spec",
                     "restartPolicy", "Never", "automountServiceAccountToken", 0, "securityContext",
                     "runAsNonRoot", 1, "runAsUser", 65532, "seccompProfile", "type",
                     "RuntimeDefault", "containers", container(), "volumes", volumes());
}

/* --- the answer -------------------------------------------------------------------------------- */

static bool has_named(const json_t *tree, const char *path, const char *name)
{
    const json_t *list = reply_find(tree, path), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        const char *text = json_string_value(json_object_get(one, "name"));
        if (text && strcmp(text, name) == 0)
            return true;
    }
    return false;
}

static int read_answer(const struct kube_client *c, const struct kube_pod_question *q,
                       struct kube_pod_answer *ret, enum kube_failure *ret_failure,
                       struct error *err)
{
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    struct slice kind;
    if (reply_parse(buf_slice(&c->reply.body), &tree, err) < 0 ||
        reply_string(tree, "kind", &kind, err) < 0) {
        *ret_failure = KUBE_PROTOCOL;
        return error_wrap(err, "pod");
    }
    *ret = (struct kube_pod_answer){ .has_volume = has_named(tree, "spec.volumes", q->volume) };
    for (size_t i = 0; i < KUBE_POD_AGENTS; i++)
        ret->has_agent |= has_named(tree, "spec.initContainers", q->agents[i]) ||
                          has_named(tree, "spec.containers", q->agents[i]);
    return 0;
}

static int ask(struct kube_client *c, const struct kube_pod_question *q,
               struct kube_pod_answer *ret, struct buf *words, enum kube_failure *ret_failure,
               struct error *err)
{
    char path[KUBE_PATH_MAX];
    *ret_failure = KUBE_LOCAL;
    if (kube_check_name(q->namespace, "a namespace", err) < 0)
        return -1;
    (void)snprintf(path, sizeof(path), "/api/v1/namespaces/" SLICE_FMT "/pods?dryRun=All",
                   SLICE_ARG(q->namespace));
    CLEANUP(reply_tree_free) json_t *body = make_body(q);
    struct kube_post post = { slice_of(path), body, BODY_MAX, "the pod" };
    if (kube_client_post(c, &post, ret_failure, err) == 0)
        return read_answer(c, q, ret, ret_failure, err);
    if (c->reply.status != 0)
        kube_client_put_words(c, KUBE_WORDS_MAX, words);
    return -1;
}

int kube_pod_try(struct kube_client *c, const struct kube_pod_question *q,
                 struct kube_pod_answer *ret, struct buf *words, enum kube_failure *ret_failure,
                 struct error *err)
{
    return kube_client_end(c, ask(c, q, ret, words, ret_failure, err), ret_failure);
}
