#ifndef SRC_CLI_ANNOTATION_REASONS_H
#define SRC_CLI_ANNOTATION_REASONS_H

/* Which reasons an annotation can lead to, for `explain` and the documents. */

#include <stdbool.h>
#include <stddef.h>

#include "inject/annotation.h"
#include "inject/reason.h"

/* Can this annotation's value be the cause of the reason? */
bool annotation_has_reason(enum annotation_id id, enum reason_id reason);

#endif
