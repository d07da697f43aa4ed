#include "inject/profile.h"

static const struct profile_default no_differences[] = { { ANNOTATION__COUNT, { NULL, 0 } } };

static const struct profile profiles[] = {
    { "vault-k8s", "what vault-k8s 1.7.6 does, pod by pod", no_differences },
    { NULL, NULL, NULL },
};

const struct profile *profile_list(void)
{
    return profiles;
}

const struct profile *profile_find(struct slice name)
{
    for (const struct profile *p = profiles; p->name; p++) {
        if (slice_equal(slice_of(p->name), name))
            return p;
    }
    return NULL;
}

struct slice profile_default(const struct profile *profile, enum annotation_id id)
{
    const struct profile_default *differences = profile ? profile->defaults : no_differences;
    for (const struct profile_default *d = differences; d->id != ANNOTATION__COUNT; d++) {
        if (d->id == id)
            return d->value;
    }
    return annotation_info(id)->def;
}
