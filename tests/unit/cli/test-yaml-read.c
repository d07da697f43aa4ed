/* The YAML reader: scalars as kubectl reads them, structure, merges, limits, places of errors. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/yaml-read.h"
#include "cli/yaml-tree.h"
#include "json/scan.h"

#define MEMORY_MAX ((size_t)64 << 20)

struct fixture {
    struct arena arena;
    struct buf json;
    struct yaml_places places;
    struct error err;
};

static void begin(struct fixture *f)
{
    *f = (struct fixture){ .err = ERROR_INIT };
    arena_init(&f->arena, MEMORY_MAX);
    buf_init(&f->json, YAML_JSON_MAX);
}

static void end(struct fixture *f)
{
    yaml_places_done(&f->places);
    buf_done(&f->json);
    arena_done(&f->arena);
}

static int read_text(struct fixture *f, struct slice yaml)
{
    return yaml_read(yaml, 1, &f->arena, &f->json, &f->places, &f->err);
}

static void expect_json(const char *yaml, const char *json)
{
    struct fixture f;
    begin(&f);
    if (read_text(&f, slice_of(yaml)) < 0)
        fail_msg("'%s' was refused: %s", yaml, f.err.msg);
    if (!slice_equal(buf_slice(&f.json), slice_of(json)))
        fail_msg("'%s' gave " SLICE_FMT ", expected %s", yaml, SLICE_ARG(buf_slice(&f.json)), json);
    end(&f);
}

static void expect_error(struct slice yaml, enum error_code code, const char *part)
{
    struct fixture f;
    begin(&f);
    if (read_text(&f, yaml) == 0)
        fail_msg("'%.60s' was accepted as " SLICE_FMT, yaml.ptr, SLICE_ARG(buf_slice(&f.json)));
    if (f.err.code != code || !strstr(f.err.msg, part))
        fail_msg("'%.60s' gave error %d '%s', expected %d '%s'", yaml.ptr, (int)f.err.code,
                 f.err.msg, (int)code, part);
    end(&f);
}

struct pair {
    const char *yaml, *json;
};

static void expect_pairs(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        expect_json(pairs[i].yaml, pairs[i].json);
}

#define EXPECT_PAIRS(pairs) expect_pairs((pairs), sizeof(pairs) / sizeof((pairs)[0]))

static void test_words(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "[y, Y, yes, Yes, YES, on, On, ON, true, True, TRUE]",
          "[true,true,true,true,true,true,true,true,true,true,true]" },
        { "[n, N, no, No, NO, off, Off, OFF, false, False, FALSE]",
          "[false,false,false,false,false,false,false,false,false,false,false]" },
        { "[yEs, tRue, oN, nO, oFF, fALSE, yes., nul]",
          "[\"yEs\",\"tRue\",\"oN\",\"nO\",\"oFF\",\"fALSE\",\"yes.\",\"nul\"]" },
        { "[null, Null, NULL, ~, ]", "[null,null,null,null]" },
        { "a:\nb: \nc: ~", "{\"a\":null,\"b\":null,\"c\":null}" },
        { "[nULL, '', \"\", 'null', \"~\"]", "[\"nULL\",\"\",\"\",\"null\",\"~\"]" },
        { "['true', \"no\", '1', \"0x10\"]", "[\"true\",\"no\",\"1\",\"0x10\"]" },
        { "", "null" },
        { "# only a comment\n", "null" },
        { "---\n", "null" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_integers(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "[0, 7, -3, +12, 1_000, 1__0_]", "[0,7,-3,12,1000,10]" },
        { "[0x1F, 0XfF, -0x10, +0x1_0]", "[31,255,-16,16]" },
        { "[0o17, 0O17, 017, 0644, -010, 00]", "[15,15,15,420,-8,0]" },
        { "[0b101, -0b11, 0B1]", "[5,-3,1]" },
        { "[9223372036854775807, 9007199254740993, 18446744073709551615]",
          "[9223372036854775807,9007199254740993,18446744073709551615]" },
        { "123456789012345678901234567890", "123456789012345678901234567890" },
        { "[0xffffffffffffffff, 0x10000000000000000]",
          "[18446744073709551615,\"0x10000000000000000\"]" },
        { "[-0x8000000000000000, -0x8000000000000001]",
          "[-9223372036854775808,\"-0x8000000000000001\"]" },
        { "[0x, 0b2, 0o8, 0xg, _1, 1a, '-', +, 1-2]",
          "[\"0x\",\"0b2\",\"0o8\",\"0xg\",\"_1\",\"1a\",\"-\",\"+\",\"1-2\"]" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_floats(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "[0.1, 1.0, -2.50, 1e3, 1E-2, 1e400]", "[0.1,1.0,-2.50,1e3,1E-2,1e400]" },
        { "[.5, -.5, +.5, 5., +1.5, 08, 09.5, 1_0.5]", "[0.5,-0.5,0.5,5,1.5,8,9.5,10.5]" },
        { "[1.2.3, 1e, 1e+, ., .., .a, 1.5Gi, 100m, +1e400]",
          "[\"1.2.3\",\"1e\",\"1e+\",\".\",\"..\",\".a\",\"1.5Gi\",\"100m\",\"+1e400\"]" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_dates_and_base_60_are_text(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "[2001-12-14, 2001-12-14T21:59:43.10Z, '12:30']",
          "[\"2001-12-14\",\"2001-12-14T21:59:43.10Z\",\"12:30\"]" },
        { "[12:30:45, 190:20:30.15]", "[\"12:30:45\",\"190:20:30.15\"]" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_tags(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "[!!str 1, !!str true, !!str , !!int \"7\", !!bool 'yes', !!float 1, !!null ~]",
          "[\"1\",\"true\",\"\",7,true,1,null]" },
        { "[!mine 12, !!timestamp 2001-01-01, !!map {a: 1}, !!seq [1], !other {b: 2}]",
          "[\"12\",\"2001-01-01\",{\"a\":1},[1],{\"b\":2}]" },
        { "{!!str 1: a, !!int \"0x10\": b}", "{\"1\":\"a\",\"16\":\"b\"}" },
    };
    EXPECT_PAIRS(pairs);
    expect_error(SLICE("a: !!int x"), ERROR_SHAPE, "line 1, column 4");
    expect_error(SLICE("a: !!bool 1"), ERROR_SHAPE, "does not fit its tag !!bool");
    expect_error(SLICE("a: !!null x"), ERROR_SHAPE, "text");
    expect_error(SLICE("a: !!int 1.5"), ERROR_SHAPE, "!!int");
    expect_error(SLICE("a: !!binary aGk="), ERROR_SHAPE, "!!binary is not read");
}

static void test_infinite_numbers(void **state)
{
    (void)state;
    static const char *const words[] = { ".inf", "-.Inf", "+.INF", ".nan", ".NaN" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        expect_error(slice_of(words[i]), ERROR_SHAPE, "quote it");
    expect_json("'.inf'", "\".inf\"");
}

static void test_text(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "a: |\n  one\n   two\n\n  three\nb: x",
          "{\"a\":\"one\\n two\\n\\nthree\\n\",\"b\":\"x\"}" },
        { "a: |-\n  one\n", "{\"a\":\"one\"}" },
        { "a: |+\n  one\n\nb: 1", "{\"a\":\"one\\n\\n\",\"b\":1}" },
        { "a: >\n  one\n  two\n", "{\"a\":\"one two\\n\"}" },
        { "a: |\n  true\n", "{\"a\":\"true\\n\"}" },
        { "a: \"x\\ty\\u00e9\\x41\\0\"", "{\"a\":\"x\\ty\xc3\xa9"
                                         "A\\u0000\"}" },
        { "a: 'it''s \"so\"'", "{\"a\":\"it's \\\"so\\\"\"}" },
        { "a: one\n  two", "{\"a\":\"one two\"}" },
        { "a: \xe2\x82\xac \xf0\x9f\x98\x80", "{\"a\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}" },
        { "\xef\xbb\xbf"
          "a: 1",
          "{\"a\":1}" },
        { "a: 1\r\nb: 2\r\n", "{\"a\":1,\"b\":2}" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_structure(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "z: 1\na:\n- x\n-  - w\n   - k: v\nm: {p: [], q: {}}",
          "{\"z\":1,\"a\":[\"x\",[\"w\",{\"k\":\"v\"}]],\"m\":{\"p\":[],\"q\":{}}}" },
        { "? a\n: b\n? c\n", "{\"a\":\"b\",\"c\":null}" },
        { "{\"kind\": \"Pod\", \"n\": 1.50}", "{\"kind\":\"Pod\",\"n\":1.50}" },
        { "%YAML 1.1\n---\na: 1\n...\n", "{\"a\":1}" },
    };
    EXPECT_PAIRS(pairs);
}

static void test_names(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "{1: a, true: b, off: c, 0x10: d, -0: e}",
          "{\"1\":\"a\",\"true\":\"b\",\"false\":\"c\",\"16\":\"d\",\"0\":\"e\"}" },
        { "{1.10: a, 0.1: b, 1e3: c, 1e6: d, 12345.5: e, 1e-5: f, 0.0001: g}",
          "{\"1.1\":\"a\",\"0.1\":\"b\",\"1000\":\"c\",\"1e+06\":\"d\",\"12345.5\":\"e\","
          "\"1e-05\":\"f\",\"0.0001\":\"g\"}" },
        { ".inf: a", "{\".inf\":\"a\"}" },
        { "&k a: 1\n*k : 2\n", NULL },
        { "x: &k a\n*k : 2\n", "{\"x\":\"a\",\"a\":2}" },
    };
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (pairs[i].json)
            expect_json(pairs[i].yaml, pairs[i].json);
        else
            expect_error(slice_of(pairs[i].yaml), ERROR_SHAPE, "twice");
    }
    expect_error(SLICE("a: 1\n~: 2"), ERROR_SHAPE, "line 2, column 1: a member's name is null");
    expect_error(SLICE("{[a]: 1}"), ERROR_SHAPE, "not a list or a map");
    expect_error(SLICE("x: {{a: 1}: 1}"), ERROR_SHAPE, "line 1, column 5");
}

static void test_duplicate_names(void **state)
{
    (void)state;
    expect_error(SLICE("a: 1\nb: 2\na: 3"), ERROR_SHAPE,
                 "line 3, column 1: this name stands twice in the same map, first in line 1");
    expect_error(SLICE("x:\n  'a': 1\n  \"a\": 2"), ERROR_SHAPE, "line 3, column 3");
    expect_error(SLICE("{1: a, '1': b}"), ERROR_SHAPE, "twice");
    expect_error(SLICE("{yes: a, on: b}"), ERROR_SHAPE, "twice");
    expect_json("- a: 1\n- a: 2", "[{\"a\":1},{\"a\":2}]");
}

static void test_aliases(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "a: &x {p: 1}\nb: *x\nc: [*x, *x]",
          "{\"a\":{\"p\":1},\"b\":{\"p\":1},\"c\":[{\"p\":1},{\"p\":1}]}" },
        { "a: &x 1\nb: *x\nc: &x 2\nw: *x", "{\"a\":1,\"b\":1,\"c\":2,\"w\":2}" },
        { "a: &x [1, &y 2]\nb: [*y, *x]", "{\"a\":[1,2],\"b\":[2,[1,2]]}" },
    };
    EXPECT_PAIRS(pairs);
    expect_error(SLICE("a: *x\nb: &x 1"), ERROR_SYNTAX,
                 "line 1, column 4: the alias has no anchor");
    expect_error(SLICE("a: &x\n  b: *x"), ERROR_SYNTAX,
                 "line 2, column 6: the anchor of this alias");
    expect_error(SLICE("&x [*x]"), ERROR_SYNTAX, "contains itself");
}

static void test_merges(void **state)
{
    (void)state;
    static const struct pair pairs[] = {
        { "b: &b {x: 1, w: 2}\nc: {<<: *b, w: 3, z: 4}",
          "{\"b\":{\"x\":1,\"w\":2},\"c\":{\"x\":1,\"w\":3,\"z\":4}}" },
        { "b: &b {x: 1}\nc: {x: 9, <<: *b}", "{\"b\":{\"x\":1},\"c\":{\"x\":9}}" },
        { "- &p {a: 1, b: 1}\n- &q {b: 2, c: 2}\n- {<<: [*p, *q], d: 4}",
          "[{\"a\":1,\"b\":1},{\"b\":2,\"c\":2},{\"a\":1,\"b\":1,\"c\":2,\"d\":4}]" },
        { "- &p {a: 1}\n- &q {<<: *p, b: 2}\n- {<<: *q}",
          "[{\"a\":1},{\"a\":1,\"b\":2},{\"a\":1,\"b\":2}]" },
        { "{'<<': 1, a: <<}", "{\"<<\":1,\"a\":\"<<\"}" },
        { "y: 1", "{\"true\":1}" },
        { "<<: {a: 1}", "{\"a\":1}" },
    };
    EXPECT_PAIRS(pairs);
    expect_error(SLICE("<<: 1"), ERROR_SHAPE, "line 1, column 5: << asks for a map");
    expect_error(SLICE("<<: [{a: 1}, 2]"), ERROR_SHAPE, "line 1, column 14: << asks for maps");
}

/* Each level holds ten of the one before. */
static void put_bomb(struct buf *out, const char *open, const char *close)
{
    buf_printf(out, "a0: &a0 %s\n", *open == '[' ? "[x]" : "{k: x}");
    for (int i = 1; i < 10; i++) {
        buf_printf(out, "a%d: &a%d %s", i, i, open);
        for (int k = 0; k < 10; k++)
            buf_printf(out, "%s*a%d", k ? ", " : "", i - 1);
        buf_printf(out, "%s\n", close);
    }
}

