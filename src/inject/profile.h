#ifndef SRC_INJECT_PROFILE_H
#define SRC_INJECT_PROFILE_H

/*
 * Profiles: named sets of defaults, nothing else.  No code asks which profile is on; it asks for the
 * default.  vault-k8s is the table's own column of defaults; another profile lists where it differs.
 */

#include "base/str.h"
#include "inject/annotation.h"

struct profile_default {
    enum annotation_id id;
    struct slice value;
};

struct profile {
    const char *name;
    const char *help;
    const struct profile_default *defaults; /* ended by ANNOTATION__COUNT */
};

/* The profile of that name, or NULL. */
const struct profile *profile_find(struct slice name);

/* All profiles, ended by a row without name. */
const struct profile *profile_list(void);

/* The default that the profile (NULL: vault-k8s) gives to a row; absent: none. */
static inline struct slice profile_default(const struct profile *profile, enum annotation_id id)
{
    const struct profile_default *d = profile ? profile->defaults : NULL;
    for (; d && d->id != ANNOTATION__COUNT; d++) {
        if (d->id == id)
            return d->value;
    }
    return annotation_info(id)->def;
}

#endif
