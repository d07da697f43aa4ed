/*
 * The scanner with AVX2 (where the processor has it), with SSE2 and without either on the same texts:
 * same answer, same message, same nodes.
 * Arguments: [-n COUNT] [-s SEED] [CORPUS].
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "json/scan.h"
#include "support/corpus.h"
#include "support/portable-scan.h"

static struct series series = { .count = 20000, .seed = 20240229 };
static struct corpus corpus;

typedef int scan(struct json_index *ix, struct slice text, struct error *err);

static scan *const SCANS[] = { portable_json_scan, sse2_json_scan, json_scan };

#define SCANS_COUNT (sizeof(SCANS) / sizeof(SCANS[0]))

struct scans {
    struct json_index of[SCANS_COUNT];
    unsigned accepted;
};

static void scans_init(struct scans *s)
{
    s->accepted = 0;
    for (size_t i = 0; i < SCANS_COUNT; i++)
        json_index_init(&s->of[i]);
}

static void scans_done(struct scans *s)
{
    for (size_t i = 0; i < SCANS_COUNT; i++)
        json_index_done(&s->of[i]);
}

static void compare_copy(struct scans *s, struct slice text)
{
    struct error first_err = ERROR_INIT;
    const struct json_index *first = &s->of[0];
    int rc = SCANS[0](&s->of[0], text, &first_err);
    s->accepted += rc == 0;
    for (size_t i = 1; i < SCANS_COUNT; i++) {
        struct error err = ERROR_INIT;
        assert_int_equal(SCANS[i](&s->of[i], text, &err), rc);
        assert_int_equal(err.code, first_err.code);
        assert_string_equal(err.msg, first_err.msg);
        assert_int_equal(s->of[i].count, first->count);
        if (rc == 0)
            assert_memory_equal(s->of[i].nodes, first->nodes, first->count * sizeof(*first->nodes));
    }
}

/* The text is copied to memory of exactly its size, so that sanitizers see what is read beside it. */
static void compare(struct scans *s, struct slice text)
{
    char *copy = malloc(text.len + (text.len == 0));
    assert_non_null(copy);
    memcpy(copy, text.ptr, text.len);
    compare_copy(s, (struct slice){ copy, text.len });
    free(copy);
}

static void test_same(void **state)
{
    (void)state;
    struct gen g = { series.seed };
    struct scans s;
    struct buf text;
    scans_init(&s);
    buf_init(&text, (size_t)4 << 20);
    print_message("seed %llu, %u texts, %zu from the corpus\n", (unsigned long long)series.seed,
                  series.count, corpus.count);
    for (size_t i = 0; i < corpus.count; i++)
        compare(&s, buf_slice(&corpus.texts[i]));
    for (unsigned i = 0; i < series.count; i++) {
        corpus_make(&corpus, &g, i, &text);
        compare(&s, buf_slice(&text));
    }
    buf_done(&text);
    scans_done(&s);
}

/* Small texts with all that strings, containers and their ends can be. */
static const char *const SMALL[] = {
    "{}",
    "[]",
    " [ ] \n",
    "[[],{},[{}],{\"\":[]}]",
    "{\"a\":{\"b\":{\"c\":[{\"d\":\"e\"},{}]}},\"f\":null}",
    "{\"kind\":\"Pod\",\"n\":-12.5e+3,\"t\":true,\"f\":false,\"l\":[1,\"two\",[3]]}",
    "{\n\t\"a\" : \"b\" ,\r\n \"c\":[ \"d\" , 4 ]\n}\n",
    "{\"k:{\\\"name\\\":\\\"x\\\"}\":{\".\":{}},\"\\\\\":\"\\\\\\\"\",\"u\":\"\\u00e9\\n\"}",
    "[\"B\xc3\xbcro\",\"\xe2\x80\x93\xf0\x9f\x98\x80\",\"\x7f\",\"\"]",
    "{\"more than 64 bytes, so that all of a block is in the middle of it\":[\"\\t, and so on\"]}",
};

#define SMALL_COUNT (sizeof(SMALL) / sizeof(SMALL[0]))

static void test_truncated(void **state)
{
    (void)state;
    struct scans s;
    scans_init(&s);
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        for (size_t len = 0; len <= strlen(SMALL[i]); len++)
            compare(&s, (struct slice){ SMALL[i], len });
    }
    assert_true(s.accepted >= SMALL_COUNT);
    scans_done(&s);
}

/* Every byte of every small text becomes every other. */
static void test_one_byte(void **state)
{
    (void)state;
    struct scans s;
    struct buf text;
    scans_init(&s);
    buf_init(&text, 4096);
    for (size_t i = 0; i < SMALL_COUNT; i++) {
        size_t len = strlen(SMALL[i]);
        for (size_t at = 0; at < 256 * len; at++) {
            buf_clear(&text);
            buf_put(&text, SMALL[i], len);
            text.data[at / 256] = (char)(at % 256);
            compare(&s, buf_slice(&text));
        }
    }
    assert_true(s.accepted >= SMALL_COUNT);
    buf_done(&text);
    scans_done(&s);
}

/* An array of a string, or of white space and a string, and a small text at the place wanted, and again. */
static void put_moved(struct buf *out, const char *small, size_t place, char filler)
{
    buf_clear(out);
    buf_put_lit(out, "[");
    if (filler == 'a')
        buf_put_lit(out, "\"");
    for (size_t i = 0; i < place; i++)
        buf_put(out, &filler, 1);
    buf_put_slice(out, filler == 'a' ? SLICE("\",") : SLICE("\"\","));
    buf_put_slice(out, slice_of(small));
    buf_put_lit(out, ",");
    buf_put_slice(out, slice_of(small));
    buf_put_lit(out, "]");
}

/* Small texts at each place of a block, and around the end of what is marked at once. */
static void test_moved(void **state)
{
    (void)state;
    static const size_t PLACES[] = { 0, 16384 - 260, 32768 - 260 };
    struct scans s;
    struct buf text;
    scans_init(&s);
    buf_init(&text, (size_t)1 << 20);
    for (size_t i = 0; i < SMALL_COUNT * 3 * 2; i++) {
        for (size_t place = 0; place < 260; place++) {
            put_moved(&text, SMALL[i % SMALL_COUNT], PLACES[i / SMALL_COUNT % 3] + place,
                      i / SMALL_COUNT < 3 ? 'a' : '\n');
            compare(&s, buf_slice(&text));
        }
    }
    assert_int_equal(s.accepted, SMALL_COUNT * 3 * 2 * 260);
    buf_done(&text);
    scans_done(&s);
}

int main(int argc, char **argv)
{
    if (!corpus_begin(&corpus, &series, argc, argv))
        return 2;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_truncated),
        cmocka_unit_test(test_one_byte),
        cmocka_unit_test(test_moved),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    corpus_done(&corpus);
    return failed;
}
