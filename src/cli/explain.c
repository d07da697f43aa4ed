#include "cli/explain.h"

#include <assert.h>
#include <string.h>

#include "base/text.h"
#include "cli/annotation-reasons.h"
#include "cli/command.h"
#include "cli/help.h"
#include "cli/option-table.h"
#include "inject/profile.h"
#include "inject/reason.h"

#define NAME_COLUMN 42
#define LABEL_COLUMN 12
#define TEXT_INDENT 4
#define TEXT_WIDTH 79
#define SUGGEST_MAX 3u /* edits between an unknown name and the one that is suggested */

static const char *const kind_titles[] = {
    [REASON_SKIP] = "left alone",
    [REASON_INJECT] = "injected",
    [REASON_DENY] = "denied",
    [REASON_WARN] = "warning",
};

const char *explain_type_values(enum annotation_type type)
{
    static const char *const values[TYPE__COUNT] = {
        [TYPE_BOOL] = "1 t T TRUE true True, or 0 f F FALSE false False; empty is false",
        [TYPE_INT] = "base-10 integer of 64 bits with optional sign; empty is 0",
        [TYPE_UINT] = "base-10 integer of 64 bits without sign; not empty",
        [TYPE_FLOAT] = "number such as 0.9; not empty",
        [TYPE_DURATION] = "numbers with units such as 300ms or 1m30s; empty is unset",
        [TYPE_QUANTITY] = "Kubernetes quantity such as 250m or 64Mi; empty is none",
        [TYPE_LIST] = "words separated by commas, without spaces",
        [TYPE_JSON_PATCH] = "JSON array of operations (RFC 6902); empty is none",
        [TYPE_JSON_VALUE] = "a JSON value; what is not JSON is taken as text",
        [TYPE_TEXT] = "any text, taken as it is",
    };

    return values[type];
}

const char *explain_suffix(const struct annotation *row)
{
    if (row->kind == ANNOTATION_EXACT)
        return "";
    if (row->kind == ANNOTATION_BOTH)
        return "[-<name>]";
    return slice_equal(row->name, SLICE("auth-config")) ||
                   slice_equal(row->name, SLICE("agent-telemetry"))
               ? "-<parameter>"
               : "-<name>";
}

static void list_line(FILE *out, const char *dash, struct slice name, const char *suffix,
                      const char *help)
{
    int width = fprintf(out, "  %s" SLICE_FMT "%s", dash, SLICE_ARG(name), suffix);

    (void)fprintf(out, "%*s %s\n", width < NAME_COLUMN ? NAME_COLUMN - width : 0, "", help);
}

void explain_list(FILE *out)
{
    (void)fprintf(out, "Annotations, below " SLICE_FMT " or " SLICE_FMT ":\n",
                  SLICE_ARG(annotation_prefix(PREFIX_VAULT)),
                  SLICE_ARG(annotation_prefix(PREFIX_OPENBAO)));
    for (int i = 0; i < ANNOTATION__COUNT; i++) {
        const struct annotation *row = annotation_info((enum annotation_id)i);

        list_line(out, "", row->name, explain_suffix(row), row->help);
    }
    (void)fputs("\nOptions:\n", out);
    for (size_t i = 0; i < option_row_count; i++) {
        const struct option *o = &option_rows[i];

        list_line(out, o->flag ? "-" : "", slice_of(o->flag ? o->flag : o->env), "", o->help);
    }
    for (size_t c = 0; c < command_count; c++)
        for (size_t i = 0; i < command_table[c].own_count; i++) {
            const struct option *o = &command_table[c].own[i];

            list_line(out, "-", slice_of(o->flag), "", o->help);
        }
    (void)fputs("\nReasons of decisions and warnings:\n", out);
    for (int i = 0; i < REASON__COUNT; i++) {
        const struct reason *r = reason_info((enum reason_id)i);

        list_line(out, "", r->word, "", r->help);
    }
}

static void label(FILE *out, const char *text)
{
    (void)fprintf(out, "%*s%-*s ", TEXT_INDENT, "", LABEL_COLUMN, text);
}

static void print_option_ref(FILE *out, const char *flag)
{
    const struct option *o = option_find(slice_of(flag));

    assert(o);
    if (o->flag)
        (void)fprintf(out, "of -%s or %s (%s)", o->flag, o->env, *o->def ? o->def : "empty");
    else
        (void)fprintf(out, "of %s (%s)", o->env, *o->def ? o->def : "empty");
}

