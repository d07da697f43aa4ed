/*
 * set_token_volume: which of the pod's volumes holds the service account token for the agent.
 *
 * Contract in setter.h. With the annotation, a projected volume by name; without it, the first mount
 * of an app container whose path contains "serviceaccount" (vault-k8s 1.7.6).
 */

#include "base/quote.h"
#include "inject/evaluation.h"
#include "inject/setter.h"

#define FALLBACK_PATH "/var/run/secrets/vault.hashicorp.com/serviceaccount"
#define MOUNT_MARK "serviceaccount"
#define USUAL_PATH "/var/run/secrets/kubernetes.io/serviceaccount"

typedef bool mount_test(const struct pod_mount *m, struct slice argument);

static bool has_name(const struct pod_mount *m, struct slice name)
{
    return slice_equal(m->name, name);
}

static bool path_contains(const struct pod_mount *m, struct slice mark)
{
    return slice_contains(m->path, mark);
}

/* The first mount of an app container that passes the test, or NULL. */
static const struct pod_mount *find_mount(const struct pod *pod, mount_test *test,
                                          struct slice argument)
{
    for (unsigned i = 0; i < pod->app.count; i++) {
        const struct pod_container *c = &pod->app.at[i];
        for (unsigned k = 0; k < c->mount_count; k++) {
            if (test(&c->mount[k], argument))
                return &c->mount[k];
        }
    }
    return NULL;
}

static int deny_missing(struct evaluation *e, const struct pod_mount *mount, struct slice name)
{
    struct slice quoted = quote_go(e->arena, name);
    if (!mount)
        return evaluation_deny(e, REASON_NO_TOKEN_VOLUME,
                               "failed to find service account volume " SLICE_FMT,
                               SLICE_ARG(quoted));
    struct slice pod = quote_go(e->arena, e->pod->name);
    return evaluation_deny(e, REASON_NO_TOKEN_VOLUME,
                           "failed to find volume " SLICE_FMT " in Pod " SLICE_FMT " volumes",
                           SLICE_ARG(quoted), SLICE_ARG(pod));
}

static int use_named_volume(struct evaluation *e, struct slice name)
{
    struct error err = ERROR_INIT;
    struct slice token_path;
    json_ref volume;
    const struct pod_mount *mount = find_mount(e->pod, has_name, name);
    if (pod_find_volume(e->pod, name, e->arena, &volume, &err) < 0)
        return evaluation_fail(e, REASON_POD_UNREADABLE, &err);
    if (volume == JSON_ABSENT) {
        evaluation_warn(e, REASON_WARN_DETAIL,
                        "agent-service-account-token-volume-name: spec.volumes has no volume of "
                        "that name");
        return deny_missing(e, mount, name);
    }
    if (pod_token_path(e->pod, volume, e->arena, &token_path, &err) < 0)
        return evaluation_fail(e, REASON_POD_UNREADABLE, &err);
    if (!slice_is_present(token_path)) {
        struct slice quoted = quote_go(e->arena, name);
        evaluation_warn(e, REASON_WARN_DETAIL,
                        "agent-service-account-token-volume-name: the volume needs a projected "
                        "serviceAccountToken with a path");
        return evaluation_deny(e, REASON_NO_TOKEN_VOLUME,
                               "failed to find tokenPath for projected volume " SLICE_FMT,
                               SLICE_ARG(quoted));
    }
    e->settings.token = (struct token_volume){
        .name = name,
        .mount_path = mount ? mount->path : SLICE(FALLBACK_PATH),
        .token_path = token_path,
    };
    return 0;
}

int set_token_volume(struct evaluation *e, const struct annotation *row, struct slice value,
                     void *field)
{
    (void)row;
    (void)field;
    if (value.len > 0)
        return use_named_volume(e, value);
    const struct pod_mount *mount = find_mount(e->pod, path_contains, SLICE(MOUNT_MARK));
    if (!mount) {
        evaluation_warn(e, REASON_WARN_DETAIL,
                        "no container mounts a token: set automountServiceAccountToken, or name a "
                        "projected volume by annotation");
        return evaluation_deny(e, REASON_NO_TOKEN_VOLUME,
                               "failed to find service account volume mount");
    }
    e->settings.token = (struct token_volume){ mount->name, mount->path, SLICE("token") };
    if (!slice_has_prefix(mount->path, SLICE(USUAL_PATH))) {
        struct slice shown = evaluation_show(e, mount->path);
        evaluation_warn(e, REASON_WARN_TOKEN_GUESS,
                        "the agent takes its token from the mount at '" SLICE_FMT "'",
                        SLICE_ARG(shown));
    }
    return 0;
}
