#ifndef SRC_CLI_CMD_VERSION_H
#define SRC_CLI_CMD_VERSION_H

#include "cli/command.h"

/* keyhook version [-v] */
command_run_fn cmd_version;

#endif
