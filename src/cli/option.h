#ifndef SRC_CLI_OPTION_H
#define SRC_CLI_OPTION_H

/*
 * struct option: one setting, its flag and its environment variables, a row of a table.
 *
 * Tables are walked by option_parse(): every member gets the row's default, then the flags in order,
 * then the non-empty environment variables; at the end each row's check sees the final value.  A
 * command's own options are a table of the same kind with its own target struct.
 *
 * Source of the rules: Go's flag package, and vault-k8s 1.7.6 for the environment.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define OPTION_ROWS_MAX 128   /* rows of one table */
#define OPTION_TABLES_MAX 2   /* the shared table and the command's own */
#define OPTION_NAME_MAX 96    /* bytes of a flag or variable name with its dash and NUL */
#define OPTION_SUGGEST_MAX 3u /* edits between a mistyped name and the one that is suggested */

enum option_group {
    OPTION_GROUP_COMMAND, /* the command's own */
    OPTION_GROUP_VAULT,
    OPTION_GROUP_AGENT,
    OPTION_GROUP_TEMPLATE,
    OPTION_GROUP_RESOURCES,
    OPTION_GROUP_ENGINE,
    OPTION_GROUP_SERVER,
    OPTION_GROUP_LIMIT,
    OPTION_GROUP_TLS,
    OPTION_GROUP_CERT,
    OPTION_GROUP_LOG,
    OPTION_GROUP__COUNT
};

/* Parses text into the member; -1 with a message without the option's name: "'x' is not a boolean". */
typedef int option_set_fn(void *member, struct slice text, struct error *err);

/*
 * Looks at the final value, may fill derived members of target, and may append to warnings, one line
 * each.  name is the flag or variable that gave the value, for use in warnings; the caller puts it in
 * front of errors.
 */
typedef int option_check_fn(void *target, const void *member, const char *name,
                            struct buf *warnings, struct error *err);

struct option {
    const char *flag;  /* without dashes, or NULL for a variable only */
    const char *env;   /* variable, or NULL for a flag only */
    const char *alias; /* second variable, read when the first one is not set at all; or NULL */
    option_set_fn *set;
    size_t offset;                /* of the member in the target */
    bool is_bool;                 /* takes "=value" only; bare means true */
    const char *def;              /* as the user would write it; never NULL */
    const char *def_agent_inject; /* default under the spelling "agent-inject", NULL: the same */
    option_check_fn *check;       /* or NULL */
    enum option_group group;
    unsigned commands;   /* bits COMMAND_x: where it has an effect */
    const char *since;   /* "vault-k8s" or "keyhook" */
    const char *metavar; /* what stands for the value in the help */
    const char *help;    /* what it is, in one sentence without full stop */
};

/* offsetof that does not compile unless the member has the type */
#define OPTION_MEMBER(type, m, ctype) \
    (offsetof(type, m) + 0 * sizeof(char[_Generic(((type *)0)->m, ctype : 1, default : -1)]))

#define OPTION_TEXT(type, m) .set = option_set_text, .offset = OPTION_MEMBER(type, m, struct slice)
#define OPTION_BOOL(type, m)                                                         \
    .set = option_set_bool, .is_bool = true, .offset = OPTION_MEMBER(type, m, bool), \
    .metavar = "BOOL"
#define OPTION_INT(type, m) .set = option_set_int, .offset = OPTION_MEMBER(type, m, int64_t)
#define OPTION_DURATION(type, m)                                           \
    .set = option_set_duration, .offset = OPTION_MEMBER(type, m, int64_t), \
    .metavar = "DURATION" /* microseconds */
#define OPTION_FLOAT(type, m) .set = option_set_float, .offset = OPTION_MEMBER(type, m, double)

option_set_fn option_set_text, option_set_bool, option_set_int, option_set_float,
    option_set_duration;

/* Fills err with "'text' PROBLEM", the text cut and made printable; always returns -1. */
int option_bad_value(struct error *err, struct slice text, const char *problem);

struct option_table {
    const struct option *rows;
    size_t count;
    void *target;
};

struct option_request {
    struct option_table tables[OPTION_TABLES_MAX];
    size_t table_count;
    unsigned commands;    /* bit of the command: its options are suggested before others */
    bool agent_inject;    /* def_agent_inject counts */
    char **environment;   /* "NAME=value", ended by NULL */
    struct buf *warnings; /* takes the warnings of the checks */
};

struct option_result {
    bool help; /* -h or -help was met; parsing stopped there, nothing was checked */
    int rest;  /* index of the first argument behind the options */
};

/*
 * Fills the targets; texts in them are borrowed from argv, environment and rows.  0, or -1 with
 * ERROR_USAGE naming the flag or variable, its value, and what would be right; the targets are then
 * partly filled.
 */
int option_parse(const struct option_request *req, int argc, char **argv, struct option_result *ret,
                 struct error *err) __attribute__((warn_unused_result));

/* The value of a variable, or NULL when it is not set. */
const char *option_getenv(char **environment, const char *name);

#endif
