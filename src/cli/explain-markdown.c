#include "cli/explain-markdown.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "cli/annotation-reasons.h"
#include "cli/command.h"
#include "cli/explain.h"
#include "cli/option-table.h"
#include "inject/reason.h"
#include "metrics/metric-table.h"

#define GENERATED "<!-- Printed from the tables by scripts/gen-docs; do not edit. -->\n\n"

/* Text inside a table cell: a bar would end the cell, angle brackets would be taken for HTML. */
static void put_cell(FILE *out, struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '<')
            (void)fputs("&lt;", out);
        else if (text.ptr[i] == '|')
            (void)fputs("\\|", out);
        else
            (void)fputc(text.ptr[i], out);
    }
}

/* A literal inside a table cell. */
static void put_code(FILE *out, struct slice text)
{
    (void)fputc('`', out);
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '|')
            (void)fputc('\\', out);
        (void)fputc(text.ptr[i], out);
    }
    (void)fputc('`', out);
}

static void put_default(FILE *out, struct slice text)
{
    if (text.len > 0)
        put_code(out, text);
    else
        (void)fputs(slice_is_present(text) ? "empty" : "", out);
}

/* The option that gives an annotation's default, and the default of that. */
static void put_option(FILE *out, const char *flag)
{
    const struct option *o = option_find(slice_of(flag));

    assert(o);
    (void)fprintf(out, "`%s%s`", o->flag ? "-" : "", o->flag ? o->flag : o->env);
    if (*o->def)
        (void)fprintf(out, " (`%s`)", o->def);
}

static void put_reasons(FILE *out, enum annotation_id id)
{
    const char *separator = "";

    for (int i = 0; i < REASON__COUNT; i++) {
        const struct reason *r = reason_info((enum reason_id)i);

        if (!annotation_has_reason(id, (enum reason_id)i))
            continue;
        (void)fputs(separator, out);
        put_code(out, r->word);
        separator = ", ";
    }
}

static void annotation_row(FILE *out, enum annotation_id id)
{
    const struct annotation *row = annotation_info(id);

    (void)fprintf(out, "| `" SLICE_FMT "%s` | %s | ", SLICE_ARG(row->name), explain_suffix(row),
                  annotation_type_name(row->type));
    if (row->option)
        put_option(out, row->option);
    else if (row->kind != ANNOTATION_FAMILY)
        put_default(out, row->def);
    (void)fputs(" | ", out);
    put_cell(out, slice_of(row->help));
    (void)fprintf(out, "%s | ", row->sensitive ? " (*)" : "");
    put_reasons(out, id);
    (void)fputs(" |\n", out);
}

void explain_markdown_annotations(FILE *out)
{
    (void)fprintf(
        out,
        GENERATED
        "# Annotations\n\n"
        "Every name stands below `" SLICE_FMT "` or `" SLICE_FMT "`; both mean the same, and\n"
        "`-annotation-prefixes` limits the set. Annotations are read from the pod's own metadata.\n"
        "`<name>` is the name of a secret, `<parameter>` that of a setting.\n\n"
        "The order of the rows is the order of evaluation: the first error wins. A default that is "
        "an\n"
        "option is the value of that option of the server, see [options](options.md); a name that "
        "is\n"
        "present but empty gets no default. Values of rows marked (*) are never shown in messages "
        "and\n"
        "logs. The last column names what can come of it, see [reasons](reasons.md).\n\n"
        "| Annotation | Type | Default | Meaning | Reasons |\n|---|---|---|---|---|\n",
        SLICE_ARG(annotation_prefix(PREFIX_VAULT)), SLICE_ARG(annotation_prefix(PREFIX_OPENBAO)));
    for (int i = 0; i < ANNOTATION__COUNT; i++)
        annotation_row(out, (enum annotation_id)i);
    (void)fputs("\n## Types\n\n| Type | Values |\n|---|---|\n", out);
    for (int i = 0; i < TYPE__COUNT; i++)
        (void)fprintf(out, "| %s | %s |\n", annotation_type_name((enum annotation_type)i),
                      explain_type_values((enum annotation_type)i));
}

