#ifndef SRC_CLI_SERVER_LIMIT_H
#define SRC_CLI_SERVER_LIMIT_H

/* The ranges of the daemon's limits, one row each, and their check; target is a struct options. */

#include <stdbool.h>
#include <stdint.h>

#include "cli/option.h"

option_check_fn check_server_limit;

struct option_range {
    int64_t min, max; /* in the unit of the member: microseconds for times */
};

/* The range of a row that check_server_limit() checks; false, and nothing set, for another one. */
bool server_limit_range(const struct option *row, struct option_range *ret);

#endif
