/*
 * set_secrets, set_auth_config, set_telemetry: the families of annotations, contract in setter.h.
 *
 * A secret is declared by any of three families, looked up everywhere else by its raw suffix, and
 * sorted by it (upstream's order is random).
 */

#include "base/num.h"
#include "base/text.h"
#include "inject/evaluation.h"
#include "inject/setter.h"

static const enum annotation_id declaring[] = { ANN_SECRET, ANN_TEMPLATE_FILE, ANN_TEMPLATE };

#define DECLARING_COUNT (sizeof(declaring) / sizeof(declaring[0]))

static bool is_declared(const struct secret *list, unsigned count, struct slice raw)
{
    for (unsigned i = 0; i < count; i++) {
        if (slice_equal(list[i].raw, raw))
            return true;
    }
    return false;
}

/* Inserts in the order of raw names; a second declaration of the same name adds nothing. */
static void declare(struct settings *s, struct slice raw)
{
    unsigned at = s->secret_count;
    if (is_declared(s->secrets, s->secret_count, raw))
        return;
    for (; at > 0 && slice_compare(s->secrets[at - 1].raw, raw) > 0; at--)
        s->secrets[at] = s->secrets[at - 1];
    s->secrets[at] = (struct secret){ .raw = raw };
    s->secret_count++;
}

/* The name that an entry declares; a template file without a name is the template of "file-". */
static struct slice raw_name(const struct annotation_entry *entry)
{
    bool is_nameless_file = entry->id == ANN_TEMPLATE_FILE && entry->suffix.len == 0;
    return is_nameless_file ? SLICE("file-") : entry->suffix;
}

static int declare_all(struct evaluation *e)
{
    unsigned most = 0;
    for (size_t i = 0; i < DECLARING_COUNT; i++)
        most += e->set.first[declaring[i] + 1] - e->set.first[declaring[i]];
    if (most > SECRETS_MAX)
        return evaluation_deny(e, REASON_TOO_LARGE, "the pod declares more than %u secrets",
                               SECRETS_MAX);
    e->settings.secrets = arena_alloc(e->arena, most * sizeof(struct secret));
    if (!e->settings.secrets)
        return evaluation_nomem(e);
    for (size_t i = 0; i < DECLARING_COUNT; i++) {
        for (unsigned k = e->set.first[declaring[i]]; k < e->set.first[declaring[i] + 1]; k++) {
            const struct annotation_entry *entry = e->set.entries[k];
            struct slice raw = raw_name(entry);
            if (raw.len > 0 && slice_trim(entry->value).len > 0)
                declare(&e->settings, raw);
        }
    }
    return 0;
}

/* Per secret, else for all; an invalid boolean counts as false (K17). */
static bool keeps_case(struct evaluation *e, struct slice raw)
{
    bool keep = false;
    struct slice value = annotation_set_member(&e->set, ANN_PRESERVE_CASE, raw);
    if (!slice_is_present(value))
        value = annotation_set_value(&e->set, ANN_PRESERVE_CASE);
    if (value.len > 0)
        (void)num_bool(value, &keep);
    return keep;
}

static int set_missing_key(struct evaluation *e, struct secret *s)
{
    struct slice value = annotation_set_member(&e->set, ANN_ERROR_ON_MISSING_KEY, s->raw);
    if (value.len == 0 || num_bool(value, &s->error_on_missing_key))
        return 0;
    struct slice name = evaluation_member_name(e, ANN_ERROR_ON_MISSING_KEY, s->raw);
    struct slice shown = evaluation_show(e, value);
    return evaluation_deny(e, REASON_BAD_BOOL,
                           "annotation " SLICE_FMT ": '" SLICE_FMT
                           "' is not a boolean; use true or false",
                           SLICE_ARG(name), SLICE_ARG(shown));
}

static struct slice text_or(struct slice value, struct slice otherwise)
{
    return value.len > 0 ? value : otherwise;
}

