/* When the publisher reads and writes, on a clock that the test moves. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cert/pace.h"

#define SECOND ((int64_t)1000000)
#define NOW (1000 * SECOND)
#define MIDDLE (1u << 31) /* no jitter of back-offs */

static void test_looks(void **state)
{
    struct pace p = { 0 };
    (void)state;
    assert_true(pace_may_look(&p, NOW) && pace_is_due(&p, NOW));
    assert_int_equal(pace_next(&p, NOW), INT64_MAX);
    pace_looked(&p, NOW, 0);
    assert_false(pace_may_look(&p, NOW + PACE_LOOK_LEAST_US - 1));
    assert_int_equal(pace_next(&p, NOW), NOW + PACE_LOOK_LEAST_US);
    assert_true(pace_may_look(&p, NOW + PACE_LOOK_LEAST_US));
    assert_false(pace_is_due(&p, NOW + PACE_LOOK_SPAN_US - 1));
    assert_true(pace_is_due(&p, NOW + PACE_LOOK_SPAN_US));
    pace_looked(&p, NOW, UINT32_MAX); /* earlier by a tenth at most */
    assert_false(pace_is_due(&p, NOW + PACE_LOOK_SPAN_US * 9 / 10));
}

static void test_writes_keep_their_distance(void **state)
{
    struct pace p = { 0 };
    (void)state;
    assert_true(pace_may_write(&p, NOW));
    pace_wrote(&p, NOW);
    pace_looked(&p, NOW, 0);
    assert_false(pace_may_write(&p, NOW + PACE_WRITE_LEAST_US - 1));
    assert_int_equal(pace_next(&p, NOW), NOW + PACE_WRITE_LEAST_US); /* a look follows then, */
    assert_true(pace_is_due(&p, NOW));                               /* without another reason */
    assert_true(pace_may_write(&p, NOW + PACE_WRITE_LEAST_US));
}

static void test_a_fight(void **state)
{
    struct pace p = { 0 };
    (void)state;
    for (unsigned i = 0; i <= CONTEST_OVERWRITES_MAX; i++)
        (void)contest_note(&p.contest, NOW);
    pace_looked(&p, NOW, 0);
    assert_int_equal(pace_next(&p, NOW), NOW + PACE_WRITE_LEAST_US);
    assert_true(pace_is_due(&p, NOW + PACE_CONTEST_LEAST_US)); /* so that its end is seen */
    pace_wrote(&p, NOW);
    assert_false(pace_may_write(&p, NOW + PACE_CONTEST_LEAST_US - 1));
    assert_true(pace_may_write(&p, NOW + PACE_CONTEST_LEAST_US));
}

static void test_failures(void **state)
{
    struct pace p = { 0 };
    int64_t last = 0;
    (void)state;
    pace_looked(&p, NOW, 0);
    assert_int_equal(pace_failed(&p, NOW, 0, MIDDLE), PACE_FAILURE_FIRST_US);
    assert_true(pace_is_due(&p, NOW));
    assert_false(pace_may_look(&p, NOW + PACE_FAILURE_FIRST_US - 1));
    for (int i = 0; i < 20; i++)
        last = pace_failed(&p, NOW, 0, MIDDLE);
    assert_int_equal(last, PACE_FAILURE_LONGEST_US);
    assert_int_equal(pace_failed(&p, NOW, 50 * SECOND, MIDDLE), 50 * SECOND);
    assert_int_equal(pace_failed(&p, NOW, 5000 * SECOND, MIDDLE), PACE_RETRY_AFTER_MAX_US);
    pace_hurry(&p);
    assert_true(pace_may_look(&p, NOW + PACE_LOOK_LEAST_US));
    assert_int_equal(pace_failed(&p, NOW, 0, MIDDLE), PACE_FAILURE_FIRST_US); /* begins anew */
    pace_succeeded(&p);
    assert_true(pace_may_look(&p, NOW + PACE_LOOK_LEAST_US));
}

static void test_conflicts(void **state)
{
    struct pace p = { 0 };
    (void)state;
    pace_looked(&p, NOW, 0);
    assert_false(pace_conflicted(&p, NOW, MIDDLE));
    assert_true(pace_may_look(&p, NOW) && pace_is_due(&p, NOW)); /* at once */
    for (unsigned i = 0; i < CONFLICTS_QUICK; i++)
        assert_false(pace_conflicted(&p, NOW, MIDDLE));
    assert_int_equal(pace_next(&p, NOW), NOW + CONFLICTS_FIRST_US);
    assert_true(pace_conflicted(&p, NOW + CONFLICTS_TOLD_AFTER_US, MIDDLE));
    pace_succeeded(&p);
    assert_false(pace_conflicted(&p, NOW + 2 * CONFLICTS_TOLD_AFTER_US, MIDDLE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_looks),     cmocka_unit_test(test_writes_keep_their_distance),
        cmocka_unit_test(test_a_fight),   cmocka_unit_test(test_failures),
        cmocka_unit_test(test_conflicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
