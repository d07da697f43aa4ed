#include "cli/kind.h"

#include "base/text.h"

#define NEAR_ENOUGH 2u      /* edits between a mistyped kind and the one that is suggested */
#define LETTERS_PER_EDIT 3u /* a Job is no Pod */

#define CORE SLICE_INIT("")
#define APPS SLICE_INIT("apps"), SLICE_INIT("extensions")
#define TEMPLATE SLICE_INIT("spec"), SLICE_INIT("template")

/* clang-format off */
static const struct kind kinds[] = {
    { SLICE_INIT("Pod"),                   { CORE, CORE }, { CORE } },
    { SLICE_INIT("PodTemplate"),           { CORE, CORE }, { SLICE_INIT("template") } },
    { SLICE_INIT("ReplicationController"), { CORE, CORE }, { TEMPLATE } },
    { SLICE_INIT("Deployment"),            { APPS },       { TEMPLATE } },
    { SLICE_INIT("ReplicaSet"),            { APPS },       { TEMPLATE } },
    { SLICE_INIT("StatefulSet"),           { APPS },       { TEMPLATE } },
    { SLICE_INIT("DaemonSet"),             { APPS },       { TEMPLATE } },
    { SLICE_INIT("Job"),     { SLICE_INIT("batch"), SLICE_INIT("batch") }, { TEMPLATE } },
    { SLICE_INIT("CronJob"), { SLICE_INIT("batch"), SLICE_INIT("batch") },
                             { SLICE_INIT("spec"), SLICE_INIT("jobTemplate"), TEMPLATE } },
};
/* clang-format on */

/* "apps/v1" is of group "apps", "v1" of group ""; with odd escapes the kind's name alone decides. */
static bool is_of_group(const struct json_index *ix, json_ref version, struct slice group)
{
    struct slice text = json_escaped(ix, version);
    const char *slash = memchr(text.ptr, '/', text.len);
    size_t len = slash ? (size_t)(slash - text.ptr) : 0;
    if (len > 0 && text.ptr[len - 1] == '\\')
        len--;
    text.len = len;
    return slice_equal(text, group) || slice_contains(text, SLICE("\\"));
}

static bool is_kind(const struct kind *k, const struct json_index *ix, json_ref object,
                    struct slice fallback)
{
    json_ref name = json_member(ix, object, SLICE("kind"));
    json_ref version = json_member(ix, object, SLICE("apiVersion"));
    if (name == JSON_ABSENT ? !slice_equal(fallback, k->name) : !json_string_is(ix, name, k->name))
        return false;
    return !json_is(ix, version, JSON_STRING) || is_of_group(ix, version, k->groups[0]) ||
           is_of_group(ix, version, k->groups[1]);
}

const struct kind *kind_of(const struct json_index *ix, json_ref object, struct slice fallback)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (is_kind(&kinds[i], ix, object, fallback))
            return &kinds[i];
    }
    return NULL;
}

const struct kind *kind_nearest(struct slice name)
{
    const struct kind *best = NULL;
    unsigned distance = NEAR_ENOUGH + 1;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        unsigned d = text_distance(name, kinds[i].name, NEAR_ENOUGH);
        if (d < distance && (size_t)d * LETTERS_PER_EDIT <= name.len) {
            best = &kinds[i];
            distance = d;
        }
    }
    return best;
}

bool kind_is_list(const struct json_index *ix, json_ref object, struct slice *ret_item)
{
    static const struct slice suffix = SLICE_INIT("List");
    json_ref kind = json_member(ix, object, SLICE("kind"));
    if (!json_is(ix, kind, JSON_STRING) ||
        !json_is(ix, json_member(ix, object, SLICE("items")), JSON_ARRAY))
        return false;
    struct slice name = json_escaped(ix, kind);
    if (name.len < suffix.len || !slice_equal(slice_after(name, name.len - suffix.len), suffix))
        return false;
    *ret_item = (struct slice){ name.ptr, name.len - suffix.len };
    return true;
}

json_ref kind_template(const struct kind *kind, const struct json_index *ix, json_ref object)
{
    json_ref at = object;
    for (size_t i = 0; i < KIND_PATH_MAX && kind->path[i].len > 0; i++)
        at = json_member(ix, at, kind->path[i]);
    return json_is(ix, at, JSON_OBJECT) ? at : JSON_ABSENT;
}