static void print_default(FILE *out, const struct annotation *row)
{
    label(out, "default");
    if (row->option)
        print_option_ref(out, row->option);
    else if (row->def.len > 0)
        (void)fprintf(out, SLICE_FMT, SLICE_ARG(row->def));
    else
        (void)fputs(slice_is_present(row->def) && row->kind != ANNOTATION_FAMILY ? "empty" : "none",
                    out);
    (void)fputc('\n', out);
}

/* Profiles that differ from the table's own column of defaults, which is the first profile. */
static void print_profiles(FILE *out, enum annotation_id id)
{
    const struct profile *first = profile_list();

    for (const struct profile *p = first; p->name; p++) {
        struct slice value = profile_default(p, id);

        if (slice_equal(value, profile_default(first, id)))
            continue;
        label(out, "profile");
        (void)fprintf(out, "%s: default " SLICE_FMT "\n", p->name, SLICE_ARG(value));
    }
}

static void print_reasons(FILE *out, enum annotation_id id)
{
    for (int i = 0; i < REASON__COUNT; i++) {
        const struct reason *r = reason_info((enum reason_id)i);

        if (!annotation_has_reason(id, (enum reason_id)i))
            continue;
        label(out, kind_titles[r->kind]);
        (void)fprintf(out, SLICE_FMT ": %s\n", SLICE_ARG(r->word), r->help);
    }
}

static void print_step(FILE *out, enum inject_step step)
{
    struct slice words = slice_trim(inject_step_prefix(step));

    label(out, "evaluated");
    (void)fprintf(out, "in step %d of %d", (int)step + 1, (int)STEP__COUNT);
    if (words.len > 0)
        (void)fprintf(out, "; denials begin with '" SLICE_FMT "'", SLICE_ARG(words));
    (void)fputc('\n', out);
}

static void print_annotation(FILE *out, enum annotation_id id)
{
    const struct annotation *row = annotation_info(id);

    (void)fprintf(out, "annotation " SLICE_FMT SLICE_FMT "%s\n",
                  SLICE_ARG(annotation_prefix(PREFIX_VAULT)), SLICE_ARG(row->name),
                  explain_suffix(row));
    help_wrap(out, row->help, TEXT_INDENT, TEXT_WIDTH);
    label(out, "also as");
    (void)fprintf(out, SLICE_FMT SLICE_FMT "%s\n", SLICE_ARG(annotation_prefix(PREFIX_OPENBAO)),
                  SLICE_ARG(row->name), explain_suffix(row));
    label(out, "type");
    (void)fprintf(out, "%s: %s\n", annotation_type_name(row->type), explain_type_values(row->type));
    print_default(out, row);
    print_profiles(out, id);
    print_step(out, row->step);
    label(out, "value");
    (void)fputs(
        row->sensitive ? "never shown in messages and logs\n" : "may be shown in messages\n", out);
    print_reasons(out, id);
}

static void print_overriders(FILE *out, const char *flag)
{
    for (int i = 0; flag && i < ANNOTATION__COUNT; i++) {
        const struct annotation *row = annotation_info((enum annotation_id)i);

        if (!row->option || strcmp(row->option, flag) != 0)
            continue;
        label(out, "overridden");
        (void)fprintf(out, "per pod by " SLICE_FMT "\n", SLICE_ARG(row->name));
    }
}

/* The commands that a shared option has an effect on. */
static void print_commands(FILE *out, unsigned bits)
{
    const char *comma = "";

    for (size_t c = 0; c < command_count; c++) {
        if (!(command_table[c].bit & bits))
            continue;
        (void)fprintf(out, "%s%s", comma, command_table[c].name);
        comma = ", ";
    }
}

/* used_by: the command that has it for itself, or NULL. */
static void print_option(FILE *out, const struct option *o, const char *used_by)
{
    (void)fprintf(out, "option %s%s\n", o->flag ? "-" : "", o->flag ? o->flag : o->env);
    help_wrap(out, o->help, TEXT_INDENT, TEXT_WIDTH);
    label(out, "value");
    (void)fprintf(out, "%s\n", o->metavar);
    label(out, "default");
    (void)fprintf(out, "%s", *o->def ? o->def : "empty");
    if (o->def_agent_inject)
        (void)fprintf(out, "; of agent-inject: %s", o->def_agent_inject);
    (void)fputc('\n', out);
    if (o->env) {
        label(out, "variable");
        (void)fprintf(out, "%s%s%s\n", o->env, o->alias ? " or " : "", o->alias ? o->alias : "");
    }
    label(out, "used by");
    if (used_by)
        (void)fputs(used_by, out);
    else
        print_commands(out, o->commands);
    (void)fputc('\n', out);
    label(out, "known to");
    (void)fprintf(out, "%s\n",
                  o->since && strcmp(o->since, "vault-k8s") == 0 ? "vault-k8s, keyhook"
                                                                 : "keyhook");
    print_overriders(out, o->flag);
}

