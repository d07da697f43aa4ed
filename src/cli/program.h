#ifndef SRC_CLI_PROGRAM_H
#define SRC_CLI_PROGRAM_H

#include "cli/command.h"

/*
 * Runs the program: argv[0] is the program's name.  Returns the exit status.  ctx gives environment and
 * streams, its other members are set here.
 */
int program_run(struct command_context *ctx, int argc, char **argv);

#endif
