#include "inject/advice.h"

#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "inject/agent-config.h"
#include "inject/telemetry.h"

#define WARN_NAME_MAX 40 /* bytes of a user's name that a warning shows */

static const enum annotation_id per_secret[] = {
    ANN_FILE,
    ANN_PERMS,
    ANN_COMMAND,
    ANN_LEFT_DELIMITER,
    ANN_RIGHT_DELIMITER,
    ANN_ERROR_ON_MISSING_KEY,
    ANN_PRESERVE_CASE,
    ANN_SECRET_VOLUME_PATH,
};

bool advice_needs_secret(enum annotation_id id)
{
    for (size_t i = 0; i < sizeof(per_secret) / sizeof(per_secret[0]); i++) {
        if (per_secret[i] == id)
            return true;
    }
    return false;
}

static struct slice shorten(struct evaluation *e, struct slice text)
{
    return evaluation_show_some(e, text, WARN_NAME_MAX);
}

static bool has_room(const struct evaluation *e)
{
    return e->warning_count < INJECT_WARNINGS_MAX;
}

static void advise_on_unknown(struct evaluation *e)
{
    for (unsigned i = e->set.first[ANNOTATION__COUNT]; i < e->set.count && has_room(e); i++) {
        const struct annotation_entry *entry = e->set.entries[i];
        enum annotation_id id = ANNOTATION__COUNT;
        struct slice near = annotation_nearest(entry->name, &id);
        struct slice name = shorten(e, entry->name);
        if (id == ANNOTATION__COUNT)
            evaluation_warn(e, REASON_WARN_UNKNOWN_NAME,
                            "annotation " SLICE_FMT SLICE_FMT " is unknown and has no effect",
                            SLICE_ARG(annotation_prefix(entry->prefix)), SLICE_ARG(name));
        else
            evaluation_warn(e, REASON_WARN_UNKNOWN_NAME,
                            "annotation " SLICE_FMT " is unknown; did you mean " SLICE_FMT "%s?",
                            SLICE_ARG(name), SLICE_ARG(near),
                            annotation_info(id)->kind == ANNOTATION_FAMILY ? "-<name>" : "");
    }
}

static int compare_raw(const void *raw, const void *secret)
{
    return slice_compare(*(const struct slice *)raw, ((const struct secret *)secret)->raw);
}

static bool is_declared(const struct settings *s, struct slice raw)
{
    return s->secret_count > 0 &&
           bsearch(&raw, s->secrets, s->secret_count, sizeof(*s->secrets), compare_raw) != NULL;
}

static void advise_on_suffixes(struct evaluation *e, enum annotation_id id)
{
    for (unsigned i = e->set.first[id]; i < e->set.first[id + 1] && has_room(e); i++) {
        const struct annotation_entry *entry = e->set.entries[i];
        if (!slice_is_present(entry->suffix) || is_declared(&e->settings, entry->suffix))
            continue;
        struct slice name = shorten(e, entry->name);
        evaluation_warn(e, REASON_WARN_NO_SECRET,
                        "annotation " SLICE_FMT " has no effect: its secret is not declared",
                        SLICE_ARG(name));
    }
}

void advise_on_names(struct evaluation *e)
{
    advise_on_unknown(e);
    for (size_t i = 0; i < sizeof(per_secret) / sizeof(per_secret[0]); i++)
        advise_on_suffixes(e, per_secret[i]);
}

static bool has_container(const struct pod_containers *list, struct slice name)
{
    for (unsigned i = 0; i < list->count; i++) {
        if (slice_equal(list->at[i].name, name))
            return true;
    }
    return false;
}

static void warn_container(struct evaluation *e, const char *annotation, struct slice name)
{
    struct slice shown = shorten(e, name);
    evaluation_warn(e, REASON_WARN_NO_CONTAINER, "%s: the pod has no container '" SLICE_FMT "'",
                    annotation, SLICE_ARG(shown));
}

/* The names of the app containers, sorted; false when the arena is exhausted. */
static bool names_of_pod(struct evaluation *e, struct names *ret)
{
    const struct pod_containers *app = &e->pod->app;
    ret->at = arena_alloc(e->arena, app->count * sizeof(struct slice));
    if (!ret->at)
        return false;
    ret->count = app->count;
    for (unsigned i = 0; i < app->count; i++)
        ret->at[i] = app->at[i].name;
    names_sort(ret);
    return true;
}