static void test_bombs(void **state)
{
    (void)state;
    static const char *const forms[][2] = { { "[", "]" }, { "{<<: [", "]}" } };
    for (size_t i = 0; i < 2; i++) {
        struct buf yaml;
        buf_init(&yaml, MEMORY_MAX);
        put_bomb(&yaml, forms[i][0], forms[i][1]);
        expect_error(buf_slice(&yaml), ERROR_LIMIT, "aliases expand to more than 8388608 bytes");
        buf_done(&yaml);
    }
}

static void put_repeated(struct buf *out, const char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        buf_put_slice(out, slice_of(text));
}

static void test_depth(void **state)
{
    (void)state;
    struct buf yaml;
    buf_init(&yaml, MEMORY_MAX);
    put_repeated(&yaml, "- ", YAML_DEPTH_MAX + 1);
    expect_error(buf_slice(&yaml), ERROR_LIMIT, "more than 512 levels");
    buf_clear(&yaml);
    put_repeated(&yaml, "[", 100000);
    struct fixture f;
    begin(&f);
    assert_int_equal(read_text(&f, buf_slice(&yaml)), -1);
    end(&f);
    /* depth that only aliases build */
    buf_clear(&yaml);
    buf_put_lit(&yaml, "- &a0 ");
    put_repeated(&yaml, "[", 100);
    put_repeated(&yaml, "]", 100);
    for (int i = 1; i < 10; i++) {
        buf_printf(&yaml, "\n- &a%d ", i);
        put_repeated(&yaml, "[", 100);
        buf_printf(&yaml, "*a%d", i - 1);
        put_repeated(&yaml, "]", 100);
    }
    expect_error(buf_slice(&yaml), ERROR_LIMIT, "more than 512 levels");
    buf_done(&yaml);
}

