#include "cli/options.h"

#include <string.h>

#include "base/text.h"
#include "cli/help.h"
#include "cli/option-table.h"

#define AGENT_INJECT "agent-inject" /* upstream's spelling of serve */
#define STRAY "2>&1"                /* upstream's chart passes it as an argument */

void options_done(struct options *opt)
{
    buf_done(&opt->warnings);
}

bool options_next_warning(struct slice *rest, struct slice *ret)
{
    if (!slice_is_present(*rest) || rest->len == 0)
        return false;
    *ret = slice_cut(rest, '\n');
    return true;
}

void options_print_warnings(const struct options *opt, FILE *to)
{
    struct slice rest = buf_slice(&opt->warnings);
    struct slice line;

    while (options_next_warning(&rest, &line))
        (void)fprintf(to, "keyhook: warning: " SLICE_FMT "\n", SLICE_ARG(line));
}

static bool is_known_variable(struct slice name)
{
    for (size_t i = 0; i < option_row_count; i++)
        if (option_rows[i].env && slice_equal(slice_of(option_rows[i].env), name))
            return true;
    return false;
}

static const char *nearest_variable(struct slice name)
{
    const char *best = NULL;
    unsigned best_distance = OPTION_SUGGEST_MAX + 1;

    for (size_t i = 0; i < option_row_count; i++) {
        const char *env = option_rows[i].env;
        unsigned d = env ? text_distance(name, slice_of(env), OPTION_SUGGEST_MAX) : best_distance;

        if (d < best_distance) {
            best = env;
            best_distance = d;
        }
    }
    return best;
}

/* Kubernetes sets such variables for a service called keyhook: KEYHOOK_PORT, KEYHOOK_PORT_443_TCP ... */
static bool is_of_service(struct slice name)
{
    static const struct slice parts[] = { SLICE_INIT("_SERVICE_HOST"), SLICE_INIT("_SERVICE_PORT"),
                                          SLICE_INIT("_PORT_") };
    static const struct slice last = SLICE_INIT("_PORT");

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (slice_contains(name, parts[i]))
            return true;
    return name.len >= last.len && slice_equal(slice_after(name, name.len - last.len), last);
}

/* A mistyped variable is a warning only: vault-k8s ignores it. */
static void warn_unknown_variable(struct buf *warnings, struct slice entry)
{
    struct slice name = slice_cut(&entry, '=');
    const char *near;

    if ((!slice_has_prefix(name, SLICE("AGENT_INJECT_")) &&
         !slice_has_prefix(name, SLICE("KEYHOOK_"))) ||
        is_known_variable(name))
        return;
    near = nearest_variable(name);
    if (!near && is_of_service(name))
        return;
    buf_put_lit(warnings, "unknown variable '");
    text_put_printable(warnings, name, TEXT_VALUE_MAX);
    buf_printf(warnings, "' is ignored%s%s%s\n", near ? "; did you mean " : "", near ? near : "",
               near ? "?" : "");
}

static void warn_rest(struct buf *warnings, int count, char **argv)
{
    bool stray = count > 0 && strcmp(argv[0], STRAY) == 0;

    argv += stray;
    count -= stray;
    if (count <= 0)
        return;
    buf_put_lit(warnings, "ignored: the argument '");
    text_put_printable(warnings, slice_of(argv[0]), TEXT_VALUE_MAX);
    buf_put_lit(warnings, "'");
    if (count > 1)
        buf_printf(warnings, " and %d more", count - 1);
    buf_put_lit(warnings, ": options end at the first argument without a dash\n");
}

static int refuse_rest(const struct command *command, struct slice word, struct error *err)
{
    struct buf problem;
    buf_init(&problem, ERROR_MSG_MAX);
    buf_put_lit(&problem, "is not expected here");
    if (command->rest_flag) {
        buf_printf(&problem, "; did you mean -%s ", command->rest_flag);
        text_put_printable(&problem, word, TEXT_VALUE_MAX);
        buf_put_char(&problem, '?');
    } else {
        buf_put_lit(&problem, ": all options begin with a dash");
    }
    const char *text = buf_cstr(&problem);
    int result = text ? option_bad_value(err, word, text) : error_nomem(err);
    buf_done(&problem);
    return result;
}

static int read_rest(const struct command *command, struct buf *warnings, int count, char **argv,
                     struct error *err)
{
    if (count <= 0 || command->rest == REST_NAMES)
        return 0;
    if (command->rest == REST_REFUSED && strcmp(argv[0], STRAY) != 0)
        return refuse_rest(command, slice_of(argv[0]), err);
    warn_rest(warnings, count, argv);
    return 0;
}

/* What every command does after the options were read without a fault. */
static int finish(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  struct error *err)
{
    struct buf *warnings = &opt->warnings;

    if (read_rest(ctx->command, warnings, argc - opt->rest, argv + opt->rest, err) < 0)
        return -1;
    for (char **e = ctx->environment; e && *e; e++)
        warn_unknown_variable(warnings, slice_of(*e));
    if (opt->command != COMMAND_CHECK && inject_options_check(&opt->inject, err) < 0)
        return -1;
    return buf_check(warnings, "the list of warnings", err);
}

int options_parse(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, struct error *err)
{
    struct option_request req = {
        .tables = { { option_rows, option_row_count, opt },
                    { ctx->command->own, ctx->command->own_count, own_target } },
        .table_count = ctx->command->own ? 2 : 1,
        .commands = ctx->command->bit,
        .agent_inject = strcmp(ctx->spelling, AGENT_INJECT) == 0,
        .environment = ctx->environment,
        .warnings = &opt->warnings,
    };
    struct option_result result;

    memset(opt, 0, sizeof(*opt));
    opt->command = ctx->command->bit;
    buf_init(&opt->warnings, OPTIONS_WARNINGS_MAX);
    inject_options_init(&opt->inject);
    if (option_parse(&req, argc, argv, &result, err) < 0)
        return -1;
    opt->help = result.help;
    opt->rest = result.rest;
    return opt->help ? 0 : finish(opt, ctx, argc, argv, err);
}

bool options_load(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, int *ret_status)
{
    struct error err = ERROR_INIT;

    if (options_parse(opt, ctx, argc, argv, own_target, &err) < 0) {
        (void)fprintf(ctx->err, "keyhook %s: %s\n", ctx->spelling, err.msg);
        (void)fprintf(ctx->err, "Try 'keyhook help %s'.\n", ctx->command->name);
        *ret_status = err.code == ERROR_NOMEM ? COMMAND_FAILED : COMMAND_USAGE;
        return false;
    }
    if (opt->help) {
        help_command(ctx->out, ctx->command);
        *ret_status = COMMAND_OK;
        return false;
    }
    return true;
}
