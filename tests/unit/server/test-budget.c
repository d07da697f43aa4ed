#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/budget.h"

#define THREADS 4
#define TURNS 20000
#define LARGE (BUDGET_SMALL_MAX + 1)
#define LARGEST ((size_t)1 << 20)
#define MAX (8 * LARGEST)

static size_t used(struct budget *b)
{
    return atomic_load(&b->used);
}

static void test_large_ones_have_half(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, MAX, LARGEST);
    assert_true(budget_take(&b, MAX / 2, MAX / 2));
    assert_false(budget_take(&b, 1, LARGE));
    assert_true(budget_take(&b, 1, BUDGET_SMALL_MAX)); /* which then is above the half */
    assert_false(budget_take(&b, 1, LARGE));
    assert_true(budget_take(&b, MAX / 2 - 1, 1));
    assert_int_equal(used(&b), MAX);
    assert_false(budget_take(&b, 1, 1));
    budget_give(&b, MAX);
    assert_int_equal(used(&b), 0);
    assert_false(budget_take(&b, MAX / 2 + 1, MAX / 2 + 1));
    assert_true(budget_take(&b, 0, 0));
    assert_int_equal(used(&b), 0);
}

static void test_short_from_a_quarter_on(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, MAX, LARGEST);
    assert_true(budget_take(&b, MAX / 4, LARGE));
    assert_false(budget_is_short(&b));
    assert_true(budget_take(&b, 1, 1));
    assert_true(budget_is_short(&b));
}

/* The largest body always has a chance, whatever the option says. */
static void test_two_of_the_largest_fit(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 1, LARGEST);
    assert_true(budget_take(&b, LARGEST, LARGEST));
    assert_false(budget_take(&b, 1, LARGE));
    assert_true(budget_take(&b, LARGEST, 1));
    assert_false(budget_take(&b, 1, 1));
}

static void test_no_limit(void **state)
{
    (void)state;
    struct budget b;
    budget_init(&b, 0, LARGEST);
    assert_true(budget_take(&b, SIZE_MAX / 2, SIZE_MAX / 2));
    assert_false(budget_is_short(&b));
    budget_give(&b, SIZE_MAX / 2);
    assert_int_equal(used(&b), 0);
}

static void *take_and_give(void *arg)
{
    struct budget *b = arg;
    size_t refused = 0;
    for (unsigned i = 0; i < TURNS; i++) {
        size_t n = LARGEST * (1 + i % 3) / 2;
        if (budget_take(b, n, n))
            budget_give(b, n);
        else
            refused++;
        assert(used(b) <= 2 * LARGEST);
    }
    return (void *)refused;
}

static void test_threads(void **state)
{
    (void)state;
    struct budget b;
    pthread_t threads[THREADS];
    budget_init(&b, 2 * LARGEST, LARGEST);
    for (unsigned i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, take_and_give, &b), 0);
    for (unsigned i = 0; i < THREADS; i++) {
        void *refused;
        assert_int_equal(pthread_join(threads[i], &refused), 0);
        assert_true((uintptr_t)refused >= TURNS / 3); /* one and a half of the largest never fits */
    }
    assert_int_equal(used(&b), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_large_ones_have_half),
        cmocka_unit_test(test_short_from_a_quarter_on),
        cmocka_unit_test(test_two_of_the_largest_fit),
        cmocka_unit_test(test_no_limit),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
