#include "cli/cmd-help.h"

#include "cli/help.h"

int cmd_help(const struct command_context *ctx, int argc, char **argv)
{
    const struct command *command;

    if (argc == 0) {
        help_program(ctx->out);
        return COMMAND_OK;
    }
    command = command_find(argv[0]);
    if (!command)
        return command_unknown(ctx->err, argv[0]);
    help_command(ctx->out, command);
    return COMMAND_OK;
}
