#include "support/engine-test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

struct engine_test engine_test;

int engine_test_set_up(void **state)
{
    static const char *const roots[] = { "tests/cases", "tests/conformance/cases" };
    struct error err = ERROR_INIT;
    (void)state;
    rewrite_init(&engine_test.rewrite);
    if (review_run_init(&engine_test.run) < 0 || review_run_init(&engine_test.other) < 0)
        return -1;
    if (case_list_read(&engine_test.cases, roots, sizeof(roots) / sizeof(roots[0]), &err) < 0) {
        print_error("%s\n", err.msg);
        return -1;
    }
    return engine_test.cases.count >= ENGINE_CASES_MIN ? 0 : -1;
}

int engine_test_tear_down(void **state)
{
    (void)state;
    case_list_done(&engine_test.cases);
    review_run_done(&engine_test.run);
    review_run_done(&engine_test.other);
    rewrite_done(&engine_test.rewrite);
    return 0;
}

void assert_same_answer(const struct test_case *c, const char *what)
{
    const struct review_run *a = &engine_test.run, *b = &engine_test.other;
    bool same = a->rc == b->rc && a->err.code == b->err.code &&
                slice_equal(buf_slice(&a->answer), buf_slice(&b->answer));
    if (!same)
        fail_msg(SLICE_FMT ": %s: another answer\n" SLICE_FMT "\n" SLICE_FMT, SLICE_ARG(c->path),
                 what, SLICE_ARG(buf_slice(&a->answer)), SLICE_ARG(buf_slice(&b->answer)));
}
