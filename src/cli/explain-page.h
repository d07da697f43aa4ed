#ifndef SRC_CLI_EXPLAIN_PAGE_H
#define SRC_CLI_EXPLAIN_PAGE_H

/* What `keyhook explain --FORM NAME` prints from the tables, one row each. */

#include <stdio.h>

struct explain_page {
    const char *form, *name;
    void (*print)(FILE *out);
};

/* Rows of a form stand together; ended by a row without form. */
extern const struct explain_page explain_pages[];

#endif
