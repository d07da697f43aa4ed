#ifndef SRC_CLI_INJECT_RUN_H
#define SRC_CLI_INJECT_RUN_H

/*
 * One document of `keyhook inject`: an AdmissionReview, or a manifest.
 *
 * A JSON document is a review when it has a member request, is of kind AdmissionReview, or has no
 * kind at all.
 */

#include <stdbool.h>

#include "base/buf.h"
#include "base/error.h"
#include "cli/document.h"
#include "cli/inject-output.h"
#include "cli/pod-review.h"

struct inject_run {
    struct pod_review review;
    struct inject_output *output; /* borrowed */
    struct slice namespace;       /* of manifests that name none */
    size_t body_limit;            /* bytes of a review, as in the server */
    struct buf changed;           /* JSON text with what was injected */
    struct buf notes;             /* lines about the document for stderr */
};

/* -1 with ERROR_NOMEM. inject_run_done() is fine after a failure. */
int inject_run_init(struct inject_run *run, const struct inject_options *options,
                    struct inject_output *output, struct error *err)
    __attribute__((warn_unused_result));
void inject_run_done(struct inject_run *run);

/*
 * Decides and prints.  *ret_denied: a manifest was denied, nothing was printed for it.  -1 when the
 * document cannot be read; nothing of it was printed.  run->notes holds the lines about this document in
 * all cases.
 */
int inject_run_document(struct inject_run *run, const struct document *doc, struct slice label,
                        bool *ret_denied, struct error *err) __attribute__((warn_unused_result));

#endif
