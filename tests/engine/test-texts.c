/*
 * What people get to read: denials, warnings and audit annotations are short, printable, and never
 * hold the value of a sensitive annotation.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "inject/annotation.h"
#include "json/write.h"
#include "support/engine-test.h"

#define MARK "Tr0ub4dor"
#define VALUE_BUF_MAX 4096
#define LONG_VALUE 300
#define SHOWN_MAX (TEXT_VALUE_MAX + 1) /* one more byte of the value would be too many */

/* A pod with one secret and both containers, to which annotations are added. */
#define BASE_CASE "tests/cases/inject/injected"

static const struct test_case *base_case(void)
{
    for (size_t i = 0; i < engine_test.cases.count; i++) {
        if (slice_equal(engine_test.cases.at[i].path, SLICE(BASE_CASE)))
            return &engine_test.cases.at[i];
    }
    fail_msg("no case " BASE_CASE);
    return NULL;
}

/* The base pod with one more annotation, given to the engine. */
static void run_with(const struct annotation *row, const char *suffix, struct slice value)
{
    const struct test_case *c = base_case();
    char name[128];
    struct buf text;
    (void)snprintf(name, sizeof(name), "vault.hashicorp.com/" SLICE_FMT "%s", SLICE_ARG(row->name),
                   suffix);
    buf_init(&text, VALUE_BUF_MAX);
    struct json_writer w = json_writer(&text);
    json_put_string(&w, value);
    assert_true(rewrite_open(&engine_test.rewrite, c->body));
    struct slice body = rewrite_annotated(&engine_test.rewrite, slice_of(name), buf_slice(&text));
    review_run(&engine_test.other, &c->options.inject, body);
    buf_done(&text);
}

/* The answer holds the patch in base64 only, so nothing readable is overlooked here. */
static void assert_hidden(const struct annotation *row, const char *value)
{
    const struct review_run *r = &engine_test.other;
    if (slice_contains(buf_slice(&r->answer), SLICE(MARK)) ||
        slice_contains(slice_of(r->err.msg), SLICE(MARK)) ||
        slice_contains(r->decision.message, SLICE(MARK)))
        fail_msg(SLICE_FMT " = %s: the value is shown: " SLICE_FMT, SLICE_ARG(row->name), value,
                 SLICE_ARG(buf_slice(&r->answer)));
}

/* Not among them: operation names and paths of a JSON patch, which are its structure and are shown;
 * "Unexpected kind: <op>" is upstream's own text. */
static const char *const sensitive_values[] = {
    MARK,
    "[" MARK,
    "\"" MARK,
    "{\"" MARK "\": 1}",
    "{\"a\": 1, \"a\": \"" MARK "\"}",
    "[{\"op\": \"add\", \"" MARK "\": 1}]",
    "[{\"op\": \"test\", \"path\": \"/name\", \"value\": \"" MARK "\"}]",
    "[{\"op\": \"add\", \"path\": \"/args\", \"value\": \"" MARK "\"}]",
    "[{\"op\": \"replace\", \"path\": \"/command\", \"value\": {\"" MARK "\": \"" MARK "\"}}]",
    "[{\"op\": \"add\", \"path\": \"/env/-\", \"value\": {\"name\": 1, \"value\": \"" MARK "\"}}]",
    MARK "\x1b\n\\u0000",
};

static void sensitive_values_are_not_shown(void **state)
{
    unsigned rows = 0, denied = 0;
    (void)state;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        if (!row->sensitive)
            continue;
        rows++;
        for (size_t i = 0; i < sizeof(sensitive_values) / sizeof(sensitive_values[0]); i++) {
            const char *suffix = row->kind == ANNOTATION_EXACT ? "" : "-db";
            run_with(row, suffix, slice_of(sensitive_values[i]));
            assert_hidden(row, sensitive_values[i]);
            denied += engine_test.other.decision.outcome == INJECT_DENIED;
        }
    }
    assert_true(rows >= 6);
    assert_true(denied >= 10);
}

/* Upstream's own text holds the value as it is: compatibility outranks the rule. */
static bool is_quoted_by_upstream(enum annotation_id id)
{
    return id == ANN_SHARE_PROCESSES || id == ANN_DEFAULT_TEMPLATE || id == ANN_TOKEN_VOLUME;
}

static void other_values_are_cut(void **state)
{
    char value[LONG_VALUE];
    unsigned denied = 0;
    (void)state;
    memset(value, 'Q', sizeof(value));
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        struct slice too_much = { value, SHOWN_MAX };
        if (row->sensitive || is_quoted_by_upstream(id))
            continue;
        run_with(row, row->kind == ANNOTATION_FAMILY ? "-db" : "",
                 (struct slice){ value, sizeof(value) });
        denied += engine_test.other.decision.outcome == INJECT_DENIED;
        if (slice_contains(buf_slice(&engine_test.other.answer), too_much))
            fail_msg(SLICE_FMT ": more than %d bytes are shown: " SLICE_FMT, SLICE_ARG(row->name),
                     TEXT_VALUE_MAX, SLICE_ARG(buf_slice(&engine_test.other.answer)));
    }
    assert_true(denied >= 20);
}

/* One line of valid UTF-8 without control characters? */
static bool is_printable(struct slice text)
{
    struct buf line;
    buf_init(&line, (size_t)1 << 20);
    text_put_line(&line, text, (size_t)1 << 20);
    bool same = slice_equal(buf_slice(&line), text);
    buf_done(&line);
    return same;
}

static void assert_readable(const struct test_case *c, const struct inject_decision *d)
{
    if (slice_is_present(d->message) && !is_printable(d->message))
        fail_msg(SLICE_FMT ": the message is not printable", SLICE_ARG(c->path));
    for (unsigned i = 0; i < d->warning_count; i++) {
        if (d->warnings[i].len > INJECT_WARNING_MAX || !is_printable(d->warnings[i]))
            fail_msg(SLICE_FMT ": warning %u is long or not printable: " SLICE_FMT,
                     SLICE_ARG(c->path), i, SLICE_ARG(d->warnings[i]));
        if (d->warnings[i].len == INJECT_WARNING_MAX)
            fail_msg(SLICE_FMT ": warning %u may have been cut: " SLICE_FMT, SLICE_ARG(c->path), i,
                     SLICE_ARG(d->warnings[i]));
    }
}

static void texts_are_short_and_printable(void **state)
{
    unsigned warnings = 0;
    (void)state;
    engine_each_case(c)
    {
        if (engine_test.run.rc < 0)
            continue;
        warnings += engine_test.run.decision.warning_count;
        assert_readable(c, &engine_test.run.decision);
    }
    assert_true(warnings > 20);
}

/* Each row with a value full of what does not belong into a line of text. */
static void odd_values_stay_printable(void **state)
{
    (void)state;
    for (enum annotation_id id = 0; id < ANNOTATION__COUNT; id++) {
        const struct annotation *row = annotation_info(id);
        if (is_quoted_by_upstream(id))
            continue;
        run_with(row, row->kind == ANNOTATION_FAMILY ? "-db" : "",
                 /* NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is tried */
                 SLICE("a\n\t\x1b[31m\x7f\xc2\x85\xe2\x80\xa8\xe2\x80\xae' \\ \""));
        if (engine_test.other.rc == 0)
            assert_readable(base_case(), &engine_test.other.decision);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sensitive_values_are_not_shown),
        cmocka_unit_test(other_values_are_cut),
        cmocka_unit_test(texts_are_short_and_printable),
        cmocka_unit_test(odd_values_stay_printable),
    };
    return cmocka_run_group_tests(tests, engine_test_set_up, engine_test_tear_down);
}
