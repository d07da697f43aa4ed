#ifndef SRC_CLI_COMMAND_H
#define SRC_CLI_COMMAND_H

/*
 * struct command: one verb of the program, a row of the table in command-table.c.
 *
 * A command is a function over a context and the arguments behind its name.  It is a thread root: it
 * prints or logs its own errors and returns the exit status.  It never calls exit().
 */

#include <stddef.h>
#include <stdio.h>

#include "base/str.h"

struct command;
struct option;

enum command_status {
    COMMAND_OK = 0,
    COMMAND_FAILED =
        1, /* inject: a manifest was denied; serve: could not start or stopped by a fault */
    COMMAND_USAGE = 2,      /* wrong arguments, or a setting that the server refuses at start */
    COMMAND_UNREADABLE = 3, /* inject: input that cannot be read */
};

/* Which commands take an option; bits of option.commands. */
enum command_bit {
    COMMAND_SERVE = 1 << 0,
    COMMAND_INJECT = 1 << 1,
    COMMAND_CHECK = 1 << 2,
};

/* What happens to arguments behind the options. */
enum command_rest {
    REST_IGNORED, /* with a warning, except for a stray "2>&1" */
    REST_REFUSED, /* an error, except for a stray "2>&1" and what follows it */
    REST_NAMES,   /* the command reads them itself */
};

/* Borrowed by the command for its whole run; the streams are never closed by it. */
struct command_context {
    const struct command *command;
    const char *spelling; /* the word that chose the command: its name or its alias */
    char **environment;   /* "NAME=value", ended by NULL */
    FILE *in, *out, *err;
};

typedef int command_run_fn(const struct command_context *ctx, int argc, char **argv);

struct command {
    const char *name;
    const char *alias;     /* another spelling, or NULL */
    const char *arguments; /* for the usage line: "[options]" */
    const char *summary;   /* one line */
    const char *text;    /* what the help says below the usage line; lines of at most 78 columns */
    command_run_fn *run; /* argv starts behind the command's name; argv[argc] is NULL */
    unsigned bit;        /* COMMAND_x, or 0 for a command without the shared options */
    enum command_rest rest;
    const char *rest_flag;    /* REST_REFUSED: what the argument was probably meant for, or NULL */
    const struct option *own; /* options of this command alone, or NULL */
    size_t own_count;
};

/* The commands, in the order of the help. */
extern const struct command command_table[];
extern const size_t command_count;

/* The row with this name or alias, or NULL. */
const struct command *command_find(const char *word);

/* The nearest name for a mistyped one, or NULL when none is near. */
const char *command_nearest(const char *word);

/* Says on `to` that there is no such command; returns COMMAND_USAGE. */
int command_unknown(FILE *to, const char *word);

#endif
