#ifndef SRC_CLI_CMD_INJECT_H
#define SRC_CLI_CMD_INJECT_H

#include "cli/command.h"

/*
 * `keyhook inject`: the engine offline, on manifests and reviews.
 *
 * A document that cannot be read or is denied prints nothing on stdout; the others are still printed,
 * and the exit status is the worst of all.
 */
int cmd_inject(const struct command_context *ctx, int argc, char **argv);

/* What the help says below the usage line. */
extern const char cmd_inject_text[];

#endif
