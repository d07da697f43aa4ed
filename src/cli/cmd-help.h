#ifndef SRC_CLI_CMD_HELP_H
#define SRC_CLI_CMD_HELP_H

#include "cli/command.h"

/* keyhook help [COMMAND] */
command_run_fn cmd_help;

#endif
