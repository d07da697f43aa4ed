#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json/patch.h"
#include "json/pointer.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define WORKING_MEMORY ((size_t)64 << 20)
#define OUT_MAX ((size_t)1 << 20)

struct fixture {
    struct json_index patch;
    struct json_index doc;
    struct arena arena;
    struct buf out;
    struct error err;
};

static int setup(void **state)
{
    static struct fixture f;
    json_index_init(&f.patch);
    json_index_init(&f.doc);
    arena_init(&f.arena, WORKING_MEMORY);
    buf_init(&f.out, OUT_MAX);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    json_index_done(&f->patch);
    json_index_done(&f->doc);
    arena_done(&f->arena);
    buf_done(&f->out);
    return 0;
}

static int apply(struct fixture *f, struct slice doc, struct slice patch)
{
    arena_clear(&f->arena);
    buf_clear(&f->out);
    if (json_scan(&f->doc, doc, &f->err) < 0 || json_scan(&f->patch, patch, &f->err) < 0)
        fail_msg("%s", f->err.msg);
    return json_patch_apply(&f->patch, JSON_ROOT, &f->doc, JSON_ROOT, &f->arena, &f->out, &f->err);
}

/* clang-format off */
static const struct { const char *doc, *patch, *result; } good[] = {
    /* nothing to do: every byte stays */
    { " { \"a\" : [ 1 ] } ", "[]", "{ \"a\" : [ 1 ] }" },
    { "1", "null", "1" },
    /* add */
    { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":2}]", "{\"a\":1,\"b\":2}" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/b\",\"value\":null}]", "{\"b\":null}" },
    { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":2}]", "{\"a\":2}" },
    { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"\",\"value\":[ ]}]", "[ ]" },
    { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/\",\"value\":2}]", "{\"a\":1,\"\":2}" },
    { "[1,2]", "[{\"op\":\"add\",\"path\":\"/0\",\"value\":0}]", "[0,1,2]" },
    { "[1,2]", "[{\"op\":\"add\",\"path\":\"/1\",\"value\":0}]", "[1,0,2]" },
    { "[1,2]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":0}]", "[1,2,0]" },
    { "[1,2]", "[{\"op\":\"add\",\"path\":\"/-\",\"value\":[\"x\"]}]", "[1,2,[\"x\"]]" },
    { "[]", "[{\"op\":\"add\",\"path\":\"/0\",\"value\":1},{\"op\":\"add\",\"path\":\"/-\",\"value\":2}]", "[1,2]" },
    { "{\"a\":{\"b\":{}}}", "[{\"op\":\"add\",\"path\":\"/a/b/c\",\"value\":{\"d\":1}},{\"op\":\"add\",\"path\":\"/a/b/c/e\",\"value\":2}]",
      "{\"a\":{\"b\":{\"c\":{\"d\":1,\"e\":2}}}}" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/x~1y~0\\\"\\n\",\"value\":1}]", "{\"x/y~\\\"\\n\":1}" },
    { "{\"01\":0}", "[{\"op\":\"add\",\"path\":\"/01\",\"value\":1},{\"op\":\"add\",\"path\":\"/-\",\"value\":2}]", "{\"01\":1,\"-\":2}" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1,\"unknown\":[],\"from\":7}]", "{\"a\":1}" },
    { "{}", "[{\"value\":1,\"p\\u0061th\":\"/\\u0061\",\"op\":\"\\u0061dd\"}]", "{\"a\":1}" },
    /* remove */
    { "{\"a\":1,\"b\":2,\"c\":3}", "[{\"op\":\"remove\",\"path\":\"/b\"}]", "{\"a\":1,\"c\":3}" },
    { "{\"a\":1}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "{}" },
    { "{ \"a\" : 1 , \"b\" : 2 }", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "{ \"b\" : 2 }" },
    { "[1,2,3]", "[{\"op\":\"remove\",\"path\":\"/0\"},{\"op\":\"remove\",\"path\":\"/1\"}]", "[2]" },
    { "{\"\\u0061\":1}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", "{}" },
    /* replace */
    { "{\"a\":1,\"b\":2}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":{\"x\":1e400}}]", "{\"a\":{\"x\":1e400},\"b\":2}" },
    { "[1,[2]]", "[{\"op\":\"replace\",\"path\":\"/1/0\",\"value\":3}]", "[1,[3]]" },
    { "1", "[{\"op\":\"replace\",\"path\":\"\",\"value\":\"\\u003c\"}]", "\"\\u003c\"" },
    { "{ \"a\" : 1 , \"b\":2 }", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":3}]", "{ \"a\" : 3 , \"b\":2 }" },
    /* move */
    { "{\"a\":1,\"b\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/c\"}]", "{\"b\":2,\"c\":1}" },
    { "{\"a\":1,\"b\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]", "{\"b\":1}" },
    { "{\"a\":1,\"b\":2}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", "{\"a\":1,\"b\":2}" },
    { "{\"a\":{\"b\":[1]}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"\"}]", "[1]" },
    { "{\"a\":1}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"\"}]", "{\"a\":1}" },
    { "[1,2,3]", "[{\"op\":\"move\",\"from\":\"/0\",\"path\":\"/2\"}]", "[2,3,1]" },
    { "[1,2,3]", "[{\"op\":\"move\",\"from\":\"/2\",\"path\":\"/0\"}]", "[3,1,2]" },
    { "{\"a\":{\"x\":1},\"ab\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab/a\"}]", "{\"ab\":{\"a\":{\"x\":1}}}" },
    { "{\"a\":{\"x\":1}}", "[{\"op\":\"add\",\"path\":\"/a/y\",\"value\":2},{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/b\"}]",
      "{\"b\":{\"x\":1,\"y\":2}}" },
    /* copy */
    { "{\"a\":{\"b\":[1]}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/c\"}]", "{\"a\":{\"b\":[1]},\"c\":{\"b\":[1]}}" },
    { "{\"a\":[ 1 ]}", "[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}]", "{\"a\":[ 1 ],\"b\":{\"a\":[ 1 ]}}" },
    { "{\"a\":{\"b\":[1]}}",
      "[{\"op\":\"add\",\"path\":\"/a/b/-\",\"value\":2},{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/c\"},"
      "{\"op\":\"add\",\"path\":\"/c/b/-\",\"value\":3},{\"op\":\"remove\",\"path\":\"/a/b/0\"}]",
      "{\"a\":{\"b\":[2]},\"c\":{\"b\":[1,2,3]}}" },
    { "{\"a\":{}}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/a\"},{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/a/b\"}]",
      "{\"a\":{\"a\":{},\"b\":{\"a\":{}}}}" },
    { "[[1],2]", "[{\"op\":\"copy\",\"from\":\"/0\",\"path\":\"/0\"},{\"op\":\"add\",\"path\":\"/1/-\",\"value\":3}]", "[[1],[1,3],2]" },
    /* test */
    { "{\"a\":{\"b\":[1,2.0]}}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"b\":[1.0,2]}}]", "{\"a\":{\"b\":[1,2.0]}}" },
    { "{\"a\":\"\\u0041\",\"b\":1}", "[{\"op\":\"test\",\"path\":\"\",\"value\":{\"b\":1,\"a\":\"A\"}}]", "{\"a\":\"\\u0041\",\"b\":1}" },
    { "{\"a\":{\"x\":[1],\"y\":{}}}",
      "[{\"op\":\"test\",\"path\":\"/a/x/0\",\"value\":1},{\"op\":\"test\",\"path\":\"/a/y\",\"value\":{}},"
      "{\"op\":\"add\",\"path\":\"/a/z\",\"value\":[[]]},"
      "{\"op\":\"test\",\"path\":\"\",\"value\":{\"a\":{\"z\":[[]],\"y\":{},\"x\":[1]}}}]",
      "{\"a\":{\"x\":[1],\"y\":{},\"z\":[[]]}}" },
    { "null", "[{\"op\":\"test\",\"path\":\"\",\"value\":null}]", "null" },
    /* bytes beside what is touched */
    { "{ \"n\" : 9007199254740993 ,\n\"s\":\"\\u003c\\u0000\\ud800\",\t\"o\" : { \"x\" : 0.10 , \"y\":[ ]\n} , \"e\":{ } }",
      "[{\"op\":\"add\",\"path\":\"/o/y/-\",\"value\": 1.50 },{\"op\":\"add\",\"path\":\"/o/z\",\"value\":true}]",
      "{ \"n\" : 9007199254740993 ,\n\"s\":\"\\u003c\\u0000\\ud800\",\t\"o\" : { \"x\" : 0.10 , \"y\":[1.50]\n,\"z\":true} , \"e\":{ } }" },
    { "{\"e\":{ \n }}", "[{\"op\":\"test\",\"path\":\"/e\",\"value\":{}},{\"op\":\"add\",\"path\":\"/f\",\"value\":1},{\"op\":\"remove\",\"path\":\"/f\"}]",
      "{\"e\":{ \n }}" },
    { "{\"\\ud800\":1,\"\\u0000\":2,\"a\":3}", "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"test\",\"path\":\"\",\"value\":{\"\\u0000\":2,\"\\ud800\":1}}]",
      "{\"\\ud800\":1,\"\\u0000\":2}" },
    { "{\"a\":1,\"a\":2}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":3}]", "{\"a\":3,\"a\":2}" },
};

