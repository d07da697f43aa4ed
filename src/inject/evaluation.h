#ifndef SRC_INJECT_EVALUATION_H
#define SRC_INJECT_EVALUATION_H

/*
 * struct evaluation: one pod's way from annotations to settings, and what is said about it.
 *
 * Steps run in order and stop at the first denial.  A denial or an internal failure is recorded here
 * and returned as -1; `denied` tells them apart.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "inject/annotation-set.h"
#include "inject/annotation.h"
#include "inject/decision.h"
#include "inject/options.h"
#include "inject/pod.h"
#include "inject/reason.h"
#include "inject/review.h"
#include "inject/settings.h"

struct evaluation {
    const struct inject_options *opt;
    const struct review *review;
    const struct pod *pod;
    struct arena *arena;
    struct json_index *side_index; /* for JSON inside annotation values */
    struct buf *text;              /* scratch of single calls */
    struct annotation_set set;
    struct settings settings;
    enum inject_step step;
    enum annotation_id next_row; /* rows before it are evaluated */

    bool denied;
    enum reason_id reason; /* of the denial */
    struct slice message;  /* of the denial */
    struct slice warnings[INJECT_WARNINGS_MAX];
    enum reason_id warning_reasons[INJECT_WARNINGS_MAX];
    unsigned warning_count;
    struct error
        err; /* why the evaluation failed: with ERROR_NOMEM it fails even if nobody noticed */
};

/* Reads the pod's annotations. 0, or -1 (denied: they cannot be read). */
int evaluation_init(struct evaluation *e) __attribute__((warn_unused_result));

/*
 * Evaluates the rows of one step in the table's order; steps are run in their order, and running one
 * again does nothing.  0, or -1.
 */
int evaluation_run(struct evaluation *e, enum inject_step step) __attribute__((warn_unused_result));

/* Denies with the step's prefix in front of the text; always returns -1. */
int evaluation_deny(struct evaluation *e, enum reason_id reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Denies because of a value: "<lead>annotation <name>: '<value>' <fault>", the value left out when the
 * row is sensitive, "server option -x" instead when the value came from there.  Always returns -1.
 */
int evaluation_deny_value(struct evaluation *e, enum reason_id reason, const struct annotation *row,
                          struct slice value, const char *fault);

/* Turns an error into a denial: pod-unreadable for a wrong shape, too-large for a limit; other codes
 * (no memory) stay failures.  Always returns -1. */
int evaluation_fail(struct evaluation *e, enum reason_id shape_reason, const struct error *err);

/* A buffer that hit its limit denies, missing memory fails; else 0. */
int evaluation_check(struct evaluation *e, const struct buf *b, const char *what)
    __attribute__((warn_unused_result));

/* Out of arena memory: a limit denies, missing memory fails.  Always returns -1. */
int evaluation_nomem(struct evaluation *e);

/* Adds an admission warning, cut to INJECT_WARNING_MAX; beyond INJECT_WARNINGS_MAX it is dropped. */
void evaluation_warn(struct evaluation *e, enum reason_id reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The text as messages may show it: at most TEXT_VALUE_MAX bytes (or max), one line.  "" when memory is
 * gone, which e->err remembers. */
struct slice evaluation_show(struct evaluation *e, struct slice text);
struct slice evaluation_show_some(struct evaluation *e, struct slice text, size_t max);

/* The full name of an exact annotation as the pod spells it, else under the preferred prefix. */
struct slice evaluation_name(struct evaluation *e, enum annotation_id id);

/* The full name of a family's member as the pod spells it; the pod must have it. */
struct slice evaluation_member_name(struct evaluation *e, enum annotation_id id,
                                    struct slice suffix);

/* prefix + name of an entry, shown as messages may show it. */
struct slice evaluation_entry_name(struct evaluation *e, const struct annotation_entry *entry);

static inline bool evaluation_has(const struct evaluation *e, enum annotation_id id)
{
    return e->set.exact[id] != NULL;
}

#endif
