#include "inject/plan.h"

#define AWS_MOUNT_MARK "eks.amazonaws.com"

/* Inserts in order, once. */
static void put_path(struct plan *p, struct slice path)
{
    unsigned at = p->custom_count;
    for (unsigned i = 0; i < p->custom_count; i++) {
        if (slice_equal(p->custom_paths[i], path))
            return;
    }
    for (; at > 0 && slice_compare(p->custom_paths[at - 1], path) > 0; at--)
        p->custom_paths[at] = p->custom_paths[at - 1];
    p->custom_paths[at] = path;
    p->custom_count++;
}

static int collect_paths(struct evaluation *e, struct plan *p)
{
    const struct settings *s = &e->settings;
    p->custom_paths = arena_alloc(e->arena, s->secret_count * sizeof(struct slice));
    if (!p->custom_paths)
        return evaluation_nomem(e);
    for (unsigned i = 0; i < s->secret_count; i++) {
        if (!slice_equal(s->secrets[i].mount_path, s->secret_volume_path))
            put_path(p, s->secrets[i].mount_path);
    }
    return 0;
}

/* The first mount of an app container that carries an AWS token (IAM roles for service accounts). */
static const struct pod_mount *find_aws_mount(const struct pod *pod)
{
    for (unsigned i = 0; i < pod->app.count; i++) {
        for (unsigned k = 0; k < pod->app.at[i].mount_count; k++) {
            const struct pod_mount *m = &pod->app.at[i].mount[k];
            if (slice_contains(m->path, SLICE(AWS_MOUNT_MARK)))
                return m->name.len > 0 ? m : NULL;
        }
    }
    return NULL;
}

static int collect_selected(struct evaluation *e, struct plan *p)
{
    if (names_count(e->settings.containers) > NAMES_MAX)
        return evaluation_deny(e, REASON_TOO_LARGE,
                               "agent-inject-containers has more than %u names", NAMES_MAX);
    return names_of_list(e->arena, e->settings.containers, &p->selected) ? 0 : evaluation_nomem(e);
}

int plan_make(struct evaluation *e, struct plan *ret)
{
    const struct settings *s = &e->settings;
    *ret = (struct plan){
        .settings = s,
        .pod = e->pod,
        .has_init = s->pre_populate,
        .has_sidecar = !s->pre_populate_only,
    };
    ret->cache_persists = s->cache_enable && ret->has_init && ret->has_sidecar;
    if (slice_equal(s->auth_type, SLICE("aws")))
        ret->aws_mount = find_aws_mount(e->pod);
    return collect_selected(e, ret) < 0 ? -1 : collect_paths(e, ret);
}
