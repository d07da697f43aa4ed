#ifndef SRC_CLI_EXPLAIN_SCHEMA_H
#define SRC_CLI_EXPLAIN_SCHEMA_H

/*
 * The options of the daemon for programs that write its configuration, such as the chart: every row
 * of the option table that has a flag, named by it.
 */

#include <stdio.h>

/* JSON Schema (draft 7) of an object whose members are options. */
void explain_schema_options(FILE *out);

/* YAML, "flag: VARIABLE", one line each. */
void explain_variables_options(FILE *out);

#endif