static const struct { const char *doc, *patch; enum error_code code; const char *message; } bad[] = {
    { "{}", "{}", ERROR_SHAPE, "a JSON patch is an array of operations, not an object" },
    { "{}", "\"x\"", ERROR_SHAPE, "a JSON patch is an array of operations, not a string" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1},7]", ERROR_SHAPE, "operation 1: expected an object, found a number" },
    { "{}", "[null]", ERROR_SHAPE, "operation 0: expected an object, found null" },
    { "{}", "[{\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: the member 'op' is missing" },
    { "{}", "[{\"op\":1,\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: op: expected a string, found a number" },
    { "{}", "[{\"op\":\"Add\",\"path\":\"/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: op 'Add' is none of add, remove, replace, move, copy, test" },
    { "{}", "[{\"op\":\"a\\nb\",\"path\":\"/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: op 'a\\nb' is none of add, remove, replace, move, copy, test" },
    { "{}", "[{\"op\":\"add\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: the member 'path' is missing" },
    { "{}", "[{\"op\":\"add\",\"path\":null,\"value\":1}]", ERROR_SHAPE, "operation 0: add: path: expected a string, found null" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: add: '/a': the member 'value' is missing" },
    { "{\"a\":1}", "[{\"op\":\"replace\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: replace: '/a': the member 'value' is missing" },
    { "{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: test: '/a': the member 'value' is missing" },
    { "{\"a\":1}", "[{\"op\":\"move\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: move: '/a': the member 'from' is missing" },
    { "{\"a\":1}", "[{\"op\":\"copy\",\"path\":\"/a\",\"from\":[]}]", ERROR_SHAPE, "operation 0: copy: '/a': from: expected a string, found an array" },
    { "{}", "[{\"op\":\"add\",\"op\":\"remove\",\"path\":\"/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: the operation: the name 'op' appears twice" },
    { "{}", "[{\"op\":\"add\",\"path\":\"a\",\"value\":1}]", ERROR_SYNTAX, "operation 0: add: 'a': pointer 'a' must be empty or start with '/'" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/~\",\"value\":1}]", ERROR_SYNTAX, "operation 0: add: '/~': pointer token '~' has a '~' that is not part of ~0 or ~1" },
    { "{}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/a/b': there is no 'a'" },
    { "{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/a/b': there is no 'b', its parent is neither an object nor an array" },
    { "[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/2': index '2' is beyond the array's end" },
    { "[1]", "[{\"op\":\"add\",\"path\":\"/01\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/01': '01' is not the index of an array" },
    { "[1]", "[{\"op\":\"add\",\"path\":\"/-1\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/-1': '-1' is not the index of an array" },
    { "[1]", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/a': 'a' is not the index of an array" },
    { "[1]", "[{\"op\":\"add\",\"path\":\"/-/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: add: '/-/a': there is no '-'" },
    { "[1]", "[{\"op\":\"remove\",\"path\":\"/-\"}]", ERROR_SHAPE, "operation 0: remove: '/-': there is no '-'" },
    { "[1]", "[{\"op\":\"remove\",\"path\":\"/1\"}]", ERROR_SHAPE, "operation 0: remove: '/1': there is no '1'" },
    { "{}", "[{\"op\":\"remove\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: remove: '/a': there is no 'a'" },
    { "{}", "[{\"op\":\"remove\",\"path\":\"\"}]", ERROR_SHAPE, "operation 0: remove: '': the whole value cannot be removed" },
    { "{}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", ERROR_SHAPE, "operation 0: replace: '/a': there is no 'a'" },
    { "[]", "[{\"op\":\"replace\",\"path\":\"/-\",\"value\":1}]", ERROR_SHAPE, "operation 0: replace: '/-': there is no '-'" },
    { "{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]", ERROR_SHAPE, "operation 0: move: '/a/b': a value cannot be moved into itself, from '/a'" },
    { "{}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"/b\"}]", ERROR_SHAPE, "operation 0: move: '/b': a value cannot be moved into itself, from ''" },
    { "{}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", ERROR_SHAPE, "operation 0: move: '/a': from '/a': there is no 'a'" },
    { "{}", "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"}]", ERROR_SHAPE, "operation 0: copy: '/b': from '/a': there is no 'a'" },
    { "{\"a\":1}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":1},{\"op\":\"test\",\"path\":\"/a\",\"value\":\"1\"}]", ERROR_SHAPE,
      "operation 1: test: '/a': the value is not the one that is asked for" },
    { "{\"a\":[1]}", "[{\"op\":\"add\",\"path\":\"/a/-\",\"value\":2},{\"op\":\"test\",\"path\":\"/a\",\"value\":[2,1]}]", ERROR_SHAPE,
      "operation 1: test: '/a': the value is not the one that is asked for" },
    { "{\"a\":{}}", "[{\"op\":\"add\",\"path\":\"/a/b\",\"value\":2},{\"op\":\"test\",\"path\":\"/a\",\"value\":{\"c\":2}}]", ERROR_SHAPE,
      "operation 1: test: '/a': the value is not the one that is asked for" },
    { "{\"\\u0000\":1}", "[{\"op\":\"remove\",\"path\":\"/\\u0000\"}]", ERROR_SHAPE, "operation 0: remove: path: the string has \\u0000, which is not allowed" },
};
/* clang-format on */

