/* The YAML writer: exact forms of what people look at, and round trips for everything else. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/yaml-read.h"
#include "cli/yaml-write.h"

#define MEMORY_MAX ((size_t)64 << 20)

/* The YAML form of json, in *yaml; 0 or -1. */
static int write_text(const char *json, struct buf *yaml, struct error *err)
{
    struct json_index ix;
    struct arena arena;
    json_index_init(&ix);
    arena_init(&arena, MEMORY_MAX);
    if (json_scan(&ix, slice_of(json), err) < 0)
        fail_msg("%s: %s", json, err->msg);
    int result = yaml_write(&ix, JSON_ROOT, &arena, yaml, err);
    arena_done(&arena);
    json_index_done(&ix);
    return result;
}

static void expect_reads_back(struct slice yaml, const char *json)
{
    struct error err = ERROR_INIT;
    struct arena arena;
    struct buf again;
    struct yaml_places places = { 0 };
    arena_init(&arena, MEMORY_MAX);
    buf_init(&again, YAML_JSON_MAX);
    if (yaml_read(yaml, 1, &arena, &again, &places, &err) < 0)
        fail_msg(SLICE_FMT ": %s", SLICE_ARG(yaml), err.msg);
    if (!slice_equal(buf_slice(&again), slice_of(json)))
        fail_msg(SLICE_FMT " reads back as " SLICE_FMT ", expected %s", SLICE_ARG(yaml),
                 SLICE_ARG(buf_slice(&again)), json);
    yaml_places_done(&places);
    buf_done(&again);
    arena_done(&arena);
}

/* yaml may be NULL: only the way back counts. json is compact. */
static void expect_yaml(const char *json, const char *yaml)
{
    struct error err = ERROR_INIT;
    struct buf text;
    buf_init(&text, YAML_TEXT_MAX);
    if (write_text(json, &text, &err) < 0)
        fail_msg("%s: %s", json, err.msg);
    if (yaml && !slice_equal(buf_slice(&text), slice_of(yaml)))
        fail_msg("%s gave\n" SLICE_FMT "expected\n%s", json, SLICE_ARG(buf_slice(&text)), yaml);
    expect_reads_back(buf_slice(&text), json);
    buf_done(&text);
}

static void test_layout(void **state)
{
    (void)state;
    expect_yaml(
        "{\"kind\":\"Pod\",\"spec\":{\"containers\":[{\"name\":\"a\",\"args\":[\"-v\",\"--x=1\"]},"
        "{\"name\":\"b\"}],\"volumes\":[],\"nodeSelector\":{}}}",
        "kind: Pod\nspec:\n  containers:\n  - name: a\n    args:\n    - -v\n    - --x=1\n"
        "  - name: b\n  volumes: []\n  nodeSelector: {}\n");
    expect_yaml("[[1,[2,[]]],{\"a\":{\"b\":null}}]",
                "- - 1\n  - - 2\n    - []\n- a:\n    b: null\n");
    expect_yaml("{\"z\":1.50,\"a\":9007199254740993,\"m\":1e400}",
                "z: 1.50\na: 9007199254740993\nm: 1e400\n");
    expect_yaml("\"x\"", "x\n");
    expect_yaml("{}", "{}\n");
    expect_yaml("null", "null\n");
}

static void test_plain_text(void **state)
{
    (void)state;
    static const char *const plain[] = {
        "web",
        "app:1.0",
        "a b",
        "/var/run",
        "https://vault:8200",
        "-x",
        "--log=info",
        "a#b",
        "x, y [z]",
        "it's",
        "a/b.c_d",
        "Yesterday",
        "nobody",
        "100m",
        "1Gi",
        "$(NAME)",
        "=x",
        "vault.hashicorp.com/agent-inject",
        "\xc3\xa9t\xc3\xa9",
        "<a>",
    };
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        char json[128], yaml[128];
        (void)snprintf(json, sizeof(json), "\"%s\"", plain[i]);
        (void)snprintf(yaml, sizeof(yaml), "%s\n", plain[i]);
        expect_yaml(json, yaml);
    }
}

