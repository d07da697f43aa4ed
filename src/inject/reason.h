#ifndef SRC_INJECT_REASON_H
#define SRC_INJECT_REASON_H

/*
 * Why a review was decided as it was: one table for log lines, metrics, auditAnnotations,
 * `status.reason` of denials and the documentation.
 */

#include "base/str.h"

enum reason_kind { REASON_SKIP, REASON_INJECT, REASON_DENY, REASON_WARN };

/* One row per reason; see reason.c for the words. */
enum reason_id {
#define REASON(id, kind, word, code, status_reason, help) REASON_##id,
#include "inject/reason.def"
#undef REASON
    REASON__COUNT
};

struct reason {
    struct slice word; /* kebab-case; log field, metric label, audit annotation */
    enum reason_kind kind;
    int code;                   /* of denials: status.code */
    struct slice status_reason; /* of denials: status.reason, a Kubernetes StatusReason */
    const char *help;
};

const struct reason *reason_info(enum reason_id id);

#endif