static void test_good(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (apply(f, slice_of(good[i].doc), slice_of(good[i].patch)) < 0)
            fail_msg("%s: %s", good[i].patch, f->err.msg);
        assert_string_equal(buf_cstr(&f->out), good[i].result);
        assert_int_equal(json_scan(&f->doc, buf_slice(&f->out), &f->err), 0);
    }
}

static void test_bad(void **state)
{
    struct fixture *f = *state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (apply(f, slice_of(bad[i].doc), slice_of(bad[i].patch)) == 0)
            fail_msg("accepted: %s", bad[i].patch);
        assert_string_equal(f->err.msg, bad[i].message);
        assert_int_equal(f->err.code, bad[i].code);
        assert_int_equal(f->out.len, 0);
    }
}

static void test_part_of_a_document(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(json_scan(&f->doc, SLICE("{\"x\": {\"y\": [1, 2]}}"), &f->err), 0);
    assert_int_equal(
        json_scan(&f->patch, SLICE("{\"p\":[{\"op\":\"remove\",\"path\":\"/0\"}]}"), &f->err), 0);
    buf_put_lit(&f->out, "before ");
    assert_int_equal(json_patch_apply(&f->patch, 2, &f->doc, 4, &f->arena, &f->out, &f->err), 0);
    assert_string_equal(buf_cstr(&f->out), "before [ 2]");
}

