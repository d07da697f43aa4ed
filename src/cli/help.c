#include "cli/help.h"

#include <string.h>

#include "cli/option-table.h"
#include "cli/option.h"

#define WIDTH 79
#define INDENT 2
#define HELP_INDENT 8
#define COMMAND_COLUMN 10 /* width of the column of command names */

void help_wrap(FILE *out, const char *text, int indent, int width)
{
    int column = 0;

    while (*text) {
        int len = (int)strcspn(text, " ");

        if (column > 0 && column + 1 + len > width) {
            (void)fputc('\n', out);
            column = 0;
        }
        if (column == 0)
            column = fprintf(out, "%*s%.*s", indent, "", len, text);
        else
            column += fprintf(out, " %.*s", len, text);
        text += len;
        text += strspn(text, " ");
    }
    (void)fputc('\n', out);
}

void help_program(FILE *out)
{
    (void)fputs("Keyhook adds Vault and OpenBao secrets to Kubernetes pods that ask for them.\n"
                "\nUsage: keyhook COMMAND [options]\n\nCommands:\n",
                out);
    for (size_t i = 0; i < command_count; i++)
        (void)fprintf(out, "%*s%-*s %s\n", INDENT, "", COMMAND_COLUMN, command_table[i].name,
                      command_table[i].summary);
    (void)fputs("\n'keyhook help COMMAND' shows the options of a command.\n", out);
}

/* "Default X. Environment: Y (or Z)." */
static void print_origin(FILE *out, const struct option *o)
{
    (void)fprintf(out, "%*sDefault: %s", HELP_INDENT, "", *o->def ? o->def : "empty");
    if (o->def_agent_inject)
        (void)fprintf(out, " (agent-inject: %s)", o->def_agent_inject);
    (void)fputc('\n', out);
    if (o->env && o->flag)
        (void)fprintf(out, "%*sEnvironment: %s%s%s\n", HELP_INDENT, "", o->env,
                      o->alias ? ", " : "", o->alias ? o->alias : "");
}

static void print_option(FILE *out, const struct option *o)
{
    if (o->flag)
        (void)fprintf(out, "%*s-%s%s%s\n", INDENT, "", o->flag, o->is_bool ? "[=" : "=",
                      o->is_bool ? "BOOL]" : o->metavar);
    else
        (void)fprintf(out, "%*s%s=%s (environment only)\n", INDENT, "", o->env, o->metavar);
    help_wrap(out, o->help, HELP_INDENT, WIDTH);
    print_origin(out, o);
}

static bool is_shown(const struct option *o, enum option_group group, unsigned bit)
{
    return o->group == group && (o->commands & bit) != 0;
}

static void print_group(FILE *out, enum option_group group, unsigned bit)
{
    bool titled = false;

    for (size_t i = 0; i < option_row_count; i++) {
        if (!is_shown(&option_rows[i], group, bit))
            continue;
        if (!titled)
            (void)fprintf(out, "\n%s:\n", option_group_title(group));
        titled = true;
        print_option(out, &option_rows[i]);
    }
}

static void print_shared(FILE *out, unsigned bit)
{
    for (int g = 0; g < OPTION_GROUP__COUNT; g++)
        print_group(out, (enum option_group)g, bit);
    (void)fputs(
        "\nA non-empty environment variable beats the flag. Options are written -name=value,\n"
        "-name value, or with two dashes; a boolean is -name or -name=false.\n",
        out);
    if (bit != COMMAND_SERVE)
        (void)fputs(
            "All other options of 'keyhook serve' are accepted and checked too, without effect.\n",
            out);
}

void help_command(FILE *out, const struct command *command)
{
    (void)fprintf(out, "Usage: keyhook %s%s%s\n", command->name, *command->arguments ? " " : "",
                  command->arguments);
    if (command->alias)
        (void)fprintf(out, "       keyhook %s%s%s\n", command->alias,
                      *command->arguments ? " " : "", command->arguments);
    (void)fprintf(out, "\n%s\n", command->text);
    if (command->own_count > 0)
        (void)fprintf(out, "\n%s:\n", option_group_title(OPTION_GROUP_COMMAND));
    for (size_t i = 0; i < command->own_count; i++)
        print_option(out, &command->own[i]);
    if (command->bit)
        print_shared(out, command->bit);
}
