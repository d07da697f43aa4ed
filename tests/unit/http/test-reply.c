#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "http/reply.h"
#include "support/alloc-fault.h"

static json_t *parsed(const char *text)
{
    json_t *tree = NULL;
    struct error err = ERROR_INIT;
    assert_int_equal(reply_parse(slice_of(text), &tree, &err), 0);
    return tree;
}

static void test_texts(void **state)
{
    static const struct {
        const char *text;
        enum error_code code;
        const char *words;
    } cases[] = {
        { "", ERROR_SYNTAX, "is not JSON" },
        { "CANARY", ERROR_SYNTAX, "is not JSON (line 1" },
        { "{\"a\":", ERROR_SYNTAX, "is not JSON" },
        { "{\"a\":1,\"a\":2}", ERROR_SYNTAX, "is not JSON" },
        { "{\"a\":\"\xff\"}", ERROR_SYNTAX, "is not JSON" },
        { "{\"a\":99999999999999999999}", ERROR_SYNTAX, "is not JSON" },
        { "{} CANARY", ERROR_SYNTAX, "is not JSON" },
        { "\n\n{CANARY", ERROR_SYNTAX, "line 3" },
        { "[1]", ERROR_SHAPE, "is an array, not a JSON object" },
        { "<html>CANARY</html>", ERROR_SYNTAX, "is not JSON" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *tree = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(reply_parse(slice_of(cases[i].text), &tree, &err), -1);
        assert_int_equal(err.code, cases[i].code);
        if (!strstr(err.msg, cases[i].words))
            fail_msg("'%s': %s", cases[i].text, err.msg);
        assert_null(strstr(err.msg, "CANARY"));
        assert_null(tree);
    }
    struct error err = ERROR_INIT;
    json_t *tree = NULL;
    assert_int_equal(reply_parse(SLICE_ABSENT, &tree, &err), -1);
}

/* Anybody may write one into an object that we read; it must not hide the rest. */
static void test_a_nul_in_a_text(void **state)
{
    CLEANUP(reply_tree_free) json_t *tree = parsed("{\"a\":\"b\\u0000c\"}");
    struct error err = ERROR_INIT;
    struct slice text;
    (void)state;
    assert_int_equal(reply_string(tree, "a", &text, &err), 0);
    assert_int_equal(text.len, 3);
}

/* A megabyte of text would be thirty of tree. */
static void test_many_values(void **state)
{
    struct error err = ERROR_INIT;
    struct buf text;
    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        json_t *tree = NULL;
        buf_init(&text, (size_t)4 * REPLY_VALUES_MAX);
        buf_put_lit(&text, "{\"a\":[1");
        for (unsigned i = 2; i < REPLY_VALUES_MAX + more; i++)
            buf_put_lit(&text, ",1");
        buf_put_lit(&text, "]}");
        assert_int_equal(reply_parse(buf_slice(&text), &tree, &err), more ? -1 : 0);
        assert_true(more == 0 || err.code == ERROR_LIMIT);
        reply_tree_free(tree);
        buf_done(&text);
    }
}

static void test_paths(void **state)
{
    CLEANUP(reply_tree_free)
    json_t *tree = parsed("{\"a\":{\"b\":[{\"c\":1},\"x\"]},\"\":2,\"n\":null}");
    (void)state;
    static const struct {
        const char *path;
        bool is_there;
    } cases[] = {
        { "a", true },
        { "a.b", true },
        { "a.b.0", true },
        { "a.b.0.c", true },
        { "a.b.1", true },
        { "n", true },
        { "a.b.2", false },
        { "a.b.-1", false },
        { "a.b.x", false },
        { "a.b.1.x", false },
        { "a.c", false },
        { "x", false },
        { "n.x", false },
        { "a.b.99999999999999999999", false },
        { "a.b.0.c.d", false },
        { "a.very-long-name-that-is-longer-than-any-member-of-an-interface-ever-was.x", false },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if ((reply_find(tree, cases[i].path) != NULL) != cases[i].is_there)
            fail_msg("%s", cases[i].path);
    assert_null(reply_find(NULL, "a"));
}

/* What each getter says of each type. */
static void test_getters(void **state)
{
    CLEANUP(reply_tree_free)
    json_t *tree = parsed("{\"s\":\"CANARY\",\"i\":-7,\"r\":1.5,\"t\":true,\"f\":false,\"n\":null,"
                          "\"o\":{},\"a\":[]}");
    static const struct {
        const char *path, *is;
        char type;
    } cases[] = {
        { "s", "a string", 's' },      { "i", "a number", 'i' },      { "r", "a number", 'r' },
        { "t", "true or false", 'b' }, { "f", "true or false", 'b' }, { "n", "null", 'n' },
        { "o", "an object", 'o' },     { "a", "an array", 'a' },      { "x", "absent", 'x' },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct slice s = SLICE("before");
        int64_t number = 42;
        bool is = false;
        int rc[3];
        struct error errs[3] = { ERROR_INIT, ERROR_INIT, ERROR_INIT };
        rc[0] = reply_string(tree, cases[i].path, &s, &errs[0]);
        rc[1] = reply_int(tree, cases[i].path, &number, &errs[1]);
        rc[2] = reply_bool(tree, cases[i].path, &is, &errs[2]);
        for (int k = 0; k < 3; k++) {
            assert_int_equal(rc[k], cases[i].type == "sib"[k] ? 0 : -1);
            if (rc[k] == 0)
                continue;
            assert_int_equal(errs[k].code, ERROR_SHAPE);
            assert_non_null(strstr(errs[k].msg, cases[i].is));
            assert_null(strstr(errs[k].msg, "CANARY"));
        }
        assert_true(slice_equal(s, rc[0] == 0 ? SLICE("CANARY") : SLICE("before")));
        assert_int_equal(number, rc[1] == 0 ? -7 : 42);
    }
}

/* Where jansson notices it; see reply.h. */
static void test_missing_memory(void **state)
{
    json_t *tree = NULL;
    struct error err = ERROR_INIT;
    (void)state;
    json_set_alloc_funcs(malloc, free); /* ours, which the test sees */
    alloc_fault_start(1);
    int rc = reply_parse(SLICE("{\"a\":1}"), &tree, &err);
    alloc_fault_start(0);
    assert_int_equal(rc, -1);
    assert_int_equal(err.code, ERROR_NOMEM);
    assert_null(tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),       cmocka_unit_test(test_a_nul_in_a_text),
        cmocka_unit_test(test_many_values), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_getters),     cmocka_unit_test(test_missing_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