/* {"op":"add" ...} again and again. */
static struct slice repeat(struct buf *text, const char *operation, unsigned times)
{
    buf_clear(text);
    for (unsigned i = 0; i < times; i++) {
        buf_put_char(text, i == 0 ? '[' : ',');
        buf_put(text, operation, strlen(operation));
    }
    buf_put_char(text, ']');
    return buf_slice(text);
}

static void test_many_operations(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    static const char add[] = "{\"op\":\"add\",\"path\":\"/0\",\"value\":1}";
    buf_init(&text, (size_t)1 << 20);
    assert_int_equal(apply(f, SLICE("[]"), repeat(&text, add, JSON_PATCH_OPERATIONS_MAX)), 0);
    assert_int_equal(f->out.len, 2 * JSON_PATCH_OPERATIONS_MAX + 1);
    assert_int_equal(apply(f, SLICE("[]"), repeat(&text, add, JSON_PATCH_OPERATIONS_MAX + 1)), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    assert_string_equal(f->err.msg, "a JSON patch has more than 10000 operations");
    buf_done(&text);
}

/* Each copy doubles the value: stopped by the working memory, not by the clock. */
static void test_doubling(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    struct slice patch = repeat(&text,
                                "{\"op\":\"copy\",\"from\":\"\",\"path\":\"/"
                                "a\"},{\"op\":\"copy\",\"from\":\"\",\"path\":\"/b\"}",
                                100);
    f->arena.max = (size_t)8 << 20;
    assert_int_equal(apply(f, SLICE("{}"), patch), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    assert_int_equal(f->out.len, 0);
    buf_done(&text);
}

static void test_output_limit(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    f->out.max = 100;
    struct slice patch = repeat(&text, "{\"op\":\"copy\",\"from\":\"/0\",\"path\":\"/-\"}", 30);
    assert_int_equal(apply(f, SLICE("[\"0123456789\"]"), patch), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    assert_string_equal(f->err.msg, "the patched text is larger than 100 bytes");
    assert_int_equal(f->out.len, 0);
    assert_int_equal(f->out.failure, BUF_OK);
    buf_done(&text);
}

static struct slice put_nested(struct buf *text, unsigned depth)
{
    for (unsigned i = 0; i < depth; i++)
        buf_put_char(text, '[');
    for (unsigned i = 0; i < depth; i++)
        buf_put_char(text, ']');
    return buf_slice(text);
}

static void test_depth(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    for (unsigned depth = JSON_DEPTH_MAX - 4; depth <= JSON_DEPTH_MAX - 2; depth++) {
        buf_clear(&text);
        buf_put_lit(&text, "[{\"op\":\"add\",\"path\":\"/a/0/0\",\"value\":");
        (void)put_nested(&text, depth);
        buf_put_lit(&text, "}]");
        int rc = apply(f, SLICE("{\"a\":[[]]}"), buf_slice(&text));
        assert_int_equal(rc, depth + 3 <= JSON_DEPTH_MAX ? 0 : -1);
        if (rc < 0)
            assert_string_equal(f->err.msg, "arrays and objects are nested deeper than 512 levels");
    }
    assert_int_equal(f->err.code, ERROR_LIMIT);
    buf_clear(&text);
    struct slice deep = put_nested(&text, JSON_DEPTH_MAX);
    assert_int_equal(apply(f, deep, SLICE("[{\"op\":\"add\",\"path\":\"/0/0/-\",\"value\":1}]")),
                     0);
    assert_int_equal(apply(f, deep, SLICE("[{\"op\":\"copy\",\"from\":\"\",\"path\":\"/0/-\"}]")),
                     -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    buf_done(&text);
}

/* Values that are nested in each other by moves, deeper than any walk goes. */
static void test_depth_by_moves(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    buf_init(&text, (size_t)1 << 20);
    struct slice patch =
        repeat(&text,
               "{\"op\":\"add\",\"path\":\"/b\",\"value\":{}},{\"op\":\"move\",\"from\":\"/"
               "a\",\"path\":\"/b/x\"},"
               "{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/a\"}",
               JSON_DEPTH_MAX - 1);
    assert_int_equal(apply(f, SLICE("{\"a\":1}"), patch), 0);
    patch = repeat(&text,
                   "{\"op\":\"add\",\"path\":\"/b\",\"value\":{}},{\"op\":\"move\",\"from\":\"/"
                   "a\",\"path\":\"/b/x\"},"
                   "{\"op\":\"move\",\"from\":\"/b\",\"path\":\"/a\"}",
                   JSON_DEPTH_MAX);
    assert_int_equal(apply(f, SLICE("{\"a\":1}"), patch), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    text.len--;
    buf_put_lit(&text, ",{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/c\"}]");
    assert_int_equal(apply(f, SLICE("{\"a\":1}"), buf_slice(&text)), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    text.len--;
    buf_put_lit(&text, ",{\"op\":\"test\",\"path\":\"/a\",\"value\":[]}]");
    assert_int_equal(apply(f, SLICE("{\"a\":1}"), buf_slice(&text)), -1);
    buf_done(&text);
}

static void test_pointer_depth(void **state)
{
    struct fixture *f = *state;
    struct buf text;
    struct buf doc;
    buf_init(&text, (size_t)1 << 20);
    buf_init(&doc, (size_t)1 << 20);
    buf_put_lit(&text, "[{\"op\":\"remove\",\"path\":\"");
    for (unsigned i = 0; i <= JSON_POINTER_DEPTH_MAX; i++)
        buf_put_lit(&text, "/0");
    buf_put_lit(&text, "\"}]");
    assert_int_equal(apply(f, put_nested(&doc, JSON_POINTER_DEPTH_MAX + 2), buf_slice(&text)), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    assert_non_null(strstr(f->err.msg, "the pointer has more than 128 parts"));
    buf_done(&doc);
    buf_done(&text);
}

/* Ten thousand long walks through a long list end at the bound of the work. */
static void test_steps(void **state)
{
    struct fixture *f = *state;
    struct buf doc;
    struct buf text;
    buf_init(&doc, (size_t)1 << 20);
    buf_init(&text, (size_t)1 << 20);
    for (unsigned i = 0; i < 50000; i++)
        buf_printf(&doc, "%c\"k%u\":0", i == 0 ? '{' : ',', i);
    buf_put_char(&doc, '}');
    struct slice patch = repeat(&text, "{\"op\":\"test\",\"path\":\"/k49999\",\"value\":0}", 5000);
    assert_int_equal(apply(f, buf_slice(&doc), patch), -1);
    assert_int_equal(f->err.code, ERROR_LIMIT);
    assert_non_null(strstr(f->err.msg, "the patch needs more than 67108864 steps"));
    patch = repeat(&text, "{\"op\":\"test\",\"path\":\"/k49999\",\"value\":0}", 1000);
    assert_int_equal(apply(f, buf_slice(&doc), patch), 0);
    assert_true(slice_equal(buf_slice(&f->out), buf_slice(&doc)));
    buf_done(&doc);
    buf_done(&text);
}

/* Every size of working memory up to the one that is enough. */
static void test_memory(void **state)
{
    struct fixture *f = *state;
    static const char patch[] =
        "[{\"op\":\"add\",\"path\":\"/a/~0\",\"value\":{\"x\":[1]}},{\"op\":\"copy\",\"from\":\"/"
        "a\",\"path\":\"/\\u0062\"},"
        "{\"op\":\"add\",\"path\":\"/b/~0/x/-\",\"value\":2},{\"op\":\"move\",\"from\":\"/"
        "a\",\"path\":\"/b/q\"}]";
    int rc = -1;
    size_t max = 0;
    for (; rc < 0 && max < 100000; max += 16) {
        f->arena.max = max;
        rc = apply(f, SLICE("{\"a\":{\"\\u006e\":1}}"), slice_of(patch));
        if (rc < 0) {
            assert_int_equal(f->err.code, ERROR_LIMIT);
            assert_int_equal(f->out.len, 0);
        }
    }
    assert_int_equal(rc, 0);
    assert_true(max > 500);
    assert_string_equal(buf_cstr(&f->out),
                        "{\"b\":{\"\\u006e\":1,\"~\":{\"x\":[1,2]},\"q\":{\"\\u006e\":1,"
                        "\"~\":{\"x\":[1]}}}}");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),
        TEST(test_bad),
        TEST(test_part_of_a_document),
        TEST(test_doubling),
        TEST(test_output_limit),
        TEST(test_many_operations),
        TEST(test_depth),
        TEST(test_depth_by_moves),
        TEST(test_pointer_depth),
        TEST(test_steps),
        TEST(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
