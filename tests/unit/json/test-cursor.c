#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "json/cursor.h"
#include "json/equal.h"
#include "json/name-mark.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct fixture {
    struct json_index ix;
    struct json_index other;
    struct arena arena;
};

static int setup(void **state)
{
    static struct fixture f;
    json_index_init(&f.ix);
    json_index_init(&f.other);
    arena_init(&f.arena, (size_t)64 << 20);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->ix);
    json_index_done(&f->other);
    arena_done(&f->arena);
    return 0;
}

static void scan(struct json_index *ix, const char *text)
{
    struct error err = ERROR_INIT;
    if (json_scan(ix, slice_of(text), &err) < 0)
        fail_msg("%s: %s", text, err.msg);
}

static void assert_slice(struct slice s, const char *expected)
{
    assert_int_equal(s.len, strlen(expected));
    assert_memory_equal(s.ptr, expected, s.len);
}

static void test_lookup(void **state)
{
    struct fixture *f = *state;
    scan(&f->ix,
         "{\"a\":1,\"b\":{\"c\":[10, 20 ,[],{\"d\":null}]},\"e\\u0041\":\"x\\n\",\"a\":2,\"\":3}");
    json_ref b = json_member(&f->ix, JSON_ROOT, SLICE("b"));
    json_ref c = json_member(&f->ix, b, SLICE("c"));
    assert_slice(json_raw(&f->ix, JSON_ROOT), f->ix.text);
    assert_slice(json_raw(&f->ix, json_member(&f->ix, JSON_ROOT, SLICE("a"))), "1");
    assert_slice(json_raw(&f->ix, c), "[10, 20 ,[],{\"d\":null}]");
    assert_slice(json_raw(&f->ix, json_element(&f->ix, c, 1)), "20");
    assert_slice(json_raw(&f->ix, json_element(&f->ix, c, 3)), "{\"d\":null}");
    json_ref ea = json_member(&f->ix, JSON_ROOT, SLICE("eA"));
    assert_slice(json_raw(&f->ix, ea), "\"x\\n\"");
    assert_slice(json_escaped(&f->ix, ea), "x\\n");
    assert_slice(json_raw(&f->ix, json_member(&f->ix, JSON_ROOT, SLICE(""))), "3");
    assert_int_equal(json_count(&f->ix, JSON_ROOT), 5);
    assert_int_equal(json_count(&f->ix, c), 4);
    assert_int_equal(json_element(&f->ix, c, 4), JSON_ABSENT);
    assert_int_equal(json_element(&f->ix, b, 0), JSON_ABSENT);
    assert_int_equal(json_member(&f->ix, c, SLICE("c")), JSON_ABSENT);
    assert_int_equal(json_member(&f->ix, JSON_ROOT, SLICE("c")), JSON_ABSENT);
    assert_int_equal(json_member(&f->ix, JSON_ROOT, SLICE("e\\u0041")), JSON_ABSENT);
}

static void test_absent(void **state)
{
    struct fixture *f = *state;
    scan(&f->ix, "{\"a\":null}");
    json_ref a = json_member(&f->ix, JSON_ROOT, SLICE("a"));
    assert_int_equal(json_member(&f->ix, JSON_ABSENT, SLICE("a")), JSON_ABSENT);
    assert_int_equal(json_member(&f->ix, a, SLICE("a")), JSON_ABSENT);
    assert_int_equal(json_element(&f->ix, JSON_ABSENT, 0), JSON_ABSENT);
    assert_int_equal(json_count(&f->ix, JSON_ABSENT), 0);
    assert_int_equal(json_count(&f->ix, a), 0);
    assert_false(slice_is_present(json_raw(&f->ix, JSON_ABSENT)));
    assert_false(json_string_is(&f->ix, JSON_ABSENT, SLICE("")));
    assert_true(json_is_nothing(&f->ix, JSON_ABSENT));
    assert_true(json_is_nothing(&f->ix, a));
    assert_false(json_is_nothing(&f->ix, JSON_ROOT));
    json_each_element (&f->ix, JSON_ABSENT, it)
        fail();
    json_each_member (&f->ix, JSON_ABSENT, name)
        fail();
}

