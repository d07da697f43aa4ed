#ifndef SRC_CLI_CMD_SERVE_H
#define SRC_CLI_CMD_SERVE_H

#include "cli/command.h"

/* The webhook daemon: runs until SIGTERM or SIGINT.  Errors of the start go to the log. */
command_run_fn cmd_serve;

#endif
