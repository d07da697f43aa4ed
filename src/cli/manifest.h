#ifndef SRC_CLI_MANIFEST_H
#define SRC_CLI_MANIFEST_H

/*
 * A manifest through the engine: finds the pods in it (also in lists), decides about each, and puts
 * the changed ones back in place.  What is not changed keeps its bytes.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/document.h"
#include "cli/pod-review.h"

#define MANIFEST_LIST_DEPTH_MAX 8u /* lists in lists */
#define MANIFEST_NOTES_MAX ((size_t)16 << 20)

struct manifest_result {
    bool is_changed;
    bool is_denied; /* at least one pod; the new text is then of no use */
};

/*
 * Appends the new JSON text of the document to *out, and a line for each pod, warning and addition to
 * *notes.  namespace is for objects that name none.  -1 with ERROR_SHAPE when an annotation of a pod
 * is no text (message with line and column), else as pod_review_run().
 */
int manifest_inject(struct pod_review *review, const struct document *doc, struct slice namespace,
                    struct buf *out, struct buf *notes, struct manifest_result *ret,
                    struct error *err) __attribute__((warn_unused_result));

#endif