static void test_kind_names(void **state)
{
    struct fixture *f = *state;
    static const char *const names[] = { "an array", "null",     "a boolean", "a boolean",
                                         "a number", "a string", "an object" };
    scan(&f->ix, "[null,true,false,1,\"\",{}]");
    for (uint32_t i = 0; i < COUNT(names); i++)
        assert_string_equal(json_kind_name(&f->ix, i), names[i]);
    assert_string_equal(json_kind_name(&f->ix, JSON_ABSENT), "nothing");
}

/* clang-format off */
static const struct { const char *json, *text, *message; } strings[] = {
    { "\"\"", "", NULL },
    { "\"plain \xc3\xa9\"", "plain \xc3\xa9", NULL },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", NULL },
    { "\"\\u003c\\u003E&\"", "<>&", NULL },
    { "\"\\u007f\\u0080\\u07ff\\u0800\\uFFFF\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", NULL },
    { "\"\\ud800\\udc00\\uDBFF\\uDFFF\"", "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", NULL },
    { "\"a\\ud83d\\ude00z\"", "a\xf0\x9f\x98\x80z", NULL },
    { "\"\\ud7ff\\ue000\"", "\xed\x9f\xbf\xee\x80\x80", NULL },
    { "\"\\ud800\"", NULL, "m: the string has \\ud800, half of a surrogate pair, alone" },
    { "\"a\\udfffz\"", NULL, "m: the string has \\udfff, half of a surrogate pair, alone" },
    { "\"\\ud800\\ud800\\udc00\"", NULL, "m: the string has \\ud800, half of a surrogate pair, alone" },
    { "\"\\ud800\\u0041\"", NULL, "m: the string has \\ud800, half of a surrogate pair, alone" },
    { "\"\\ud800x\"", NULL, "m: the string has \\ud800, half of a surrogate pair, alone" },
    { "\"\\ud800\\n\"", NULL, "m: the string has \\ud800, half of a surrogate pair, alone" },
    { "\"\\udc00\\ud800\"", NULL, "m: the string has \\udc00, half of a surrogate pair, alone" },
    { "\"a\\u0000\"", NULL, "m: the string has \\u0000, which is not allowed" },
    { "1", NULL, "m: expected a string, found a number" },
    { "null", NULL, "m: expected a string, found null" },
    { "{}", NULL, "m: expected a string, found an object" },
};

static const struct { const char *a, *b; bool equal; } pairs[] = {
    { "1", "1", true }, { "1", "1.0", true }, { "1", "10e-1", true }, { "1", "0.1E+1", true },
    { "100", "1e2", true }, { "1e400", "10e399", true }, { "0", "-0", true }, { "0", "0e9", true },
    { "0.0", "0", true }, { "-1", "1", false }, { "1", "2", false }, { "1", "11", false },
    { "12", "1.2", false }, { "1e400", "1e401", false }, { "9007199254740993", "9007199254740992", false },
    { "0.1", "0.10000000000000001", false }, { "1e-3", "0.001", true }, { "-12.50", "-125e-1", true },
    { "1e0000000000000000000002", "100", true },
    { "1e9999999999999999", "1e9999999999999999", true },
    { "1e9999999999999999", "1E9999999999999999", false },
    { "1", "\"1\"", false }, { "null", "false", false }, { "true", "true", true }, { "true", "false", false },
    { "\"a\"", "\"\\u0061\"", true }, { "\"\\u00e9\"", "\"\xc3\xa9\"", true }, { "\"a\"", "\"A\"", false },
    { "\"a\"", "\"ab\"", false }, { "\"\\u0061b\"", "\"a\"", false }, { "\"\\ud800\"", "\"\\uD800\"", true },
    { "\"\\ud800\"", "\"\\ud801\"", false }, { "\"\\/\"", "\"/\"", true }, { "\"\\u0000\"", "\"\"", false },
    { "[]", "[ ]", true }, { "[]", "{}", false }, { "[1,2]", "[1,2.0]", true }, { "[1,2]", "[2,1]", false },
    { "[1]", "[1,2]", false }, { "[1,2]", "[1]", false }, { "[[1],[]]", "[[1],[]]", true },
    { "[[1],[]]", "[[],[1]]", false },
    { "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}", true }, { "{\"a\":1}", "{\"a\":2}", false },
    { "{\"a\":1}", "{\"b\":1}", false }, { "{\"a\":1}", "{\"a\":1,\"b\":1}", false },
    { "{\"a\":1,\"b\":1}", "{\"a\":1}", false },
    { "{\"a\":1,\"b\":2,\"c\":3}", "{\"c\":3,\"\\u0062\":2,\"a\":1}", true },
    { "{\"a\":{\"x\":[1,{}]},\"b\":[]}", "{\"b\":[],\"a\":{\"x\":[1.0,{}]}}", true },
    { "{\"a\":{\"x\":[1,{}]},\"b\":[]}", "{\"b\":[],\"a\":{\"x\":[1.0,[]]}}", false },
};
/* clang-format on */

