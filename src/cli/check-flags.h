#ifndef SRC_CLI_CHECK_FLAGS_H
#define SRC_CLI_CHECK_FLAGS_H

/* The options of `keyhook check` alone, beside those that it shares with the server. */

#include "base/str.h"
#include "cli/check-output.h"
#include "cli/option.h"

struct check_flags {
    enum check_dry_run dry_run;
    struct slice namespace; /* of the pod that is tried; empty: this pod's */
    struct slice labels;    /* of it: name=value, with commas between */
    struct slice connect;   /* HOST:PORT; empty: what -listen says, "off": nothing is asked */
    enum check_format format;
};

#define CHECK_FLAG_COUNT 5
extern const struct option check_flag_rows[CHECK_FLAG_COUNT];

#endif
