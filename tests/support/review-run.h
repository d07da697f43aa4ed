#ifndef TESTS_SUPPORT_REVIEW_RUN_H
#define TESTS_SUPPORT_REVIEW_RUN_H

/*
 * One review given to the engine, and what came out; the memory is kept from run to run.
 *
 * One owner, one thread.  The results are valid until the next run.
 */

#include "base/arena.h"
#include "base/buf.h"
#include "inject/inject.h"
#include "json/scan.h"

struct review_run {
    struct inject_scratch *scratch;
    struct buf answer;
    struct inject_decision decision;
    struct error err;
    int rc; /* of inject_review() */

    /* filled by review_run_apply() */
    struct json_index body;  /* the review */
    struct json_index patch; /* the operations */
    uint32_t object;         /* json_ref of request.object in body */
    struct buf patched;      /* the object with the patch applied */
    struct arena arena;
};

/* 0, or -1 when memory is gone; review_run_done() in either case. */
int review_run_init(struct review_run *r);
void review_run_done(struct review_run *r);

/* Runs the engine; returns its result, which is kept in r->rc too. */
int review_run(struct review_run *r, const struct inject_options *opt, struct slice body);

/*
 * Applies the decision's patch (none: the object as it is) to the object of `body`; -1 with r->err.
 * The object of a review without one is "null".
 */
int review_run_apply(struct review_run *r, struct slice body);

#endif
