#ifndef SRC_CLI_EXPLAIN_H
#define SRC_CLI_EXPLAIN_H

/* What the tables say about annotations, options and reasons.  Pure reads; write errors are ignored. */

#include <stdbool.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/str.h"
#include "inject/annotation.h"

/* Every annotation, option and reason, one line each. */
void explain_list(FILE *out);

/*
 * Everything that the name stands for: an annotation with or without prefix, one of a family
 * ("agent-inject-secret-db"), a flag with or without dashes, a variable, or a reason's word.  False,
 * and nothing printed, when it stands for nothing.
 */
bool explain_name(FILE *out, struct slice name);

/* Appends the known name that is nearest to an unknown one; nothing when none is near. */
void explain_nearest(struct buf *out, struct slice name);

/* The values that a type takes, for people. */
const char *explain_type_values(enum annotation_type type);

/* What stands for the suffix of a family in its name: "-<name>", "[-<name>]", "-<parameter>" or "". */
const char *explain_suffix(const struct annotation *row);

#endif