static void test_strings(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(strings); i++) {
        struct slice s = SLICE("untouched");
        struct error err = ERROR_INIT;
        scan(&f->ix, strings[i].json);
        int rc = json_string(&f->ix, JSON_ROOT, &f->arena, "m", &s, &err);
        if (strings[i].text) {
            assert_int_equal(rc, 0);
            assert_slice(s, strings[i].text);
            assert_true(json_string_is(&f->ix, JSON_ROOT, s));
            assert_false(json_string_is(&f->ix, JSON_ROOT, SLICE("else")));
        } else {
            assert_int_equal(rc, -1);
            assert_slice(s, "untouched");
            assert_int_equal(err.code, ERROR_SHAPE);
            assert_string_equal(err.msg, strings[i].message);
        }
    }
}

static void test_string_memory(void **state)
{
    struct fixture *f = *state;
    struct slice s = SLICE_ABSENT;
    struct error err = ERROR_INIT;
    scan(&f->ix, "[\"plain text\",\"\\n\"]");
    f->arena.max = 0;
    assert_int_equal(json_string(&f->ix, 1, &f->arena, "m", &s, &err), 0);
    assert_ptr_equal(s.ptr, f->ix.text + 2);
    assert_int_equal(json_string(&f->ix, 2, &f->arena, "m", &s, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
}

static void test_equal(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        scan(&f->ix, pairs[i].a);
        scan(&f->other, pairs[i].b);
        if (json_equal(&f->ix, 0, &f->other, 0) != pairs[i].equal ||
            json_equal(&f->other, 0, &f->ix, 0) != pairs[i].equal)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
        assert_true(json_equal(&f->ix, 0, &f->ix, 0));
    }
    assert_true(json_equal(&f->ix, JSON_ABSENT, &f->other, JSON_ABSENT));
    assert_false(json_equal(&f->ix, JSON_ABSENT, &f->other, 0));
}

static void test_equal_is_bounded(void **state)
{
    struct fixture *f = *state;
    scan(&f->ix, "{\"a\":1,\"b\":2,\"c\":3,\"d\":4}");
    scan(&f->other, "{\"d\":4,\"c\":3,\"b\":2,\"a\":1}");
    uint64_t steps = 100;
    assert_true(json_equal_within(&f->ix, 0, &f->other, 0, &steps));
    uint64_t needed = 100 - steps;
    steps = needed;
    assert_true(json_equal_within(&f->ix, 0, &f->other, 0, &steps));
    steps = needed - 1;
    assert_false(json_equal_within(&f->ix, 0, &f->other, 0, &steps));
    assert_int_equal(steps, 0);
}

/* An object with `count` members m0, m1 ... in the given order, the last name replaced when given. */
static void scan_members(struct json_index *ix, struct buf *text, unsigned count, int order,
                         const char *last)
{
    buf_clear(text);
    for (unsigned i = 0; i < count; i++) {
        unsigned number = order == 0 ? i : order == 1 ? count - 1 - i : (i * 7919u) % count;
        buf_put_char(text, i == 0 ? '{' : ',');
        if (last && i == count - 1)
            buf_printf(text, "\"%s\":0", last);
        else
            buf_printf(text, "\"m%06u\":%u", number, number);
    }
    buf_put_char(text, '}');
    struct error err = ERROR_INIT;
    assert_int_equal(json_scan(ix, buf_slice(text), &err), 0);
}

static void test_unique_by_size(void **state)
{
    struct fixture *f = *state;
    static const unsigned sizes[] = { 2, 15, 16, 17, 18, 33, 100, 1000, 30011 };
    struct buf text;
    buf_init(&text, (size_t)4 << 20);
    for (size_t i = 0; i < 3 * COUNT(sizes); i++) {
        unsigned size = sizes[i / 3];
        int order = (int)(i % 3);
        struct error err = ERROR_INIT;
        scan_members(&f->ix, &text, size, order, NULL);
        assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), 0);
        scan_members(&f->ix, &text, size, order, "\\u006d000001");
        bool is_double = order == 0 ? size > 2 : size > 1;
        if (order == 2)
            is_double = (size - 1) * 7919u % size != 1;
        assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), is_double ? -1 : 0);
        if (is_double) {
            assert_int_equal(err.code, ERROR_SHAPE);
            assert_string_equal(err.msg, "o: the name 'm000001' appears twice");
        }
        arena_clear(&f->arena);
    }
    buf_done(&text);
}

