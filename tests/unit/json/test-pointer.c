#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json/pointer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char document[] =
    "{\"list\":[\"x\",{\"y\":null}],\"\":1,\"a/b\":2,\"m~n\":3,\"~1\":4,\" \":5,\"q\\\"\\\\\":6,"
    "\"\\u00e9\":7,\"0\":{\"01\":8},\"deep\":{\"\":{\"\":9}}}";

/* clang-format off */
static const struct { const char *pointer, *value, *message; enum error_code code; } rows[] = {
    { "", document, NULL, ERROR_NONE },
    { "/list", "[\"x\",{\"y\":null}]", NULL, ERROR_NONE },
    { "/list/0", "\"x\"", NULL, ERROR_NONE },
    { "/list/1/y", "null", NULL, ERROR_NONE },
    { "/", "1", NULL, ERROR_NONE },
    { "/a~1b", "2", NULL, ERROR_NONE },
    { "/m~0n", "3", NULL, ERROR_NONE },
    { "/~01", "4", NULL, ERROR_NONE },
    { "/ ", "5", NULL, ERROR_NONE },
    { "/q\"\\", "6", NULL, ERROR_NONE },
    { "/\xc3\xa9", "7", NULL, ERROR_NONE },
    { "/0/01", "8", NULL, ERROR_NONE },
    { "/deep//", "9", NULL, ERROR_NONE },
    { "list", NULL, "pointer 'list' must be empty or start with '/'", ERROR_SYNTAX },
    { "#/list", NULL, "pointer '#/list' must be empty or start with '/'", ERROR_SYNTAX },
    { "/m~n", NULL, "pointer token 'm~n' has a '~' that is not part of ~0 or ~1", ERROR_SYNTAX },
    { "/m~", NULL, "pointer token 'm~' has a '~' that is not part of ~0 or ~1", ERROR_SYNTAX },
    { "/m~2/x", NULL, "pointer token 'm~2' has a '~' that is not part of ~0 or ~1", ERROR_SYNTAX },
    { "/nope/more", NULL, "there is nothing at '/nope'", ERROR_SHAPE },
    { "/list/2", NULL, "there is nothing at '/list/2'", ERROR_SHAPE },
    { "/list/-", NULL, "there is nothing at '/list/-'", ERROR_SHAPE },
    { "/list/00", NULL, "there is nothing at '/list/00'", ERROR_SHAPE },
    { "/list/01", NULL, "there is nothing at '/list/01'", ERROR_SHAPE },
    { "/list/-1", NULL, "there is nothing at '/list/-1'", ERROR_SHAPE },
    { "/list/", NULL, "there is nothing at '/list/'", ERROR_SHAPE },
    { "/list/0/0", NULL, "there is nothing at '/list/0/0'", ERROR_SHAPE },
    { "/list/4294967296", NULL, "there is nothing at '/list/4294967296'", ERROR_SHAPE },
    { "/a\nb", NULL, "there is nothing at '/a\\nb'", ERROR_SHAPE },
};

static const struct { const char *token; bool valid; uint32_t index; } indices[] = {
    { "0", true, 0 }, { "1", true, 1 }, { "10", true, 10 }, { "4294967295", true, UINT32_MAX },
    { "4294967296", false, 0 }, { "9999999999", false, 0 }, { "10000000000", false, 0 }, { "", false, 0 },
    { "-", false, 0 }, { "-1", false, 0 }, { "+1", false, 0 }, { "00", false, 0 }, { "01", false, 0 },
    { " 1", false, 0 }, { "1 ", false, 0 }, { "1e0", false, 0 }, { "a", false, 0 }, { "1:", false, 0 }, { "1/", false, 0 },
};
/* clang-format on */

static void test_find(void **state)
{
    (void)state;
    struct json_index ix;
    struct arena arena;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    arena_init(&arena, 4096);
    assert_int_equal(json_scan(&ix, slice_of(document), &err), 0);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_ref ref = 12345;
        int rc = json_pointer_find(&ix, slice_of(rows[i].pointer), &arena, &ref, &err);
        if (rows[i].value) {
            if (rc < 0)
                fail_msg("%s: %s", rows[i].pointer, err.msg);
            assert_true(slice_equal(json_raw(&ix, ref), slice_of(rows[i].value)));
        } else {
            assert_int_equal(rc, -1);
            assert_string_equal(err.msg, rows[i].message);
            assert_int_equal(err.code, rows[i].code);
            assert_int_equal(ref, 12345);
        }
    }
    arena_done(&arena);
    json_index_done(&ix);
}

static void test_limits(void **state)
{
    (void)state;
    struct json_index ix;
    struct arena arena;
    struct error err = ERROR_INIT;
    struct buf text;
    struct buf pointer;
    json_ref ref = 0;
    buf_init(&text, 4096);
    buf_init(&pointer, 4096);
    for (unsigned i = 0; i <= JSON_POINTER_DEPTH_MAX; i++) {
        buf_put_lit(&text, "{\"a\":");
        buf_put_lit(&pointer, "/a");
    }
    buf_put_char(&text, '1');
    for (unsigned i = 0; i <= JSON_POINTER_DEPTH_MAX; i++)
        buf_put_char(&text, '}');
    json_index_init(&ix);
    arena_init(&arena, 0);
    assert_int_equal(json_scan(&ix, buf_slice(&text), &err), 0);
    assert_int_equal(json_pointer_find(&ix, buf_slice(&pointer), &arena, &ref, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    pointer.len -= 2;
    assert_int_equal(json_pointer_find(&ix, buf_slice(&pointer), &arena, &ref, &err), 0);
    assert_int_equal(json_pointer_find(&ix, SLICE("/a~0"), &arena, &ref, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&text);
    buf_done(&pointer);
    json_index_done(&ix);
}

static void test_put_and_next(void **state)
{
    (void)state;
    static const struct {
        const char *token;
        const char *written;
    } tokens[] = {
        { "", "/" },
        { "a", "/a" },
        { "/", "/~1" },
        { "~", "/~0" },
        { "~1", "/~01" },
        { "a/b", "/a~1b" },
        { "~~//x", "/~0~0~1~1x" },
        { "\"\\\n", "/\"\\\n" },
    };
    for (size_t i = 0; i < COUNT(tokens); i++) {
        struct buf out;
        struct arena arena;
        struct error err = ERROR_INIT;
        struct slice token = SLICE_ABSENT;
        buf_init(&out, 64);
        arena_init(&arena, 4096);
        json_pointer_put(&out, slice_of(tokens[i].token));
        assert_true(slice_equal(buf_slice(&out), slice_of(tokens[i].written)));
        json_pointer_put(&out, SLICE("end"));
        struct slice rest = buf_slice(&out);
        assert_int_equal(json_pointer_next(&rest, &arena, &token, &err), 0);
        assert_true(slice_equal(token, slice_of(tokens[i].token)));
        assert_true(slice_equal(rest, SLICE("/end")));
        assert_int_equal(json_pointer_next(&rest, &arena, &token, &err), 0);
        assert_true(slice_equal(token, SLICE("end")));
        assert_int_equal(rest.len, 0);
        assert_int_equal(json_pointer_next(&rest, &arena, &token, &err), -1);
        arena_done(&arena);
        buf_done(&out);
    }
}

static void test_index(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(indices); i++) {
        uint32_t index = 77;
        assert_int_equal(json_pointer_index(slice_of(indices[i].token), &index), indices[i].valid);
        assert_int_equal(index, indices[i].valid ? indices[i].index : 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_put_and_next),
        cmocka_unit_test(test_index),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
