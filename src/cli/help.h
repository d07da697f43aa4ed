#ifndef SRC_CLI_HELP_H
#define SRC_CLI_HELP_H

/* Help texts, printed from the tables of commands and options.  No state; write errors are ignored. */

#include <stdio.h>

#include "cli/command.h"

/* What the program is, and its commands. */
void help_program(FILE *out);

/* One command: usage, text, own options, and the shared options that have an effect on it. */
void help_command(FILE *out, const struct command *command);

/* Writes text in lines of at most `width` columns, each behind `indent` spaces. */
void help_wrap(FILE *out, const char *text, int indent, int width);

#endif
