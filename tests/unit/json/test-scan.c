#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/scan.h"
#include "support/portable-scan.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef int scan_fn(struct json_index *ix, struct slice text, struct error *err);

static scan_fn *const scanners[] = { json_scan, portable_json_scan };

/* Scans a copy of exactly the text's bytes, so that sanitizers see what is read beside it. */
static int scan_copy(scan_fn *scan, struct json_index *ix, struct slice text, struct error *err)
{
    char *copy = malloc(text.len + (text.len == 0));
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    int rc = scan(ix, (struct slice){ copy, text.len }, err);
    ix->text = text.ptr;
    free(copy);
    return rc;
}

/* Kinds in the order of the nodes: 0 null, f, t, n number, s string, a array, o object. */
static const char *kinds(const struct json_index *ix)
{
    static char text[128];
    assert_true(ix->count < sizeof(text));
    for (uint32_t i = 0; i < ix->count; i++)
        text[i] = "0ftnsao"[ix->nodes[i].kind];
    text[ix->count] = '\0';
    return text;
}

/* clang-format off */
static const struct { const char *text; const char *kinds; } accepted[] = {
    { "null", "0" },
    { "true", "t" },
    { "false", "f" },
    { "0", "n" },
    { "-0", "n" },
    { "10", "n" },
    { "-10.05", "n" },
    { "0.1", "n" },
    { "1e400", "n" },
    { "1E+4", "n" },
    { "0e-0", "n" },
    { "1.5e-10", "n" },
    { "9007199254740993", "n" },
    { "123456789012345678901234567890", "n" },
    { "\"\"", "s" },
    { "\"a\"", "s" },
    { "\"0123456789abcde\"", "s" },
    { "\"0123456789abcdef\"", "s" },
    { "\"0123456789abcdefg\"", "s" },
    { "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD834\\udd1e\"", "s" },
    { "\"\\ud800\"", "s" },
    { "\"\\u0000\"", "s" },
    { "\"\x7f\"", "s" },
    { "[]", "a" },
    { "{}", "o" },
    { " [ ] ", "a" },
    { "\t{\r\n}\n", "o" },
    { "[[],{}]", "aao" },
    { "[1,\"a\",null,true,false]", "ans0tf" },
    { "{\"a\":1,\"b\":{\"c\":[{}]}}", "osnsosao" },
    { " { \"a\" : 1 , \"\" : [ 2 , 3 ] } ", "osnsann" },
    { "{\"a\":1,\"a\":2}", "osnsn" },
    { "[[[[[[[[[[1]]]]]]]]]]", "aaaaaaaaaan" },
};

