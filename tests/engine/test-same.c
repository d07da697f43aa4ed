/*
 * What must not change the answer: the order of annotations, repetition, a fresh or a used engine, the
 * check of the patch, the spelling of the prefix.  test-same [RUNS], 10 runs of each case by default.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"
#include "support/engine-test.h"

#define PERMUTATIONS 8
#define RUNS_DEFAULT 10

static uint64_t runs = RUNS_DEFAULT;

static void order_of_annotations_is_nothing(void **state)
{
    unsigned moved = 0;
    (void)state;
    engine_each_case(c)
    {
        if (!rewrite_open(&engine_test.rewrite, c->body) ||
            json_count(&engine_test.rewrite.ix, engine_test.rewrite.annotations) < 2)
            continue;
        for (uint32_t seed = 1; seed <= PERMUTATIONS; seed++) {
            struct slice body = rewrite_permuted(&engine_test.rewrite, seed);
            moved += !slice_equal(body, c->body);
            review_run(&engine_test.other, &c->options.inject, body);
            assert_same_answer(c, "annotations in another order");
        }
    }
    assert_true(moved > 400 * PERMUTATIONS / 2);
}

static void a_used_engine_says_the_same(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        for (uint64_t i = 0; i < runs; i++) {
            review_run(&engine_test.other, &c->options.inject, c->body);
            assert_same_answer(c, "run again");
        }
    }
}

static void a_fresh_engine_says_the_same(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        review_run_done(&engine_test.other);
        assert_int_equal(review_run_init(&engine_test.other), 0);
        review_run(&engine_test.other, &c->options.inject, c->body);
        assert_same_answer(c, "fresh engine");
    }
}

/* What another case left in the engine's memory is not seen. */
static void other_cases_leave_no_trace(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        for (struct test_case *d = c + 1; d < c_end && d < c + 4; d++) {
            if (!d->is_refused)
                review_run(&engine_test.other, &d->options.inject, d->body);
        }
        review_run(&engine_test.other, &c->options.inject, c->body);
        assert_same_answer(c, "after other cases");
    }
}

/* The review with one letter of the pod's role changed, in a buffer of its own; false without a role. */
static bool with_other_role(struct slice body, struct buf *ret)
{
    static const char role[] = "vault.hashicorp.com/role";
    const char *name = memmem(body.ptr, body.len, role, sizeof(role) - 1);
    if (!name)
        return false;
    buf_clear(ret);
    buf_put_slice(ret, body);
    assert_non_null(buf_cstr(ret)); /* ended, for what follows */
    char *letter = ret->data + (name - body.ptr) + sizeof(role);
    letter += strspn(letter, "\": ");
    *letter ^= 'a' ^ 'A';
    return *letter >= 'A';
}

/* As long as the case's own answers and nearly the same: what is kept of it must not be taken for them. */
static void a_letter_more_or_less_leaves_no_trace(void **state)
{
    unsigned changed = 0;
    struct buf other;
    buf_init(&other, BUF_MAX);
    (void)state;
    engine_each_case(c)
    {
        if (!with_other_role(c->body, &other))
            continue;
        review_run(&engine_test.other, &c->options.inject, buf_slice(&other));
        struct inject_decision *d = &engine_test.other.decision;
        changed += d->outcome == INJECT_MUTATED &&
                   d->patch.len == engine_test.run.decision.patch.len &&
                   !slice_equal(d->patch, engine_test.run.decision.patch);
        review_run(&engine_test.other, &c->options.inject, c->body);
        assert_same_answer(c, "after a pod with another role");
    }
    buf_done(&other);
    assert_true(changed > 200);
}

static void checking_the_patch_changes_nothing(void **state)
{
    (void)state;
    engine_each_case(c)
    {
        struct inject_options options = c->options.inject;
        options.verify_patch = true;
        review_run(&engine_test.other, &options, c->body);
        assert_same_answer(c, "verify_patch");
    }
}

static bool names_a_prefix(const struct rewrite *r, struct slice prefix)
{
    json_each_member (&r->ix, r->annotations, name) {
        if (slice_has_prefix(json_escaped(&r->ix, name), prefix))
            return true;
    }
    return false;
}

static void assert_same_decision(const struct test_case *c)
{
    const struct inject_decision *a = &engine_test.run.decision, *b = &engine_test.other.decision;
    if (engine_test.run.rc != engine_test.other.rc || a->outcome != b->outcome ||
        a->reason != b->reason || !slice_equal(a->patch, b->patch) ||
        a->warning_count != b->warning_count)
        fail_msg(SLICE_FMT ": openbao.org/ is not the same", SLICE_ARG(c->path));
}

static void both_prefixes_give_the_same_pod(void **state)
{
    const struct slice vault = SLICE("vault.hashicorp.com/"), bao = SLICE("openbao.org/");
    unsigned renamed = 0;
    (void)state;
    engine_each_case(c)
    {
        struct rewrite *r = &engine_test.rewrite;
        if (engine_test.run.rc < 0 || !c->options.inject.prefixes[PREFIX_OPENBAO] ||
            !rewrite_open(r, c->body) || !names_a_prefix(r, vault) || names_a_prefix(r, bao))
            continue;
        renamed++;
        review_run(&engine_test.other, &c->options.inject, rewrite_prefixed(r, vault, bao));
        assert_same_decision(c);
    }
    assert_true(renamed > 400);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_of_annotations_is_nothing),
        cmocka_unit_test(a_used_engine_says_the_same),
        cmocka_unit_test(a_fresh_engine_says_the_same),
        cmocka_unit_test(other_cases_leave_no_trace),
        cmocka_unit_test(a_letter_more_or_less_leaves_no_trace),
        cmocka_unit_test(checking_the_patch_changes_nothing),
        cmocka_unit_test(both_prefixes_give_the_same_pod),
    };
    if (argc > 1 && num_uint64(slice_of(argv[1]), &runs) != NUM_OK)
        return EXIT_FAILURE;
    return cmocka_run_group_tests(tests, engine_test_set_up, engine_test_tear_down);
}
