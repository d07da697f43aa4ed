#ifndef SRC_INJECT_INJECT_H
#define SRC_INJECT_INJECT_H

/*
 * The engine: the bytes of an AdmissionReview in, the bytes of the answer out.
 *
 * A pure function of review and options: no clock, network, environment, files, globals or logging.
 * Working memory is a struct inject_scratch, one per thread, kept between reviews.
 *
 * Source: AdmissionReview admission.k8s.io/v1 and v1beta1; vault-k8s 1.7.6 for behaviour and texts.
 */

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "inject/decision.h"
#include "inject/options.h"

/*
 * An API server takes objects of 3 MiB and stores 1.5 MiB of one, so that a pod with more than these
 * would be refused behind us.  They bound what one review can make of a thread's memory and time: a
 * few KB that are needed again for each secret grow a thousandfold.
 */
#define INJECT_SCRATCH_MAX ((size_t)8 << 20) /* bytes of one buffer of working memory */
#define INJECT_ANSWER_MAX ((size_t)16 << 20)
#define INJECT_NODES_MAX (2u << 20) /* values and names of one review */

struct inject_scratch;

struct inject_scratch *inject_scratch_new(void); /* NULL when memory is gone */
void inject_scratch_free(struct inject_scratch *s);

/*
 * Decides about one review and appends the AdmissionReview answer to *answer (cleared first; the
 * caller owns it).  0 whenever there is an answer, also a denial.  -1 when the bytes are not a review
 * that can be answered: ERROR_SYNTAX, ERROR_SHAPE or ERROR_LIMIT (HTTP 4xx by error_info()), or
 * ERROR_NOMEM.  *ret is set on success only.
 */
int inject_review(struct inject_scratch *s, const struct inject_options *opt, struct slice body,
                  struct buf *answer, struct inject_decision *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