static void test_anchors(void **state)
{
    (void)state;
    struct buf yaml;
    buf_init(&yaml, MEMORY_MAX);
    put_repeated(&yaml, "- &x y\n", YAML_ANCHORS_MAX + 1);
    expect_error(buf_slice(&yaml), ERROR_LIMIT, "line 1025, column 3: more than 1024 anchors");
    buf_done(&yaml);
}

static void test_memory_limit(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    arena_done(&f.arena);
    arena_init(&f.arena, 64 << 10);
    assert_int_equal(read_text(&f, SLICE("a: [1, 2, 3]")), 0);
    struct buf yaml;
    buf_init(&yaml, MEMORY_MAX);
    put_repeated(&yaml, "- x\n", 10000);
    assert_int_equal(read_text(&f, buf_slice(&yaml)), -1);
    assert_int_equal(f.err.code, ERROR_LIMIT);
    buf_done(&yaml);
    end(&f);
}

static void test_syntax_errors(void **state)
{
    (void)state;
    static const struct {
        struct slice yaml;
        const char *place, *hint;
    } rows[] = {
        { SLICE_INIT("a: 1\n\tb: 2"), "line 2, column 1", "indent with spaces" },
        { SLICE_INIT("a: b: c"), "line 1, column 5", "quote text that holds \": \"" },
        { SLICE_INIT("a:\n  b: 1\n c: 2"), "line 3, column 2", "indentation" },
        { SLICE_INIT("a: \"x\nb: 1"), "line 2, column 5", "closing quote" },
        { SLICE_INIT("a: @x"), "line 1, column 4", "quote text that starts with @" },
        { SLICE_INIT("a: 1\nb: \x01"), "line 2, column 4", "control characters" },
        { SLICE_INIT("a: 1\nb: x\xff"), "line 2, column 5", "UTF-8" },
        { SLICE_INIT("a: x\0y"), "line 1, column 5", "control characters" },
        { SLICE_INIT("a: 1\n--- \nb: 2"), "line 2, column 1", "second document" },
        { SLICE_INIT("a: \"\\ud800\""), "line 1", "invalid Unicode" },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        expect_error(rows[i].yaml, ERROR_SYNTAX, rows[i].place);
        expect_error(rows[i].yaml, ERROR_SYNTAX, rows[i].hint);
    }
}

