/* Unified differences: exact output, and random texts whose difference must apply and be shortest. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/num.h"
#include "cli/diff.h"

#define TEXT_MAX ((size_t)8 << 20)
#define ROUNDS 400
#define RANDOM_LINES_MAX 24

static void make(struct slice before, struct slice after, bool colors, struct buf *out)
{
    struct error err = ERROR_INIT;
    struct diff_options options = { SLICE("x.yaml"), colors };
    buf_clear(out);
    if (diff_put(out, before, after, &options, &err) < 0)
        fail_msg("%s", err.msg);
}

static void expect(const char *before, const char *after, const char *diff)
{
    struct buf out;
    buf_init(&out, TEXT_MAX);
    make(slice_of(before), slice_of(after), false, &out);
    if (!slice_equal(buf_slice(&out), slice_of(diff)))
        fail_msg("got:\n" SLICE_FMT "expected:\n%s", SLICE_ARG(buf_slice(&out)), diff);
    buf_done(&out);
}

#define HEAD "--- x.yaml (before)\n+++ x.yaml (after)\n"

static void test_forms(void **state)
{
    (void)state;
    expect("a\nb\n", "a\nb\n", "");
    expect("", "", "");
    expect("a\n", "a\nb\n", HEAD "@@ -1,1 +1,2 @@\n a\n+b\n");
    expect("a\nb\n", "b\n", HEAD "@@ -1,2 +1,1 @@\n-a\n b\n");
    expect("", "a\n", HEAD "@@ -0,0 +1,1 @@\n+a\n");
    expect("a\n", "", HEAD "@@ -1,1 +0,0 @@\n-a\n");
    expect("a\nb\nc\n", "a\nx\nc\n", HEAD "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
}

static void test_context(void **state)
{
    (void)state;
    expect("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n5\n6\n7\n8\n9\n",
           HEAD "@@ -2,6 +2,7 @@\n 2\n 3\n 4\n+x\n 5\n 6\n 7\n");
    /* six lines between two changes: one hunk; seven: two */
    expect("a\n1\n2\n3\n4\n5\n6\nb\n", "1\n2\n3\n4\n5\n6\n",
           HEAD "@@ -1,8 +1,6 @@\n-a\n 1\n 2\n 3\n 4\n 5\n 6\n-b\n");
    expect("a\n1\n2\n3\n4\n5\n6\n7\nb\n", "1\n2\n3\n4\n5\n6\n7\n",
           HEAD "@@ -1,4 +1,3 @@\n-a\n 1\n 2\n 3\n@@ -6,4 +5,3 @@\n 5\n 6\n 7\n-b\n");
}

static void test_colors(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, TEXT_MAX);
    make(SLICE("a\nb\n"), SLICE("a\nc\n"), true, &out);
    assert_true(slice_contains(buf_slice(&out), SLICE("\x1b[31m-b\x1b[0m\n\x1b[32m+c\x1b[0m\n")));
    assert_true(slice_contains(buf_slice(&out), SLICE("\n a\n")));
    buf_done(&out);
}

/* Appends the next `count` lines of *rest to out. */
static void copy_lines(struct buf *out, struct slice *rest, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        buf_put_slice(out, slice_cut(rest, '\n'));
        buf_put_char(out, '\n');
    }
}

/* The first number of "@@ -3,2 +4,5 @@". */
static int64_t first_line(struct slice header)
{
    struct slice rest = slice_after(header, strlen("@@ -"));
    int64_t line = 0;
    assert_int_equal(num_int64(slice_cut(&rest, ','), &line), NUM_OK);
    return line;
}

