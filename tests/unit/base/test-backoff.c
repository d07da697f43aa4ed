#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/backoff.h"

#define MIDDLE (UINT32_C(1) << 31) /* the random number that changes nothing */

static void test_doubles_up_to_the_longest(void **state)
{
    static const int64_t wanted[] = { 100, 200, 400, 800, 1000, 1000, 1000 };
    struct backoff b = { 0 };
    (void)state;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
            assert_int_equal(backoff_next(&b, 100, 1000, MIDDLE), wanted[i]);
        backoff_reset(&b);
    }
}

/* Give or take a quarter; what is remembered is without it. */
static void test_jitter(void **state)
{
    (void)state;
    for (int64_t wait = 1; wait < INT64_C(1) << 50; wait = wait * 3 + 1) {
        struct backoff low = { 0 }, high = { 0 };
        int64_t least = backoff_next(&low, wait, wait, 0);
        int64_t most = backoff_next(&high, wait, wait, UINT32_MAX);
        assert_true(least > 0);
        assert_true(least >= wait - wait / 4 - 1 && least <= wait);
        assert_true(most <= wait + wait / 4 + 1 && most >= least);
        assert_int_equal(low.last, wait);
        assert_int_equal(high.last, wait);
    }
}

static void test_odd_limits(void **state)
{
    struct backoff b = { 0 };
    (void)state;
    assert_int_equal(backoff_next(&b, 5000, 1000, MIDDLE), 1000); /* first above the longest */
    b.last = INT64_MAX;
    assert_int_equal(backoff_next(&b, 100, 1000, MIDDLE), 1000); /* and what was, too */
    backoff_reset(&b);
    for (int i = 0; i < 200; i++)
        assert_true(backoff_next(&b, 1, INT64_MAX / 4, UINT32_MAX) > 0);
    assert_int_equal(b.last, INT64_MAX / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_up_to_the_longest),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_odd_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
