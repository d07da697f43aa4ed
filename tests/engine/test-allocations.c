/* Every allocation of the engine failed in turn, over all cases; and none at all once it is warm. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/alloc-fault.h"
#include "support/engine-test.h"

#define GROWN_MIN 100 /* annotations; an arena with its first block has no room for GROWN_MAX */
#define GROWN_MAX 160
#define ALLOCATIONS_MAX 100000 /* of one review; more would be an endless loop */

static bool is_same(const struct review_run *a, const struct review_run *b)
{
    return a->rc == b->rc && a->err.code == b->err.code &&
           slice_equal(buf_slice(&a->answer), buf_slice(&b->answer));
}

/* One run of a new engine whose n-th allocation fails; false when there was no n-th. */
static bool fail_once(const struct test_case *c, const struct inject_options *opt, unsigned long n)
{
    struct review_run r;
    alloc_fault_start(n);
    int made = review_run_init(&r);
    if (made == 0)
        review_run(&r, opt, c->body);
    bool reached = alloc_fault_calls() >= n;
    alloc_fault_start(0);
    if (made == 0 && !(r.rc < 0 && r.err.code == ERROR_NOMEM) && !is_same(&r, &engine_test.run))
        fail_msg(SLICE_FMT ": another answer when allocation %lu fails:\n" SLICE_FMT "\n" SLICE_FMT,
                 SLICE_ARG(c->path), n, SLICE_ARG(buf_slice(&r.answer)),
                 SLICE_ARG(buf_slice(&engine_test.run.answer)));
    if (made == 0) {
        review_run(&r, opt, c->body);
        if (!is_same(&r, &engine_test.run))
            fail_msg(SLICE_FMT ": the engine has not recovered from allocation %lu",
                     SLICE_ARG(c->path), n);
    }
    review_run_done(&r);
    return reached;
}

static void each_allocation_may_fail(void **state)
{
    unsigned long failed = 0;
    (void)state;
    engine_each_case(c)
    {
        unsigned long n = 1;
        while (n < ALLOCATIONS_MAX && fail_once(c, &c->options.inject, n))
            n++;
        assert_true(n > 1 && n < ALLOCATIONS_MAX);
        failed += n - 1;
    }
    print_message("# %lu allocations failed in turn\n", failed);
    assert_true(failed > engine_test.cases.count * 3);
}

static void each_allocation_of_the_check_may_fail(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        struct inject_options options = c->options.inject;
        unsigned long n = 1;
        options.verify_patch = true;
        while (n < ALLOCATIONS_MAX && fail_once(c, &options, n))
            n++;
        assert_true(n > 1 && n < ALLOCATIONS_MAX);
    }
}

/* One more annotation that means nothing, so one more warning; body is the case's and the result. */
static void add_unknown(struct buf *body, unsigned number)
{
    char name[64];
    (void)snprintf(name, sizeof(name), "vault.hashicorp.com/means-nothing-%03u", number);
    assert_true(rewrite_open(&engine_test.rewrite, buf_slice(body)));
    struct slice more = rewrite_annotated(&engine_test.rewrite, slice_of(name), SLICE("\"\""));
    buf_clear(body);
    buf_put_slice(body, more);
}

/*
 * An arena takes memory rarely, so where it is missing is a matter of chance; reviews of growing size
 * move that place over all that the engine does, the warnings among them.
 */
static void missing_memory_is_noticed_everywhere(void **state)
{
    struct test_case c = engine_test.cases.at[0];
    struct buf body;
    (void)state;
    buf_init(&body, CASE_BODY_MAX);
    buf_put_slice(&body, c.body);
    for (unsigned i = 0; i < GROWN_MAX; i++) {
        unsigned long n = 1;
        add_unknown(&body, i);
        if (i < GROWN_MIN)
            continue;
        c.body = buf_slice(&body);
        review_run(&engine_test.run, &c.options.inject, c.body);
        while (n < ALLOCATIONS_MAX && fail_once(&c, &c.options.inject, n))
            n++;
    }
    assert_int_equal(engine_test.run.decision.warning_count, INJECT_WARNINGS_MAX);
    buf_done(&body);
}

/* From the third time on: an arena keeps one block, and needs two turns to have a large enough one. */
static void a_warm_engine_allocates_nothing(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        review_run(&engine_test.run, &c->options.inject, c->body);
        alloc_fault_start(0);
        review_run(&engine_test.run, &c->options.inject, c->body);
        if (alloc_fault_calls() > 0)
            fail_msg(SLICE_FMT ": %lu allocations", SLICE_ARG(c->path), alloc_fault_calls());
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_allocation_may_fail),
        cmocka_unit_test(each_allocation_of_the_check_may_fail),
        cmocka_unit_test(missing_memory_is_noticed_everywhere),
        cmocka_unit_test(a_warm_engine_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, engine_test_set_up, engine_test_tear_down);
}
