#ifndef TESTS_SUPPORT_ENGINE_TEST_H
#define TESTS_SUPPORT_ENGINE_TEST_H

/*
 * What the programs of tests/engine share: all cases and two engines, set up once for a group of
 * cmocka tests.  Include after cmocka.h.
 */

#include "support/case.h"
#include "support/review-run.h"
#include "support/rewrite.h"

#define ENGINE_CASES_MIN 600 /* a run over fewer has lost its cases */

struct engine_test {
    struct case_list cases;
    struct review_run run;   /* the case as it is */
    struct review_run other; /* the case as a property changes it */
    struct rewrite rewrite;
};

extern struct engine_test engine_test;

/* Group set-up and tear-down for cmocka_run_group_tests(). */
int engine_test_set_up(void **state);
int engine_test_tear_down(void **state);

/* Loop over all cases whose settings are accepted, run by engine_test.run already. */
#define engine_each_case(c)                                                          \
    for (struct test_case *c = engine_test.cases.at,                                 \
                          *c##_end = engine_test.cases.at + engine_test.cases.count; \
         c < c##_end; c++)                                                           \
        if (!c->is_refused && (review_run(&engine_test.run, &c->options.inject, c->body), 1))

/* Fails the test unless both engines gave the same answer, byte for byte, or the same error. */
void assert_same_answer(const struct test_case *c, const char *what);

#endif
