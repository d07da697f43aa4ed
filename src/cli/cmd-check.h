#ifndef SRC_CLI_CMD_CHECK_H
#define SRC_CLI_CMD_CHECK_H

/* `keyhook check`: is the installation healthy?  Takes the server's options and variables. */

#include "cli/command.h"

extern const char cmd_check_text[];

int cmd_check(const struct command_context *ctx, int argc, char **argv);

#endif