static int fill_secret(struct evaluation *e, struct secret *s)
{
    const struct annotation_set *set = &e->set;
    struct slice own_path = annotation_set_member(set, ANN_SECRET_VOLUME_PATH, s->raw);
    s->name = keeps_case(e, s->raw) ? s->raw : text_to_lower(e->arena, s->raw);
    s->path = text_or(annotation_set_member(set, ANN_SECRET, s->raw), SLICE(""));
    s->template = annotation_set_member(set, ANN_TEMPLATE, s->raw);
    s->template_file = annotation_set_member(set, ANN_TEMPLATE_FILE, s->raw);
    s->file = annotation_set_member(set, ANN_FILE, s->raw);
    s->perms = annotation_set_member(set, ANN_PERMS, s->raw);
    s->command = annotation_set_member(set, ANN_COMMAND, s->raw);
    s->left_delimiter =
        text_or(annotation_set_member(set, ANN_LEFT_DELIMITER, s->raw), SLICE("{{"));
    s->right_delimiter =
        text_or(annotation_set_member(set, ANN_RIGHT_DELIMITER, s->raw), SLICE("}}"));
    s->mount_path = slice_is_present(own_path) ? own_path : e->settings.secret_volume_path;
    if (!slice_is_present(s->name))
        return evaluation_nomem(e);
    return set_missing_key(e, s);
}

int set_secrets(struct evaluation *e, const struct annotation *row, struct slice value, void *field)
{
    (void)row;
    (void)value;
    (void)field;
    if (declare_all(e) < 0)
        return -1;
    for (unsigned i = 0; i < e->settings.secret_count; i++) {
        if (fill_secret(e, &e->settings.secrets[i]) < 0)
            return -1;
    }
    return 0;
}

/* The suffix with underscores for dashes. */
static struct slice parameter_name(struct arena *arena, struct slice suffix)
{
    char *name = arena_alloc(arena, suffix.len + 1);
    if (!name)
        return SLICE_ABSENT;
    for (size_t i = 0; i < suffix.len; i++)
        name[i] = suffix.ptr[i] == '-' ? '_' : suffix.ptr[i];
    return (struct slice){ name, suffix.len };
}

/* Adds or replaces in the order of names: a-b and a_b are one parameter, the later spelling wins. */
static void put_parameter(struct parameter *list, unsigned *count, struct parameter p)
{
    unsigned at = *count;
    for (unsigned i = 0; i < *count; i++) {
        if (slice_equal(list[i].name, p.name)) {
            list[i] = p;
            return;
        }
    }
    for (; at > 0 && slice_compare(list[at - 1].name, p.name) > 0; at--)
        list[at] = list[at - 1];
    list[at] = p;
    (*count)++;
}

static int read_parameters(struct evaluation *e, enum annotation_id id, struct parameter **ret_list,
                           unsigned *ret_count)
{
    unsigned first = e->set.first[id], end = e->set.first[id + 1], count = 0;
    if (end - first > PARAMETERS_MAX)
        return evaluation_deny(e, REASON_TOO_LARGE, "more than %u annotations " SLICE_FMT "-*",
                               PARAMETERS_MAX, SLICE_ARG(annotation_info(id)->name));
    struct parameter *list = arena_alloc(e->arena, (end - first) * sizeof(*list));
    if (!list)
        return evaluation_nomem(e);
    for (unsigned i = first; i < end; i++) {
        struct parameter p = { parameter_name(e->arena, e->set.entries[i]->suffix),
                               e->set.entries[i]->value };
        if (!slice_is_present(p.name))
            return evaluation_nomem(e);
        put_parameter(list, &count, p);
    }
    *ret_list = list;
    *ret_count = count;
    return 0;
}

int set_auth_config(struct evaluation *e, const struct annotation *row, struct slice value,
                    void *field)
{
    (void)row;
    (void)value;
    (void)field;
    return read_parameters(e, ANN_AUTH_CONFIG, &e->settings.auth_config,
                           &e->settings.auth_config_count);
}

int set_telemetry(struct evaluation *e, const struct annotation *row, struct slice value,
                  void *field)
{
    (void)row;
    (void)value;
    (void)field;
    return read_parameters(e, ANN_TELEMETRY, &e->settings.telemetry, &e->settings.telemetry_count);
}
