#ifndef SRC_CLI_EXPLAIN_MARKDOWN_H
#define SRC_CLI_EXPLAIN_MARKDOWN_H

/* The reference pages of docs/, printed from the tables. */

#include <stdio.h>

void explain_markdown_annotations(FILE *out);
void explain_markdown_metrics(FILE *out);
void explain_markdown_options(FILE *out);
void explain_markdown_reasons(FILE *out);

#endif