static const struct { const char *text; const char *message; } refused[] = {
    { "", "line 1, column 1: the text is empty, a JSON value is expected" },
    { " ", "line 1, column 2: the text ends where a value is expected" },
    { "\n\n ", "line 3, column 2: the text ends where a value is expected" },
    { "\xef\xbb\xbf{}", "line 1, column 1: a byte-order mark is not allowed, the text must start with a value" },
    { "[", "line 1, column 2: the text ends inside an array, ',' or ']' is expected" },
    { "[1", "line 1, column 3: the text ends inside an array, ',' or ']' is expected" },
    { "[[]", "line 1, column 4: the text ends inside an array, ',' or ']' is expected" },
    { "[{} \n ", "line 2, column 2: the text ends inside an array, ',' or ']' is expected" },
    { "[{}\n}", "line 2, column 1: ',' or ']' is expected after an array's element" },
    { "{\"a\":[]", "line 1, column 8: the text ends inside an object, ',' or '}' is expected" },
    { "{\"a\":{}\n", "line 2, column 1: the text ends inside an object, ',' or '}' is expected" },
    { "[\"a]\n", "line 1, column 5: a string has a raw control character, it must be escaped" },
    { "[\"a]", "line 1, column 5: the text ends inside a string, '\"' is expected" },
    { "[1,", "line 1, column 4: the text ends where a value is expected" },
    { "[1,]", "line 1, column 4: a value is expected: a string, number, object, array, true, false or null" },
    { "[,1]", "line 1, column 2: a value is expected: a string, number, object, array, true, false or null" },
    { "[}", "line 1, column 2: a value is expected: a string, number, object, array, true, false or null" },
    { "[1 2]", "line 1, column 4: ',' or ']' is expected after an array's element" },
    { "[1}", "line 1, column 3: ',' or ']' is expected after an array's element" },
    { "[1:2]", "line 1, column 3: ',' or ']' is expected after an array's element" },
    { "]", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
    { "[]]", "line 1, column 3: nothing but white space may follow the value" },
    { "{", "line 1, column 2: the text ends inside an object, ',' or '}' is expected" },
    { "{\"a\"", "line 1, column 5: the text ends where ':' is expected" },
    { "{\"a\":", "line 1, column 6: the text ends where a value is expected" },
    { "{\"a\":1", "line 1, column 7: the text ends inside an object, ',' or '}' is expected" },
    { "{\"a\":1,", "line 1, column 8: the text ends where a member's name is expected" },
    { "{\"a\":1,}", "line 1, column 8: a member's name in double quotes is expected" },
    { "{,}", "line 1, column 2: a member's name in double quotes is expected" },
    { "{a:1}", "line 1, column 2: a member's name in double quotes is expected" },
    { "{'a':1}", "line 1, column 2: a member's name in double quotes is expected" },
    { "{1:1}", "line 1, column 2: a member's name in double quotes is expected" },
    { "{\"a\" 1}", "line 1, column 6: ':' is expected after a member's name" },
    { "{\"a\",1}", "line 1, column 5: ':' is expected after a member's name" },
    { "{\"a\":}", "line 1, column 6: a value is expected: a string, number, object, array, true, false or null" },
    { "{\"a\":1 \"b\":2}", "line 1, column 8: ',' or '}' is expected after a member's value" },
    { "{\"a\":1]", "line 1, column 7: ',' or '}' is expected after a member's value" },
    { "{\n  \"a\": 1,\n  \"b\": x\n}", "line 3, column 8: an unknown word, only true, false and null are allowed" },
    { "1 2", "line 1, column 3: nothing but white space may follow the value" },
    { "truex", "line 1, column 5: nothing but white space may follow the value" },
    { "tru", "line 1, column 1: an unknown word, only true, false and null are allowed" },
    { "True", "line 1, column 1: an unknown word, only true, false and null are allowed" },
    { "NaN", "line 1, column 1: an unknown word, only true, false and null are allowed" },
    { "01", "line 1, column 1: a number has a leading zero, no digit may follow it" },
    { "-01", "line 1, column 2: a number has a leading zero, no digit may follow it" },
    { "-", "line 1, column 2: a number needs a digit after '-'" },
    { "-a", "line 1, column 2: a number needs a digit after '-'" },
    { "1.", "line 1, column 3: a number needs a digit after '.'" },
    { "1.e5", "line 1, column 3: a number needs a digit after '.'" },
    { ".5", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
    { "+1", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
    { "1e", "line 1, column 3: a number needs a digit in its exponent" },
    { "1e+", "line 1, column 4: a number needs a digit in its exponent" },
    { "1.5Ex", "line 1, column 5: a number needs a digit in its exponent" },
    { "0x10", "line 1, column 2: nothing but white space may follow the value" },
    { "\"", "line 1, column 2: the text ends inside a string, '\"' is expected" },
    { "\"a", "line 1, column 3: the text ends inside a string, '\"' is expected" },
    { "\"0123456789abcdef", "line 1, column 18: the text ends inside a string, '\"' is expected" },
    { "\"a\\", "line 1, column 4: the text ends inside a string, '\"' is expected" },
    { "\"\\\"", "line 1, column 4: the text ends inside a string, '\"' is expected" },
    { "\"\\u12", "line 1, column 6: the text ends inside a string, '\"' is expected" },
    { "\"\\u12\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"a\\u12g4\"", "line 1, column 3: \\u needs four hexadecimal digits" },
    { "\"\\ug041\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u0g41\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u00G1\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u004:\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u004`\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u/041\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\u@041\"", "line 1, column 2: \\u needs four hexadecimal digits" },
    { "\"\\x41\"", "line 1, column 2: an unknown escape, one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u is expected" },
    { "\"\\'\"", "line 1, column 2: an unknown escape, one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u is expected" },
    { "\"a\tb\"", "line 1, column 3: a string has a raw control character, it must be escaped" },
    { "\"a\nb\"", "line 1, column 3: a string has a raw control character, it must be escaped" },
    { "\"0123456789abcdef\x1f\"", "line 1, column 18: a string has a raw control character, it must be escaped" },
    { "[\"\xff\"]", "line 1, column 3: bytes that are not valid UTF-8" },
    { "\xc3\xa9", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
    { "/* */ 1", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
    { "\v1", "line 1, column 1: a value is expected: a string, number, object, array, true, false or null" },
};

static const struct { const char *bytes; int valid; } characters[] = {
    { "\xc2\x80", 1 }, { "\xdf\xbf", 1 }, { "\xe0\xa0\x80", 1 }, { "\xed\x9f\xbf", 1 },
    { "\xee\x80\x80", 1 }, { "\xef\xbf\xbf", 1 }, { "\xf0\x90\x80\x80", 1 }, { "\xf4\x8f\xbf\xbf", 1 },
    { "\xe2\x82\xac\xc3\xa9\xf0\x9f\x98\x80", 1 },
    { "\x80", 0 }, { "\xbf", 0 }, { "\xc0\x80", 0 }, { "\xc1\xbf", 0 }, { "\xc2", 0 }, { "\xc2\x41", 0 },
    { "\xc2\xc2", 0 }, { "\xe0\x80\x80", 0 }, { "\xe0\x9f\xbf", 0 }, { "\xe2\x82", 0 }, { "\xe2\x82\x41", 0 },
    { "\xed\xa0\x80", 0 }, { "\xed\xbf\xbf", 0 }, { "\xf0\x80\x80\x80", 0 }, { "\xf0\x8f\xbf\xbf", 0 },
    { "\xf0\x90\x80", 0 }, { "\xf0\x90\x80\x41", 0 }, { "\xf4\x90\x80\x80", 0 }, { "\xf5\x80\x80\x80", 0 },
    { "\xf8\x88\x80\x80\x80", 0 }, { "\xfe", 0 }, { "\xff", 0 }, { "\xc3\xa9\x80", 0 },
};
/* clang-format on */

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(accepted); i++) {
        struct json_index ix;
        struct error err = ERROR_INIT;
        struct slice text = slice_of(accepted[i / 2].text);
        json_index_init(&ix);
        if (scan_copy(scanners[i % 2], &ix, text, &err) < 0)
            fail_msg("%s: %s", text.ptr, err.msg);
        assert_string_equal(kinds(&ix), accepted[i / 2].kinds);
        assert_int_equal(ix.nodes[0].next, ix.count);
        json_index_done(&ix);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(refused); i++) {
        struct json_index ix;
        struct error err = ERROR_INIT;
        struct slice text = slice_of(refused[i / 2].text);
        json_index_init(&ix);
        if (scan_copy(scanners[i % 2], &ix, text, &err) == 0)
            fail_msg("accepted: %s", text.ptr);
        assert_string_equal(err.msg, refused[i / 2].message);
        assert_int_equal(err.code, ERROR_SYNTAX);
        assert_int_equal(ix.count, 0);
        json_index_done(&ix);
    }
}

/* A NUL byte is a byte like any other that has no place in the grammar. */
static void test_nul_bytes(void **state)
{
    (void)state;
    const struct slice texts[] = { SLICE("\0"), SLICE("1\0"), SLICE("[\0]"), SLICE("\"\0\"") };
    for (size_t i = 0; i < 2 * COUNT(texts); i++) {
        struct json_index ix;
        struct error err = ERROR_INIT;
        json_index_init(&ix);
        assert_int_equal(scan_copy(scanners[i % 2], &ix, texts[i / 2], &err), -1);
        assert_int_equal(err.code, ERROR_SYNTAX);
        json_index_done(&ix);
    }
}

/* Each at every place relative to the 16 bytes that are looked at together, and at the very end. */
static void test_characters(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2 * COUNT(characters); i++) {
        for (int before = 0; before < 40; before++) {
            char text[128];
            int after = before % 3 * 16;
            int len = snprintf(text, sizeof(text), "\"%.*s%s%.*s\"", before,
                               "0123456789abcdef0123456789abcdef0123456789abcdef",
                               characters[i / 2].bytes, after, "0123456789abcdef0123456789abcdef");
            struct json_index ix;
            struct error err = ERROR_INIT;
            json_index_init(&ix);
            int rc = scan_copy(scanners[i % 2], &ix, (struct slice){ text, (size_t)len }, &err);
            if ((rc == 0) != characters[i / 2].valid)
                fail_msg("character %zu behind %d bytes: %s", i / 2, before, err.msg);
            json_index_done(&ix);
        }
    }
}

/* Every byte, in every place of a string, for both scanners: 0x20..0x7f but quote and backslash. */
static void test_bytes(void **state)
{
    (void)state;
    for (int i = 0; i < 256 * 36; i++) {
        char text[] = "\"0123456789abcdef0123456789abcdef012\"";
        int at = 1 + i / 256 % 35;
        unsigned char c = (unsigned char)(i % 256);
        int expected = c >= 0x20 && c < 0x80 && c != '"' && c != '\\' ? 0 : -1;
        text[at] = (char)c;
        for (size_t s = 0; s < COUNT(scanners); s++) {
            struct json_index ix;
            struct error err = ERROR_INIT;
            json_index_init(&ix);
            int rc = scan_copy(scanners[s], &ix, (struct slice){ text, sizeof(text) - 1 }, &err);
            int is_escape = c == '\\' && at < 35 && (text[at + 1] == 'b' || text[at + 1] == 'f');
            assert_int_equal(rc, is_escape ? 0 : expected);
            json_index_done(&ix);
        }
    }
}

static void test_positions(void **state)
{
    (void)state;
    static const char text[] = " {\"a\\n\" : [1, \"\xc3\xa9\"], \"b\":-0.5e3}";
    static const struct json_node expected[] = {
        { 1, 31, 7, JSON_OBJECT, 0, 0 }, { 3, 3, 2, JSON_STRING, 1, 0 },
        { 10, 9, 5, JSON_ARRAY, 0, 0 },  { 11, 1, 4, JSON_NUMBER, 0, 0 },
        { 15, 2, 5, JSON_STRING, 0, 0 }, { 22, 1, 6, JSON_STRING, 0, 0 },
        { 25, 6, 7, JSON_NUMBER, 0, 0 },
    };
    for (size_t s = 0; s < COUNT(scanners); s++) {
        struct json_index ix;
        struct error err = ERROR_INIT;
        json_index_init(&ix);
        assert_int_equal(scan_copy(scanners[s], &ix, slice_of(text), &err), 0);
        assert_int_equal(ix.count, COUNT(expected));
        assert_memory_equal(ix.nodes, expected, sizeof(expected));
        json_index_done(&ix);
    }
}

static int scan_nested(struct json_index *ix, unsigned depth, struct error *err)
{
    size_t len = 2 * (size_t)depth;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, '[', depth);
    memset(text + depth, ']', depth);
    int rc = json_scan(ix, (struct slice){ text, len }, err);
    free(text);
    return rc;
}

static void test_depth_limit(void **state)
{
    (void)state;
    struct json_index ix;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    assert_int_equal(scan_nested(&ix, JSON_DEPTH_MAX, &err), 0);
    assert_int_equal(ix.count, JSON_DEPTH_MAX);
    assert_int_equal(scan_nested(&ix, JSON_DEPTH_MAX + 1, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg,
                        "line 1, column 513: arrays and objects are nested deeper than the "
                        "limit");
    ix.max_depth = 3000000;
    assert_int_equal(scan_nested(&ix, 3000000, &err), 0);
    ix.max_depth = 0;
    assert_int_equal(json_scan(&ix, SLICE("1"), &err), 0);
    assert_int_equal(json_scan(&ix, SLICE("[]"), &err), -1);
    json_index_done(&ix);
}

static void test_node_limit(void **state)
{
    (void)state;
    struct json_index ix;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    ix.max_nodes = 5;
    assert_int_equal(json_scan(&ix, SLICE("[1,2,3,4]"), &err), 0);
    assert_int_equal(json_scan(&ix, SLICE("[1,2,3,4,5]"), &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg, "line 1, column 10: more names and values than the limit");
    assert_int_equal(json_scan(&ix, SLICE("{\"a\":1,\"b\":2}"), &err), 0);
    assert_int_equal(json_scan(&ix, SLICE("{\"a\":1,\"b\":[2]}"), &err), -1);
    ix.max_nodes = 4;
    assert_int_equal(json_scan(&ix, SLICE("[1,2,3,4]"), &err), -1);
    ix.max_nodes = 0;
    assert_int_equal(json_scan(&ix, SLICE("1"), &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    json_index_done(&ix);
}

static void test_length_limit(void **state)
{
    (void)state;
    struct json_index ix;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    assert_int_equal(json_scan(&ix, (struct slice){ "1", JSON_TEXT_MAX + 1 }, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    assert_string_equal(err.msg, "line 1, column 1: the text is longer than the scanner's limit");
    json_index_done(&ix);
}

/* More nodes than the first guess: the index grows and keeps what it has. */
static void test_growth(void **state)
{
    (void)state;
    enum { ELEMENTS = 100000 };
    char *text = malloc(2 * ELEMENTS + 1);
    assert_non_null(text);
    text[0] = '[';
    for (size_t i = 0; i < ELEMENTS; i++) {
        text[1 + 2 * i] = (char)('0' + i % 10);
        text[2 + 2 * i] = i + 1 < ELEMENTS ? ',' : ']';
    }
    struct json_index ix;
    struct error err = ERROR_INIT;
    json_index_init(&ix);
    assert_int_equal(json_scan(&ix, (struct slice){ text, 2 * ELEMENTS + 1 }, &err), 0);
    assert_int_equal(ix.count, ELEMENTS + 1);
    for (uint32_t i = 0; i < ELEMENTS; i++)
        assert_int_equal(ix.nodes[i + 1].pos, 1 + 2 * i);
    const struct json_node *memory = ix.nodes;
    assert_int_equal(json_scan(&ix, SLICE("[1]"), &err), 0);
    assert_ptr_equal(ix.nodes, memory);
    assert_int_equal(ix.count, 2);
    free(text);
    json_index_done(&ix);
    assert_null(ix.nodes);
    assert_int_equal(ix.max_depth, JSON_DEPTH_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),     cmocka_unit_test(test_refused),
        cmocka_unit_test(test_nul_bytes),    cmocka_unit_test(test_characters),
        cmocka_unit_test(test_bytes),        cmocka_unit_test(test_positions),
        cmocka_unit_test(test_depth_limit),  cmocka_unit_test(test_node_limit),
        cmocka_unit_test(test_length_limit), cmocka_unit_test(test_growth),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