static void advise_on_containers(struct evaluation *e)
{
    const struct pod *pod = e->pod;
    struct names app;
    struct slice list = e->settings.containers;
    struct slice copied = e->settings.copy_volume_mounts;
    if (slice_is_present(list) && !names_of_pod(e, &app))
        return;
    while (slice_is_present(list) && has_room(e)) {
        struct slice name = slice_cut(&list, ',');
        if (name.len > 0 && !names_has(&app, name))
            warn_container(e, "agent-inject-containers", name);
    }
    if (copied.len > 0 && !has_container(&pod->app, copied) && !has_container(&pod->init, copied))
        warn_container(e, "agent-copy-volume-mounts", copied);
}

static void advise_on_combinations(struct evaluation *e, const struct plan *plan)
{
    if (e->settings.share_processes != SHARE_UNSET && !plan->has_init)
        evaluation_warn(e, REASON_WARN_SHARE_IGNORED,
                        "agent-share-process-namespace has no effect without the init container");
    if (!plan->has_init && !plan->has_sidecar)
        evaluation_warn(
            e, REASON_WARN_NO_AGENT,
            "agent-pre-populate false and agent-pre-populate-only true: no agent is added");
}

static void advise_on_telemetry(struct evaluation *e)
{
    const struct settings *s = &e->settings;
    const struct parameter *fault = s->configmap.len > 0 ? NULL : telemetry_fault(e);
    if (fault) {
        struct slice name = shorten(e, fault->name);
        evaluation_warn(e, REASON_WARN_TELEMETRY,
                        "agent-telemetry " SLICE_FMT ": wrong type; all telemetry is dropped",
                        SLICE_ARG(name));
    }
    for (unsigned i = 0; i < s->telemetry_count; i++) {
        if (telemetry_knows(s->telemetry[i].name))
            continue;
        struct slice name = shorten(e, s->telemetry[i].name);
        evaluation_warn(e, REASON_WARN_UNKNOWN_NAME,
                        "agent-telemetry " SLICE_FMT " is unknown and has no effect",
                        SLICE_ARG(name));
    }
}

/* The secrets directory of s, or a file below it? */
static bool stays_inside(struct evaluation *e, const struct secret *s, struct slice destination)
{
    struct slice home = text_path_clean(e->arena, s->mount_path);
    if (!slice_is_present(home) || slice_equal(home, SLICE("/")))
        return true;
    return slice_has_prefix(destination, home) && destination.len > home.len &&
           destination.ptr[home.len] == '/';
}

/* Is the file written by what came before? At most SECRETS_MAX of them: no need to sort. */
static bool is_taken(const struct names *taken, struct slice path)
{
    for (unsigned i = 0; i < taken->count; i++) {
        if (slice_equal(taken->at[i], path))
            return true;
    }
    return false;
}

static void warn_destination(struct evaluation *e, const struct secret *s, const char *fault)
{
    struct slice raw = shorten(e, s->raw);
    evaluation_warn(e, REASON_WARN_DESTINATION, "secret '" SLICE_FMT "' %s", SLICE_ARG(raw), fault);
}

static void advise_on_destinations(struct evaluation *e)
{
    const struct settings *s = &e->settings;
    struct names taken = { arena_alloc(e->arena, (s->secret_count + 1) * sizeof(struct slice)), 0 };
    if (!taken.at)
        return;
    if (s->inject_token)
        taken.at[taken.count++] = agent_config_token_file(e->arena, s);
    for (unsigned i = 0; i < s->secret_count && has_room(e); i++) {
        struct slice path =
            text_path_clean(e->arena, agent_config_destination(e->arena, &s->secrets[i]));
        if (!slice_is_present(path))
            return;
        if (is_taken(&taken, path))
            warn_destination(e, &s->secrets[i], "writes the same file as another");
        else if (!stays_inside(e, &s->secrets[i], path))
            warn_destination(e, &s->secrets[i], "leaves the secrets directory");
        taken.at[taken.count++] = path;
    }
}

static void warn_bad_case(struct evaluation *e, const struct annotation_entry *entry)
{
    bool parsed;
    if (entry->value.len == 0 || num_bool(entry->value, &parsed))
        return;
    struct slice name = shorten(e, entry->name);
    struct slice value = shorten(e, entry->value);
    evaluation_warn(e, REASON_WARN_BAD_BOOL,
                    SLICE_FMT ": '" SLICE_FMT "' is no boolean and counts as false",
                    SLICE_ARG(name), SLICE_ARG(value));
}

static void advise_on_case(struct evaluation *e)
{
    for (unsigned i = e->set.first[ANN_PRESERVE_CASE]; i < e->set.first[ANN_PRESERVE_CASE + 1]; i++)
        warn_bad_case(e, e->set.entries[i]);
}

void advise_on_plan(struct evaluation *e, const struct plan *plan)
{
    advise_on_containers(e);
    advise_on_combinations(e, plan);
    advise_on_case(e);
    advise_on_telemetry(e);
    advise_on_destinations(e);
    advise_on_values(e);
}
