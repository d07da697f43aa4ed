#ifndef SRC_CLI_SERVER_LIMIT_H
#define SRC_CLI_SERVER_LIMIT_H

/* The ranges of the daemon's limits, one row each, and their check; target is a struct options. */

#include "cli/option.h"

option_check_fn check_server_limit;

#endif