/* The options of this name: the shared one, and those that commands have for themselves. */
static unsigned print_options(FILE *out, struct slice name)
{
    const struct option *shared = option_find(name);
    unsigned printed = shared != NULL;

    if (shared)
        print_option(out, shared, NULL);
    for (size_t c = 0; c < command_count; c++)
        for (size_t i = 0; i < command_table[c].own_count; i++) {
            const struct option *o = &command_table[c].own[i];

            if (!slice_equal(slice_of(o->flag), name))
                continue;
            print_option(out, o, command_table[c].name);
            printed++;
        }
    return printed;
}

static void print_reason(FILE *out, enum reason_id id)
{
    const struct reason *r = reason_info(id);

    (void)fprintf(out, "reason " SLICE_FMT "\n", SLICE_ARG(r->word));
    help_wrap(out, r->help, TEXT_INDENT, TEXT_WIDTH);
    label(out, "meaning");
    (void)fprintf(out, "%s\n", kind_titles[r->kind]);
    if (r->kind == REASON_DENY) {
        label(out, "status");
        (void)fprintf(out, "%d " SLICE_FMT "\n", r->code, SLICE_ARG(r->status_reason));
    }
    for (int i = 0; i < ANNOTATION__COUNT; i++) {
        const struct annotation *row = annotation_info((enum annotation_id)i);

        if (!annotation_has_reason((enum annotation_id)i, id))
            continue;
        label(out, "caused by");
        (void)fprintf(out, SLICE_FMT "%s\n", SLICE_ARG(row->name), explain_suffix(row));
    }
}

static struct slice without_prefix(struct slice name)
{
    for (int i = 0; i < PREFIX__COUNT; i++) {
        struct slice prefix = annotation_prefix((enum annotation_prefix)i);

        if (slice_has_prefix(name, prefix))
            return slice_after(name, prefix.len);
    }
    return name;
}

/* Also finds a family by its bare name. */
static enum annotation_id find_annotation(struct slice name)
{
    struct slice suffix;

    for (int i = 0; i < ANNOTATION__COUNT; i++)
        if (slice_equal(annotation_info((enum annotation_id)i)->name, name))
            return (enum annotation_id)i;
    return annotation_find(name, &suffix);
}

static enum reason_id find_reason(struct slice word)
{
    int i = 0;

    while (i < REASON__COUNT && !slice_equal(reason_info((enum reason_id)i)->word, word))
        i++;
    return (enum reason_id)i;
}

static struct slice without_dashes(struct slice name)
{
    for (int i = 0; i < 2 && name.len > 0 && name.ptr[0] == '-'; i++)
        name = slice_after(name, 1);
    return name;
}

bool explain_name(FILE *out, struct slice name)
{
    bool is_flag = name.len > 0 && name.ptr[0] == '-';
    enum annotation_id annotation =
        is_flag ? ANNOTATION__COUNT : find_annotation(without_prefix(name));
    enum reason_id reason = is_flag ? REASON__COUNT : find_reason(name);
    unsigned options;

    if (annotation < ANNOTATION__COUNT)
        print_annotation(out, annotation);
    if (annotation < ANNOTATION__COUNT && option_find(name))
        (void)fputc('\n', out);
    options = print_options(out, without_dashes(name));
    if (reason < REASON__COUNT)
        print_reason(out, reason);
    return annotation < ANNOTATION__COUNT || options > 0 || reason < REASON__COUNT;
}

/* The best candidate so far. */
struct nearest {
    struct slice wanted;
    struct slice best;
    unsigned distance;
};

static void consider(struct nearest *n, struct slice candidate)
{
    unsigned d = text_distance(n->wanted, candidate, SUGGEST_MAX);

    if (d >= n->distance || d >= n->wanted.len)
        return;
    n->best = candidate;
    n->distance = d;
}

void explain_nearest(struct buf *out, struct slice name)
{
    struct nearest n = { .wanted = without_dashes(without_prefix(name)),
                         .best = SLICE_ABSENT,
                         .distance = SUGGEST_MAX + 1 };
    enum annotation_id id;
    struct slice annotation = annotation_nearest(n.wanted, &id);

    for (int i = 0; i < REASON__COUNT; i++)
        consider(&n, reason_info((enum reason_id)i)->word);
    for (size_t i = 0; i < option_row_count; i++) {
        if (option_rows[i].flag)
            consider(&n, slice_of(option_rows[i].flag));
        consider(&n, slice_of(option_rows[i].env));
    }
    if (slice_is_present(annotation))
        n.best = annotation;
    buf_put_slice(out, n.best);
}
