#ifndef SRC_INJECT_ANSWER_H
#define SRC_INJECT_ANSWER_H

/*
 * The AdmissionReview that goes back: uid, apiVersion and kind echoed, patch in base64, status of a
 * denial, warnings, audit annotations (admission.k8s.io/v1, also valid as v1beta1).
 */

#include "base/buf.h"
#include "inject/decision.h"
#include "inject/recall.h"
#include "inject/review.h"

/* Appends the answer to out. The decision is complete, its patch the one that was kept last. */
void answer_write(const struct review *review, const struct inject_decision *decision,
                  struct recall *recall, struct buf *out);

#endif
