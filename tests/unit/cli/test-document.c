/* Cutting a file into documents, choosing JSON or YAML, and the places of values. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/document.h"

/* A document as "J<line>:<json>" or "Y<line>:<json>", an error as "!"; joined by spaces. */
static void list_documents(struct slice text, struct buf *out)
{
    struct document_stream stream = document_stream(text);
    struct document doc;
    bool is_found = true;
    document_init(&doc);
    for (int i = 0; is_found && i < 20; i++) {
        struct error err = ERROR_INIT;
        if (document_next(&stream, &doc, &is_found, &err) < 0) {
            assert_true(err.msg[0] != '\0');
            buf_put_lit(out, "! ");
        } else if (is_found) {
            buf_printf(out, "%c%u:", doc.is_json ? 'J' : 'Y', doc.line);
            buf_put_slice(out, json_raw(&doc.index, JSON_ROOT));
            buf_put_char(out, ' ');
        }
    }
    document_done(&doc);
}

static void expect(const char *text, const char *documents)
{
    struct buf out;
    buf_init(&out, 4096);
    list_documents(slice_of(text), &out);
    if (!slice_equal(buf_slice(&out), slice_of(documents)))
        fail_msg("'%s' gave " SLICE_FMT ", expected %s", text, SLICE_ARG(buf_slice(&out)),
                 documents);
    buf_done(&out);
}

static void test_empty(void **state)
{
    (void)state;
    static const char *const texts[] = { "",        "\n \n",      "---\n", "# a\n---\n---\n# b\n",
                                         "--- ~\n", "null\n---\n" };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(texts[i], "");
}

static void test_yaml(void **state)
{
    (void)state;
    expect("a: 1", "Y1:{\"a\":1} ");
    expect("a: 1\n---\nb: 2\n--- \nc: 3\n", "Y1:{\"a\":1} Y2:{\"b\":2} Y4:{\"c\":3} ");
    expect("a: 1\r\n---\r\nb: 2\r\n", "Y1:{\"a\":1} Y2:{\"b\":2} ");
    expect("# top\n%YAML 1.1\n---\na: 1\n", "Y1:{\"a\":1} ");
    expect("--- {a: 1}\n--- # b\nb: 2\n", "Y1:{\"a\":1} Y2:{\"b\":2} ");
    expect("a: |\n  x\n  ---\nb: ---x\n", "Y1:{\"a\":\"x\\n---\\n\",\"b\":\"---x\"} ");
    expect("---x: 1\n", "Y1:{\"---x\":1} ");
}

static void test_json(void **state)
{
    (void)state;
    expect(" {\"a\": 1}\n", "J1:{\"a\": 1} ");
    expect("{\"a\":1}{\"b\":2}\n\n[3]", "J1:{\"a\":1} J1:{\"b\":2} J3:[3] ");
    expect("{\"a\":\"}{\\\"\"}{\"b\":2}", "J1:{\"a\":\"}{\\\"\"} J1:{\"b\":2} ");
    expect("---\n{\"a\":1}\n---\n\n[2]\n---\nb: 3", "J2:{\"a\":1} J5:[2] Y6:{\"b\":3} ");
    expect("a: 1\n---\n{\"b\":2}\n", "Y1:{\"a\":1} J3:{\"b\":2} ");
    expect("{\"a\":1}\n---\nb: 2", "J1:{\"a\":1} Y2:{\"b\":2} ");
}

static void test_json_that_is_yaml(void **state)
{
    (void)state;
    expect("{a: 1}", "Y1:{\"a\":1} ");
    expect("{\"a\": 1,}", "Y1:{\"a\":1} ");
    expect("[a, b]\n---\n{\"c\": 1}", "Y1:[\"a\",\"b\"] J3:{\"c\": 1} ");
    expect("# comment\n{\"a\": 1}", "Y1:{\"a\":1} ");
    expect("{\"a\": 1} x", "! ");
    expect("{\"a\": [", "! ");
}

static void test_errors_do_not_stop_the_stream(void **state)
{
    (void)state;
    expect("a: [\n---\nb: 2\n---\nc: }\n---\nx: 4", "! Y2:{\"b\":2} ! Y6:{\"x\":4} ");
    expect("{\"a\" 1}\n---\n{\"b\":2}", "! J3:{\"b\":2} ");
}

static void expect_error(const char *text, const char *part)
{
    struct document_stream stream = document_stream(slice_of(text));
    struct error err = ERROR_INIT;
    struct document doc;
    bool is_found = false;
    document_init(&doc);
    while (document_next(&stream, &doc, &is_found, &err) == 0)
        assert_true(is_found);
    if (!strstr(err.msg, part))
        fail_msg("'%s' gave '%s', expected '%s'", text, err.msg, part);
    document_done(&doc);
}

static void test_error_places(void **state)
{
    (void)state;
    expect_error("a: 1\n---\nb: 1\nb: 2\n", "line 4, column 1");
    expect_error("a: 1\n---\n{\"b\" 1}", "neither JSON (in the document at line 3: ");
    expect_error("{\"a\" 1}", "nor YAML (line 1");
}

static void expect_place(const char *text, const char *name, uint32_t line, uint32_t column)
{
    struct document_stream stream = document_stream(slice_of(text));
    struct error err = ERROR_INIT;
    struct document doc;
    bool is_found = true;
    json_ref value = JSON_ABSENT;
    document_init(&doc);
    while (is_found && value == JSON_ABSENT) {
        assert_int_equal(document_next(&stream, &doc, &is_found, &err), 0);
        value = is_found ? json_member(&doc.index, JSON_ROOT, slice_of(name)) : JSON_ABSENT;
    }
    assert_int_not_equal(value, JSON_ABSENT);
    struct yaml_place place = document_place(&doc, value);
    assert_int_equal(place.line, line);
    assert_int_equal(place.column, column);
    document_done(&doc);
}

#define MARK "\xef\xbb\xbf" /* U+FEFF */

static void test_byte_order_mark(void **state)
{
    (void)state;
    expect(MARK "a: 1\n---\nb: 2\n", "Y1:{\"a\":1} Y2:{\"b\":2} ");
    expect(MARK "---\na: 1\n", "Y1:{\"a\":1} ");
    expect(MARK "{\"a\": 1}", "Y1:{\"a\":1} ");
    expect(MARK, "");
    expect("\xef\xbb", "! ");
    expect_place(MARK "a: 1", "a", 1, 4);
    expect_error(MARK "a: }", "line 1, column 4");
}

static void test_places(void **state)
{
    (void)state;
    expect_place("a: 1\nb:  2", "b", 2, 5);
    expect_place("x: 1\n---\na: 1\nb: 2", "b", 4, 4);
    expect_place("{\"a\": 1,\n \"b\": true}", "b", 2, 7);
    expect_place("{\"x\": 1}\n\n {\"a\": 1, \"b\": \"c\"}", "b", 3, 16);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_yaml),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_json_that_is_yaml),
        cmocka_unit_test(test_errors_do_not_stop_the_stream),
        cmocka_unit_test(test_error_places),
        cmocka_unit_test(test_byte_order_mark),
        cmocka_unit_test(test_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
