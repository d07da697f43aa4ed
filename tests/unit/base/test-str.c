#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void test_of_and_absent(void **state)
{
    (void)state;
    assert_false(slice_is_present(SLICE_ABSENT));
    assert_false(slice_is_present(slice_of(NULL)));
    assert_true(slice_is_present(slice_of("")));
    assert_int_equal(slice_of("abc").len, 3);
    assert_int_equal(SLICE("a\0b").len, 3);
}

static void test_equal_and_compare(void **state)
{
    static const struct {
        struct slice a;
        struct slice b;
        int order;
    } cases[] = {
        { SLICE_INIT(""), SLICE_INIT(""), 0 },
        { { NULL, 0 }, SLICE_INIT(""), 0 },
        { { NULL, 0 }, { NULL, 0 }, 0 },
        { { NULL, 0 }, SLICE_INIT("a"), -1 },
        { SLICE_INIT("a"), SLICE_INIT("a"), 0 },
        { SLICE_INIT("a"), SLICE_INIT("b"), -1 },
        { SLICE_INIT("a"), SLICE_INIT("ab"), -1 },
        { SLICE_INIT("B"), SLICE_INIT("a"), -1 },
        { SLICE_INIT("a\0b"), SLICE_INIT("a\0c"), -1 },
        { SLICE_INIT("z"), SLICE_INIT("\xc3\xbc"), -1 }, /* bytes are unsigned */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        int there = slice_compare(cases[i].a, cases[i].b);
        int back = slice_compare(cases[i].b, cases[i].a);
        assert_int_equal((there > 0) - (there < 0), cases[i].order);
        assert_int_equal((back > 0) - (back < 0), -cases[i].order);
        assert_int_equal(slice_equal(cases[i].a, cases[i].b), cases[i].order == 0);
    }
}

static void test_prefix_and_after(void **state)
{
    (void)state;
    assert_true(slice_has_prefix(SLICE("agent-x"), SLICE("agent-")));
    assert_true(slice_has_prefix(SLICE("agent-"), SLICE("agent-")));
    assert_true(slice_has_prefix(SLICE("x"), SLICE("")));
    assert_true(slice_has_prefix(SLICE_ABSENT, SLICE_ABSENT));
    assert_false(slice_has_prefix(SLICE("agent"), SLICE("agent-")));
    assert_false(slice_has_prefix(SLICE_ABSENT, SLICE("a")));
    assert_false(slice_has_prefix(SLICE("Agent-x"), SLICE("agent-")));
    assert_true(slice_equal(slice_after(SLICE("abc"), 2), SLICE("c")));
    assert_true(slice_is_present(slice_after(SLICE("abc"), 3)));
    assert_false(slice_is_present(slice_after(SLICE_ABSENT, 0)));
}

static void test_contains(void **state)
{
    static const struct {
        const char *s;
        const char *needle;
        bool exact;
        bool nocase;
    } cases[] = {
        { "/var/run/serviceaccount", "serviceaccount", true, true },
        { "serviceaccount", "serviceaccount", true, true },
        { "ServiceAccount", "serviceaccount", false, true },
        { "xxSERVICEACCOUNT", "serviceaccount", false, true },
        { "serviceaccoun", "serviceaccount", false, false },
        { "aab", "ab", true, true },
        { "", "a", false, false },
        { "a[", "a{", false, false }, /* differ by the bit that letters' case differs by */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice s = slice_of(cases[i].s);
        assert_int_equal(slice_contains(s, slice_of(cases[i].needle)), cases[i].exact);
        assert_int_equal(slice_contains_nocase(s, slice_of(cases[i].needle)), cases[i].nocase);
    }
    assert_false(slice_contains(SLICE_ABSENT, SLICE("a")));
    assert_false(slice_contains_nocase(SLICE_ABSENT, SLICE("a")));
    assert_true(slice_contains(SLICE("a\0b"), SLICE("\0b")));
}

static void test_equal_nocase(void **state)
{
    (void)state;
    assert_true(slice_equal_nocase(SLICE("aBz"), SLICE("AbZ")));
    assert_true(slice_equal_nocase(SLICE(""), SLICE_ABSENT));
    assert_false(slice_equal_nocase(SLICE("ab"), SLICE("abc")));
    assert_false(slice_equal_nocase(SLICE("@["), SLICE("`{")));
    assert_false(slice_equal_nocase(SLICE("\xc3\x9c"), SLICE("\xc3\xbc"))); /* ASCII only */
}

static void test_trim(void **state)
{
    static const struct {
        struct slice in;
        const char *expected;
    } cases[] = {
        { SLICE_INIT(""), "" },
        { SLICE_INIT(" "), "" },
        { SLICE_INIT(" \t\n\v\f\r"), "" },
        { SLICE_INIT(" a b "), "a b" },
        { SLICE_INIT("a"), "a" },
        { SLICE_INIT("\xc2\x85\xc2\xa0"
                     "a\xc2\xa0\xc2\x85"),
          "a" },
        { SLICE_INIT("\xe1\x9a\x80\xe2\x80\x80\xe2\x80\x8a"
                     "a\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf"),
          "a" },
        { SLICE_INIT("\xe2\x81\x9f"
                     "a\xe3\x80\x80"),
          "a" },
        /* no white space: zero width, byte-order mark, a continuation byte, a cut character */
        { SLICE_INIT("\xe2\x80\x8b"
                     "a"),
          "\xe2\x80\x8b"
          "a" },
        { SLICE_INIT("\xef\xbb\xbf"), "\xef\xbb\xbf" },
        { SLICE_INIT("\xc3\xa0"), "\xc3\xa0" },
        { SLICE_INIT("a\x85"), "a\x85" },
        { SLICE_INIT("\xe2\x80"), "\xe2\x80" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_true(slice_equal(slice_trim(cases[i].in), slice_of(cases[i].expected)));
    assert_false(slice_is_present(slice_trim(SLICE_ABSENT)));
    assert_true(slice_is_present(slice_trim(SLICE(" "))));
}

static void test_cut(void **state)
{
    static const struct {
        const char *in;
        size_t count;
        const char *parts[4];
    } cases[] = {
        { "a,b,c", 3, { "a", "b", "c" } },
        { "a", 1, { "a" } },
        { "", 1, { "" } },
        { ",", 2, { "", "" } },
        { "a,", 2, { "a", "" } },
        { "a, b,,c", 4, { "a", " b", "", "c" } },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice rest = slice_of(cases[i].in);
        size_t n = 0;
        for (; slice_is_present(rest); n++) {
            assert_true(n < cases[i].count);
            assert_true(slice_equal(slice_cut(&rest, ','), slice_of(cases[i].parts[n])));
        }
        assert_int_equal(n, cases[i].count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_of_and_absent),
        cmocka_unit_test(test_equal_and_compare),
        cmocka_unit_test(test_prefix_and_after),
        cmocka_unit_test(test_contains),
        cmocka_unit_test(test_equal_nocase),
        cmocka_unit_test(test_trim),
        cmocka_unit_test(test_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