static void test_first_line(void **state)
{
    (void)state;
    struct fixture f;
    begin(&f);
    assert_int_equal(yaml_read(SLICE("a: 1\na: 2"), 10, &f.arena, &f.json, &f.places, &f.err), -1);
    assert_non_null(strstr(f.err.msg, "line 11, column 1"));
    end(&f);
}

static void test_places(void **state)
{
    (void)state;
    static const struct yaml_place places[] = { { 1, 1 }, { 1, 1 }, { 2, 3 }, { 2, 3 }, { 2, 6 },
                                                { 3, 1 }, { 3, 4 }, { 3, 5 }, { 4, 3 } };
    struct fixture f;
    begin(&f);
    assert_int_equal(read_text(&f, SLICE("a:\n  b: 1\nc: [x,\n  2]")), 0);
    struct json_index ix;
    json_index_init(&ix);
    assert_int_equal(json_scan(&ix, buf_slice(&f.json), &f.err), 0);
    assert_int_equal(ix.count, f.places.count);
    assert_int_equal(f.places.count, sizeof(places) / sizeof(places[0]));
    assert_memory_equal(f.places.at, places, sizeof(places));
    json_index_done(&ix);
    end(&f);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),         cmocka_unit_test(test_integers),
        cmocka_unit_test(test_floats),        cmocka_unit_test(test_dates_and_base_60_are_text),
        cmocka_unit_test(test_tags),          cmocka_unit_test(test_infinite_numbers),
        cmocka_unit_test(test_text),          cmocka_unit_test(test_structure),
        cmocka_unit_test(test_names),         cmocka_unit_test(test_duplicate_names),
        cmocka_unit_test(test_aliases),       cmocka_unit_test(test_merges),
        cmocka_unit_test(test_bombs),         cmocka_unit_test(test_depth),
        cmocka_unit_test(test_anchors),       cmocka_unit_test(test_memory_limit),
        cmocka_unit_test(test_syntax_errors), cmocka_unit_test(test_first_line),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
