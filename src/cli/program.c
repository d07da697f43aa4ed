#include "cli/program.h"

#include <stdbool.h>
#include <string.h>

#include "cli/help.h"

static bool is_help_flag(const char *word)
{
    static const char *const words[] = { "-h", "--h", "-help", "--help" };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i], word) == 0)
            return true;
    return false;
}

/* Commands that read options themselves find "--help" there; for the others it is done here. */
static bool wants_help(const struct command *c, int argc, char **argv)
{
    return !c->bit && argc > 0 && is_help_flag(argv[0]);
}

int program_run(struct command_context *ctx, int argc, char **argv)
{
    if (argc < 2) {
        help_program(ctx->out);
        return COMMAND_USAGE;
    }
    if (is_help_flag(argv[1])) {
        help_program(ctx->out);
        return COMMAND_OK;
    }
    ctx->spelling = argv[1];
    ctx->command = command_find(argv[1]);
    if (!ctx->command)
        return command_unknown(ctx->err, argv[1]);
    if (wants_help(ctx->command, argc - 2, argv + 2)) {
        help_command(ctx->out, ctx->command);
        return COMMAND_OK;
    }
    return ctx->command->run(ctx, argc - 2, argv + 2);
}
