#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"

static void test_set(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    assert_int_equal(err.code, ERROR_NONE);
    assert_int_equal(error_set(&err, ERROR_LIMIT, "%d is more than '%s'", 3, "two"), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg, "3 is more than 'two'");
    assert_int_equal(error_nomem(&err), -1);
    assert_int_equal(err.code, ERROR_NOMEM);
    assert_string_equal(err.msg, "out of memory");
}

static void test_wrap(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    (void)error_set(&err, ERROR_IO, "no such file");
    assert_int_equal(error_wrap(&err, "cannot read '%s'", "x"), -1);
    assert_int_equal(error_wrap(&err, "start"), -1);
    assert_int_equal(err.code, ERROR_IO);
    assert_string_equal(err.msg, "start: cannot read 'x': no such file");
}

/* The message of n times c, set and wrapped. */
static void set_long(struct error *err, size_t n, const char *c)
{
    char text[2 * ERROR_MSG_MAX] = "";
    for (size_t i = 0; i < n; i++)
        memcpy(text + i * strlen(c), c, strlen(c) + 1);
    (void)error_set(err, ERROR_SYNTAX, "%s", text);
}

static void test_long_messages_are_cut(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    set_long(&err, ERROR_MSG_MAX - 1, "x");
    assert_int_equal(strlen(err.msg), ERROR_MSG_MAX - 1);
    assert_int_equal(err.msg[ERROR_MSG_MAX - 2], 'x');
    set_long(&err, ERROR_MSG_MAX, "x");
    assert_int_equal(strlen(err.msg), ERROR_MSG_MAX - 1);
    assert_string_equal(err.msg + ERROR_MSG_MAX - 5, "x...");
}

static void test_long_contexts_are_cut(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    set_long(&err, ERROR_MSG_MAX - 5, "x");
    (void)error_wrap(&err, "ab");
    assert_int_equal(strlen(err.msg), ERROR_MSG_MAX - 1);
    assert_int_equal(err.msg[ERROR_MSG_MAX - 2], 'x');
    (void)error_wrap(&err, "c");
    assert_memory_equal(err.msg, "c: ab: xx", 9);
    assert_string_equal(err.msg + ERROR_MSG_MAX - 5, "x...");
    char context[2 * ERROR_MSG_MAX];
    memset(context, 'y', sizeof(context));
    context[sizeof(context) - 1] = '\0';
    (void)error_wrap(&err, "%s", context);
    assert_int_equal(strlen(err.msg), ERROR_MSG_MAX - 1);
    assert_string_equal(err.msg + ERROR_MSG_MAX - 5, "y...");
}

/* Messages go into JSON: no part of a character may be left over. */
static void test_cuts_before_a_character(void **state)
{
    static const struct {
        const char *character;
        size_t whole; /* bytes of whole characters that stay */
    } cases[] = {
        { "\xc3\xbc", ERROR_MSG_MAX - 4 },
        { "\xe2\x82\xac", (ERROR_MSG_MAX - 4) / 3 * 3 },
        { "\xf0\x9f\x94\x91", (ERROR_MSG_MAX - 4) / 4 * 4 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct error err = ERROR_INIT;
        set_long(&err, ERROR_MSG_MAX / strlen(cases[i].character) + 1, cases[i].character);
        assert_string_equal(err.msg + cases[i].whole, "...");
        assert_memory_equal(err.msg + cases[i].whole - strlen(cases[i].character),
                            cases[i].character, strlen(cases[i].character));
        (void)error_wrap(&err, "x");
        size_t len = strlen(err.msg);
        assert_string_equal(err.msg + len - 3, "...");
        assert_int_equal((len - 3 - strlen("x: ")) % strlen(cases[i].character), 0);
    }
}

static void test_each_code_has_a_row(void **state)
{
    (void)state;
    for (int a = 0; a < ERROR__COUNT; a++) {
        const struct error_info *info = error_info((enum error_code)a);
        assert_non_null(info->name);
        assert_true(info->exit_status >= 0 && info->exit_status <= 3);
        assert_int_equal(info->exit_status == 0, a == ERROR_NONE);
        assert_int_equal(info->http_status == 200, a == ERROR_NONE);
        assert_true(a == ERROR_NONE || (info->http_status >= 400 && info->http_status < 600));
        for (int b = 0; b < a; b++)
            assert_string_not_equal(info->name, error_info((enum error_code)b)->name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_long_messages_are_cut),
        cmocka_unit_test(test_long_contexts_are_cut),
        cmocka_unit_test(test_cuts_before_a_character),
        cmocka_unit_test(test_each_code_has_a_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
