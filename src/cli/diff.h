#ifndef SRC_CLI_DIFF_H
#define SRC_CLI_DIFF_H

/*
 * Unified differences of two texts by lines, with DIFF_CONTEXT lines around each change.
 *
 * The shortest script is searched up to DIFF_EDITS_MAX changed lines; texts that differ more are shown
 * as one block removed and one block added.  Pure, except for the scratch memory it allocates.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

#define DIFF_CONTEXT 3u
#define DIFF_EDITS_MAX 2000u
#define DIFF_LINES_MAX (4u << 20)

struct diff_options {
    struct slice label; /* behind "--- " and "+++ "; printable */
    bool colors;        /* ANSI escapes */
};

/* Appends nothing when the texts are equal. -1 with ERROR_NOMEM or ERROR_LIMIT. */
int diff_put(struct buf *out, struct slice before, struct slice after,
             const struct diff_options *options, struct error *err)
    __attribute__((warn_unused_result));

#endif
