#ifndef SRC_CLI_CMD_EXPLAIN_H
#define SRC_CLI_CMD_EXPLAIN_H

#include "cli/command.h"

/* keyhook explain [NAME...] | --markdown PAGE */
command_run_fn cmd_explain;

#endif
