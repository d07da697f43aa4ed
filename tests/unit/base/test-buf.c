#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"

static void test_empty(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    buf_init(&b, 10);
    assert_null(b.data);
    assert_string_equal(buf_cstr(&b), "");
    assert_true(slice_is_present(buf_slice(&b)));
    assert_int_equal(buf_slice(&b).len, 0);
    buf_put(&b, NULL, 0);
    buf_put_slice(&b, SLICE_ABSENT);
    buf_printf(&b, "%s", "");
    assert_null(b.data);
    assert_int_equal(buf_check(&b, "x", &err), 0);
    assert_int_equal(err.code, ERROR_NONE);
    buf_done(&b);
    buf_done(&b);
}

static void test_appends(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100);
    buf_put_lit(&b, "a\0b");
    assert_int_equal(b.len, 3);
    buf_clear(&b);
    buf_put(&b, "one", 3);
    buf_put_char(&b, ' ');
    buf_put_slice(&b, SLICE("two"));
    buf_printf(&b, " %d %s", 3, "four");
    assert_string_equal(buf_cstr(&b), "one two 3 four");
    assert_true(slice_equal(buf_slice(&b), SLICE("one two 3 four")));
    buf_done(&b);
}

static void test_int(void **state)
{
    static const struct {
        long long value;
        const char *text;
    } cases[] = {
        { 0, "0" },
        { 7, "7" },
        { -7, "-7" },
        { 1234567890, "1234567890" },
        { LLONG_MAX, "9223372036854775807" },
        { LLONG_MIN, "-9223372036854775808" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf b;
        buf_init(&b, 100);
        buf_put_int(&b, cases[i].value);
        assert_string_equal(buf_cstr(&b), cases[i].text);
        buf_done(&b);
    }
}

static void test_grows_and_keeps_contents(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 100000);
    for (int i = 0; i < 100000; i++)
        buf_put_char(&b, (char)('a' + i % 26));
    assert_int_equal(b.len, 100000);
    assert_int_equal(b.failure, BUF_OK);
    for (int i = 0; i < 100000; i++)
        assert_int_equal(b.data[i], 'a' + i % 26);
    buf_done(&b);
}

/* The last byte of the maximum is usable by each way of writing, and nothing beyond it. */
static void test_maximum(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    buf_init(&b, 10);
    buf_put_lit(&b, "0123456789");
    assert_string_equal(buf_cstr(&b), "0123456789");
    assert_int_equal(buf_check(&b, "x", &err), 0);
    buf_put_char(&b, 'x');
    assert_int_equal(buf_check(&b, "the answer", &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg, "the answer is larger than 10 bytes");
    assert_int_equal(b.len, 10);

    buf_clear(&b);
    buf_printf(&b, "%s", "0123456789");
    assert_string_equal(buf_cstr(&b), "0123456789");
    buf_clear(&b);
    buf_printf(&b, "%s", "0123456789x");
    assert_int_equal(b.failure, BUF_FULL);
    assert_int_equal(b.len, 0);

    buf_clear(&b);
    buf_put_int(&b, 1234567890);
    assert_int_equal(b.failure, BUF_OK);
    buf_put_int(&b, 1);
    assert_int_equal(b.failure, BUF_FULL);
    buf_done(&b);
}

static void test_failure_is_sticky(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    buf_init(&b, 4);
    buf_put_lit(&b, "abcde");
    buf_put_char(&b, 'x');
    buf_put_lit(&b, "yz");
    buf_put_int(&b, 1);
    buf_printf(&b, "%d", 1);
    assert_int_equal(b.len, 0);
    assert_null(buf_cstr(&b));
    assert_false(buf_reserve(&b, 1));
    assert_false(buf_grow(&b, 0));
    assert_int_equal(buf_check(&b, "x", &err), -1);
    buf_clear(&b);
    buf_put_lit(&b, "ok");
    assert_string_equal(buf_cstr(&b), "ok");
    buf_done(&b);
}

/* Under AddressSanitizer an impossible size is to fail like elsewhere, not to end the program. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static void test_missing_memory(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf b;
    buf_init(&b, SIZE_MAX); /* taken as BUF_MAX */
    assert_int_equal(b.max, BUF_MAX);
    buf_put_lit(&b, "kept");
    assert_false(buf_grow(&b, BUF_MAX - 4)); /* more than any machine has */
    assert_int_equal(buf_check(&b, "x", &err), -1);
    assert_int_equal(err.code, ERROR_NOMEM);
    assert_int_equal(b.len, 4);
    buf_clear(&b);
    assert_false(buf_grow(&b, SIZE_MAX));
    assert_int_equal(b.failure, BUF_FULL);
    buf_done(&b);
}

static void test_clear_keeps_memory_and_done_frees(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, 1000);
    buf_put_lit(&b, "abc");
    const char *data = b.data;
    buf_clear(&b);
    assert_int_equal(b.len, 0);
    buf_put_lit(&b, "xyz");
    assert_ptr_equal(b.data, data);
    buf_done(&b);
    assert_null(b.data);
    assert_int_equal(b.max, 1000);
    buf_put_lit(&b, "again");
    assert_string_equal(buf_cstr(&b), "again");
    buf_done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_int),
        cmocka_unit_test(test_grows_and_keeps_contents),
        cmocka_unit_test(test_maximum),
        cmocka_unit_test(test_failure_is_sticky),
        cmocka_unit_test(test_missing_memory),
        cmocka_unit_test(test_clear_keeps_memory_and_done_frees),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
