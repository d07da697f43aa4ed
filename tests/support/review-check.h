#ifndef TESTS_SUPPORT_REVIEW_CHECK_H
#define TESTS_SUPPORT_REVIEW_CHECK_H

/*
 * What the engine promises about any review, checked: the fuzz entries call this for each input.
 *
 * A broken promise is named on stderr and aborts.  One owner, one thread.
 */

#include "support/promise.h"
#include "support/review-run.h"

struct review_check {
    struct review_run run;   /* the review */
    struct review_run again; /* the same once more, and with the patched pod */
    struct json_index answer, patched;
    struct buf text; /* scratch */
};

/* Aborts when memory is gone. */
void review_check_init(struct review_check *c);
void review_check_done(struct review_check *c);

/*
 * Gives the review to the engine and checks the answer or the error; the results of the first run
 * stay in c->run.
 *
 * An answer scans, echoes the uid, says what the decision says, in texts that people can read; no
 * self-check fails; a patch consists of additions, applies, leaves everything else as it was, and its
 * pod is not injected again.  The same bytes give the same answer.
 */
void review_check(struct review_check *c, const struct inject_options *opt, struct slice body);

#endif
