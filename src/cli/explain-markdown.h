#ifndef SRC_CLI_EXPLAIN_MARKDOWN_H
#define SRC_CLI_EXPLAIN_MARKDOWN_H

/* The reference pages of docs/, printed from the tables. */

#include <stdio.h>

struct explain_page {
    const char *name;
    void (*print)(FILE *out);
};

/* annotations, metrics, options, reasons; ended by a row without name. */
extern const struct explain_page explain_pages[];

#endif