/* Applies a difference as patch(1) would; returns the number of changed lines. */
static unsigned apply(struct slice before, struct slice diff, struct buf *out)
{
    unsigned changes = 0;
    int64_t done = 0;
    (void)slice_cut(&diff, '\n');
    (void)slice_cut(&diff, '\n');
    while (slice_is_present(diff) && diff.len > 0) {
        struct slice line = slice_cut(&diff, '\n');
        struct slice text = slice_after(line, 1);
        if (*line.ptr == '@') {
            int64_t at = first_line(line);
            bool is_pure_addition = slice_contains(line, SLICE(",0 +"));
            copy_lines(out, &before, at - (is_pure_addition ? 0 : 1) - done);
            done = at - (is_pure_addition ? 0 : 1);
            continue;
        }
        changes += *line.ptr != ' ' ? 1 : 0;
        if (*line.ptr != '+') {
            assert_true(slice_equal(slice_cut(&before, '\n'), text));
            done++;
        }
        if (*line.ptr != '-') {
            buf_put_slice(out, text);
            buf_put_char(out, '\n');
        }
    }
    buf_put_slice(out, before);
    return changes;
}

/* Lines that must change, by the textbook's table of longest common subsequences. */
static unsigned least_changes(struct slice a, struct slice b)
{
    unsigned common[RANDOM_LINES_MAX + 1][RANDOM_LINES_MAX + 1] = { { 0 } };
    size_t n = a.len / 2;
    size_t m = b.len / 2;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            unsigned best =
                common[i - 1][j] > common[i][j - 1] ? common[i - 1][j] : common[i][j - 1];
            bool same = a.ptr[2 * (i - 1)] == b.ptr[2 * (j - 1)];
            common[i][j] = same ? common[i - 1][j - 1] + 1 : best;
        }
    }
    return (unsigned)(n + m) - 2 * common[n][m];
}

static void put_random(struct buf *out, unsigned *seed)
{
    int lines = rand_r(seed) % (RANDOM_LINES_MAX + 1);
    buf_clear(out);
    for (int i = 0; i < lines; i++) {
        buf_put_char(out, (char)('a' + rand_r(seed) % 4));
        buf_put_char(out, '\n');
    }
}

static void test_random(void **state)
{
    (void)state;
    unsigned seed = 20240601;
    struct buf a, b, diff, again;
    buf_init(&a, TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    buf_init(&diff, TEXT_MAX);
    buf_init(&again, TEXT_MAX);
    for (int i = 0; i < ROUNDS; i++) {
        put_random(&a, &seed);
        put_random(&b, &seed);
        make(buf_slice(&a), buf_slice(&b), false, &diff);
        buf_clear(&again);
        unsigned changes = apply(buf_slice(&a), buf_slice(&diff), &again);
        if (!slice_equal(buf_slice(&again), buf_slice(&b)))
            fail_msg("round %d does not apply:\n" SLICE_FMT, i, SLICE_ARG(buf_slice(&diff)));
        assert_int_equal(changes, least_changes(buf_slice(&a), buf_slice(&b)));
    }
    buf_done(&again);
    buf_done(&diff);
    buf_done(&b);
    buf_done(&a);
}

static void test_too_different(void **state)
{
    (void)state;
    struct buf a, b, diff, again;
    buf_init(&a, TEXT_MAX);
    buf_init(&b, TEXT_MAX);
    buf_init(&diff, TEXT_MAX);
    buf_init(&again, TEXT_MAX);
    for (unsigned i = 0; i < DIFF_EDITS_MAX; i++) {
        buf_printf(&a, "a%u\n", i);
        buf_printf(&b, "b%u\n", i);
    }
    make(buf_slice(&a), buf_slice(&b), false, &diff);
    assert_int_equal(apply(buf_slice(&a), buf_slice(&diff), &again), 2 * DIFF_EDITS_MAX);
    assert_true(slice_equal(buf_slice(&again), buf_slice(&b)));
    buf_done(&again);
    buf_done(&diff);
    buf_done(&b);
    buf_done(&a);
}

static void test_output_limit(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct diff_options options = { SLICE("x"), false };
    struct buf out;
    buf_init(&out, 16);
    assert_int_equal(diff_put(&out, SLICE("a\n"), SLICE("b\n"), &options, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&out);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_forms),         cmocka_unit_test(test_context),
        cmocka_unit_test(test_colors),        cmocka_unit_test(test_random),
        cmocka_unit_test(test_too_different), cmocka_unit_test(test_output_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