/* Names that are in order already, the last two alike. */
static void test_unique_in_order(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    struct error err = ERROR_INIT;
    buf_init(&text, (size_t)1 << 20);
    scan_members(&f->ix, &text, 100, 0, "m000098");
    assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), -1);
    assert_string_equal(err.msg, "o: the name 'm000098' appears twice");
    buf_done(&text);
}

static void test_unique(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *json;
        const char *message;
    } rows[] = {
        { "{}", NULL },
        { "{\"\":1}", NULL },
        { "{\"a\":1,\"A\":1,\"aa\":1,\"\":1}", NULL },
        { "{\"a\":{\"a\":{\"a\":1}}}", NULL },
        { "{\"a\":{\"b\":1,\"b\":2}}", NULL },
        { "[1,1]", NULL },
        { "{\"a\":1,\"a\":1}", "o: the name 'a' appears twice" },
        { "{\"\":1,\"a\":1,\"\":1}", "o: the name '' appears twice" },
        { "{\"\\u0061\":1,\"b\":1,\"a\":1}", "o: the name 'a' appears twice" },
        { "{\"x\\ny\":1,\"x\\u000ay\":1}", "o: the name 'x\\ny' appears twice" },
        { "{\"\\ud800\":1}", "o: the string has \\ud800, half of a surrogate pair, alone" },
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct error err = ERROR_INIT;
        scan(&f->ix, rows[i].json);
        int rc = json_check_unique(&f->ix, 0, &f->arena, "o", &err);
        assert_int_equal(rc, rows[i].message ? -1 : 0);
        if (rows[i].message)
            assert_string_equal(err.msg, rows[i].message);
    }
    struct error err = ERROR_INIT;
    assert_int_equal(json_check_unique(&f->ix, JSON_ABSENT, &f->arena, "o", &err), 0);
}

static void test_unique_memory(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    struct error err = ERROR_INIT;
    buf_init(&text, (size_t)1 << 20);
    scan_members(&f->ix, &text, JSON_NAMES_FEW, 2, NULL);
    f->arena.max = 0;
    assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), 0);
    scan_members(&f->ix, &text, JSON_NAMES_FEW + 1, 2, NULL);
    assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    f->arena.max = (JSON_NAMES_FEW + 1) * sizeof(struct slice);
    assert_int_equal(json_check_unique(&f->ix, 0, &f->arena, "o", &err), -1);
    buf_done(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lookup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_absent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kind_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_string_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_is_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unique, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unique_by_size, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unique_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unique_memory, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