static void option_row(FILE *out, const struct option *o)
{
    (void)fputs("| ", out);
    if (o->flag)
        (void)fprintf(out, "`-%s`", o->flag);
    (void)fputs(" | ", out);
    if (o->env)
        (void)fprintf(out, "`%s`", o->env);
    if (o->alias)
        (void)fprintf(out, ", `%s`", o->alias);
    (void)fputs(" | ", out);
    put_code(out, slice_of(o->metavar));
    (void)fputs(" | ", out);
    put_default(out, slice_of(o->def));
    if (o->def_agent_inject)
        (void)fprintf(out, "; of `agent-inject`: `%s`", o->def_agent_inject);
    (void)fprintf(out, " | %s | ", o->since ? o->since : "keyhook");
    put_cell(out, slice_of(o->help));
    (void)fputs(" |\n", out);
}

static bool has_options(enum option_group group)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].group == group)
            return true;
    return false;
}

static void option_heading(FILE *out, const char *lead, const char *title)
{
    (void)fprintf(out,
                  "\n## %s%s\n\n| Flag | Variable | Value | Default | Since | Meaning |\n"
                  "|---|---|---|---|---|---|\n",
                  lead, title);
}

void explain_markdown_options(FILE *out)
{
    (void)fputs(GENERATED "# Options\n\n"
                          "`keyhook serve` (in the spelling of vault-k8s: `keyhook agent-inject`) "
                          "and `keyhook inject` take\n"
                          "these options. A non-empty environment variable beats the flag, the "
                          "flag beats the default; an\n"
                          "empty variable counts as not set. The short names of the TLS variables "
                          "are read when the long ones\n"
                          "are not set at all. Flags are written `-name=value`, `-name value`, or "
                          "with two dashes; a boolean\n"
                          "takes `=value` only, and means true without it. Options end at the "
                          "first argument without a dash.\n",
                out);
    for (int g = 0; g < OPTION_GROUP__COUNT; g++) {
        if (!has_options((enum option_group)g))
            continue;
        option_heading(out, "", option_group_title((enum option_group)g));
        for (size_t i = 0; i < option_row_count; i++)
            if (option_rows[i].group == (enum option_group)g)
                option_row(out, &option_rows[i]);
    }
    for (size_t c = 0; c < command_count; c++) {
        const struct command *command = &command_table[c];

        if (command->own_count > 0)
            option_heading(out, "Only keyhook ", command->name);
        for (size_t i = 0; i < command->own_count; i++)
            option_row(out, &command->own[i]);
    }
}

static void reason_rows(FILE *out, enum reason_kind kind, const char *heading)
{
    (void)fprintf(out, "\n## %s\n\n| Reason |%s Meaning |\n|---|%s---|\n", heading,
                  kind == REASON_DENY ? " Status |" : "", kind == REASON_DENY ? "---|" : "");
    for (int i = 0; i < REASON__COUNT; i++) {
        const struct reason *r = reason_info((enum reason_id)i);

        if (r->kind != kind)
            continue;
        (void)fputs("| ", out);
        put_code(out, r->word);
        if (kind == REASON_DENY)
            (void)fprintf(out, " | %d " SLICE_FMT, r->code, SLICE_ARG(r->status_reason));
        (void)fputs(" | ", out);
        put_cell(out, slice_of(r->help));
        (void)fputs(" |\n", out);
    }
}

void explain_markdown_reasons(FILE *out)
{
    (void)fputs(GENERATED
                "# Reasons\n\n"
                "Why a review was decided as it was: the word in the log line and in the audit\n"
                "annotations of the answer.\n",
                out);
    reason_rows(out, REASON_SKIP, "Allowed, the pod is left alone");
    reason_rows(out, REASON_INJECT, "Allowed, with a patch");
    reason_rows(out, REASON_DENY, "Denied");
    reason_rows(out, REASON_WARN, "Warnings");
}

void explain_markdown_metrics(FILE *out)
{
    (void)fputs(GENERATED
                "# Metrics\n\n"
                "In the text format of Prometheus, at `-telemetry-path` of the TLS port and at\n"
                "`/metrics` of the port of `-plain-listen`. Only `namespace` takes values from\n"
                "requests: the first 1,000, then `other`.\n\n"
                "| Name | Kind | Labels | Meaning |\n|---|---|---|---|\n",
                out);
    for (unsigned id = 0; id < METRIC__COUNT; id++) {
        const struct metric *m = metric_info((enum metric_id)id);

        (void)fprintf(out, "| `%s` | %s | ", m->name, metric_kind_word(m->kind));
        if (*m->labels)
            put_code(out, slice_of(m->labels));
        (void)fputs(" | ", out);
        put_cell(out, slice_of(m->help));
        (void)fputs(" |\n", out);
    }
}
