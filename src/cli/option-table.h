#ifndef SRC_CLI_OPTION_TABLE_H
#define SRC_CLI_OPTION_TABLE_H

/* The table of the options that the commands share; its target is struct options. */

#include <stddef.h>

#include "base/str.h"
#include "cli/option.h"

extern const struct option option_rows[];
extern const size_t option_row_count;

/*
 * The row with this flag (no dashes) or variable; or NULL.  Variables are found whatever the case of
 * letters, with dashes for underscores, and without their prefix: "vault-addr".
 */
const struct option *option_find(struct slice name);

/* The heading of a group. */
const char *option_group_title(enum option_group group);

#endif
