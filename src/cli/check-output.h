#ifndef SRC_CLI_CHECK_OUTPUT_H
#define SRC_CLI_CHECK_OUTPUT_H

/* How findings are printed: a line each for people, or one JSON object. */

#include <stdio.h>

#include "cli/check.h"
#include "json/write.h"

enum check_format { CHECK_FORMAT_TEXT, CHECK_FORMAT_JSON };

#define CHECK_OUTPUT_MAX ((size_t)64 << 10)

struct check_output {
    FILE *to; /* borrowed */
    enum check_format format;
    struct buf text; /* JSON so far */
    struct json_writer json;
};

void check_output_init(struct check_output *o, FILE *to, enum check_format format);

/* A check_report_fn; arg is the struct check_output. */
void check_output_finding(void *arg, const struct check_finding *finding);

/* The totals; prints what is still to be printed and frees. */
void check_output_done(struct check_output *o, const struct check_totals *totals);

#endif
