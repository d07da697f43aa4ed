#ifndef SRC_CLI_OPTIONS_H
#define SRC_CLI_OPTIONS_H

/*
 * Reading flags and environment into a struct options.
 *
 * Precedence, as in vault-k8s: built-in default < flag < non-empty environment variable.  Flags follow
 * Go's flag package: one or two dashes, "-name=value" or "-name value"; a boolean takes "=value" only.
 * Filled by options_load() or options_parse(), then immutable; options_done() frees the warnings.
 */

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"
#include "cli/option-values.h"

/*
 * The usual start of a command.  Parses argv for ctx->command (shared options and the command's own
 * ones, which go to own_target).  True: go on; the caller prints the warnings (serve: into its log).
 * False: help or an error was printed to ctx->out or ctx->err; return *ret_status.  Either way the
 * caller owns *opt and calls options_done().
 */
bool options_load(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, int *ret_status) __attribute__((warn_unused_result));

/* The same without printing: 0, or -1 with ERROR_USAGE or ERROR_NOMEM. */
int options_parse(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, struct error *err) __attribute__((warn_unused_result));

void options_done(struct options *opt);

/* Cuts the next warning off *rest, which starts as buf_slice(&opt->warnings); false after the last. */
bool options_next_warning(struct slice *rest, struct slice *ret);

/* Prints "keyhook: warning: ..." lines. */
void options_print_warnings(const struct options *opt, FILE *to);

#endif