static void test_quoted_text(void **state)
{
    (void)state;
    static const char *const quoted[] = {
        "",      "true",  "No",       "y",    "null",       "~",        "1",        "0x1f",
        "1e3",   "1_0",   ".5",       ".inf", "-",          "- a",      "---",      "...",
        "a: b",  "a:",    "a #b",     " a",   "a ",         "@a",       "`a",       "%a",
        "*a",    "&a",    "!a",       "|",    ">",          "[a]",      "{a}",      "#a",
        "?a",    ":a",    ",a",       "'a'",  "2001-01-01", "12:30:45", "<<",       "=",
        "1.2.3", "1e400", "10.0.0.1", "0o7",  "--- a",      "-",        "\xc2\x85", "\xe2\x80\xa8",
        "\x7f",
    };
    for (size_t i = 0; i < sizeof(quoted) / sizeof(quoted[0]); i++) {
        char json[128];
        (void)snprintf(json, sizeof(json), "\"%s\"", quoted[i]);
        struct error err = ERROR_INIT;
        struct buf text;
        buf_init(&text, YAML_TEXT_MAX);
        assert_int_equal(write_text(json, &text, &err), 0);
        if (text.data[0] != '"')
            fail_msg("'%s' is not quoted", quoted[i]);
        buf_done(&text);
        expect_yaml(json, NULL);
    }
    expect_yaml("\"{\\\"a\\\":'1'}\"", "'{\"a\":''1''}'\n");
    expect_yaml("\"a\\\\b\"", "a\\b\n");
    expect_yaml("\"tab\\there\"", "\"tab\\there\"\n");
}

static void test_blocks(void **state)
{
    (void)state;
    expect_yaml("{\"a\":\"one\\n two\\n\\nthree\\n\",\"b\":1}",
                "a: |\n  one\n   two\n\n  three\nb: 1\n");
    expect_yaml("{\"a\":\"one\\ntwo\"}", "a: |-\n  one\n  two\n");
    expect_yaml("{\"a\":\"one\\n\\n\",\"b\":1}", "a: |+\n  one\n\nb: 1\n");
    expect_yaml("{\"a\":\" one\\ntwo\"}", "a: |2-\n   one\n  two\n");
    expect_yaml("[\"one\\ntwo\",{\"a\":[\"x\\ny\\n\"]}]",
                "- |-\n  one\n  two\n- a:\n  - |\n    x\n    y\n");
    static const char *const texts[] = {
        "\"\\n\"",          "\"\\n\\n\"",
        "\" \\n\"",         "\"\\na\"",
        "\"\\n a\"",        "\"a\\n  \"",
        "\"a\\n\\t\\n\"",   "\"\\ta\\nb\"",
        "\"a\\rb\\n\"",     "\"a\\r\\nb\"",
        "\"a \\nb \\n\"",   "\"---\\na\\n---\"",
        "\"a\\n\xc2\x85\"", "\"a: b\\n- c\\n#d\\n\"",
        "\"  \\n\\na\\n\"", "\"\\n\\n  a\\nb\\n\\n\\n\"",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char json[128];
        (void)snprintf(json, sizeof(json), "{\"a\":%s,\"l\":[%s]}", texts[i], texts[i]);
        expect_yaml(json, NULL);
    }
}

static void test_names(void **state)
{
    (void)state;
    expect_yaml("{\"true\":1,\"1\":2,\"a b\":3,\"a: b\":4,\"\":5,\"a\\nb\":6,\"<<\":7}",
                "\"true\": 1\n\"1\": 2\na b: 3\n\"a: b\": 4\n\"\": 5\n\"a\\nb\": 6\n\"<<\": 7\n");
    char json[3000];
    char name[1200];
    memset(name, 'x', sizeof(name));
    (void)snprintf(json, sizeof(json), "{\"a\":{\"%.1100s\":[1],\"b\":{\"%.1100s\":\"c\\nx\"}}}",
                   name, name);
    expect_yaml(json, NULL);
}

static void test_odd_escapes(void **state)
{
    (void)state;
    expect_yaml("\"a\\u0000b\"", "\"a\\u0000b\"\n");
    struct error err = ERROR_INIT;
    struct buf text;
    buf_init(&text, YAML_TEXT_MAX);
    assert_int_equal(write_text("\"\\u0000\\ud83d\\ude00\\/\"", &text, &err), 0);
    expect_reads_back(buf_slice(&text), "\"\\u0000\xf0\x9f\x98\x80/\"");
    buf_clear(&text);
    static const char *const lone[] = { "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\"",
                                        "{\"\\ud800x\":1}" };
    for (size_t i = 0; i < sizeof(lone) / sizeof(lone[0]); i++) {
        assert_int_equal(write_text(lone[i], &text, &err), -1);
        assert_int_equal(err.code, ERROR_SHAPE);
        assert_non_null(strstr(err.msg, "use -o json"));
    }
    buf_done(&text);
}

static void test_output_limit(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf text;
    buf_init(&text, 8);
    assert_int_equal(write_text("[\"long enough\"]", &text, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&text);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout),       cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_quoted_text),  cmocka_unit_test(test_blocks),
        cmocka_unit_test(test_names),        cmocka_unit_test(test_odd_escapes),
        cmocka_unit_test(test_output_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
