#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/log.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* The log goes to a pipe; "line" is what was read from it last. */
static struct {
    int ends[2];
    char line[4 * LOG_LINE_MAX];
} sink;

static int set_up(void **state)
{
    (void)state;
    return pipe2(sink.ends, O_NONBLOCK);
}

static int tear_down(void **state)
{
    (void)state;
    log_set_up(STDERR_FILENO, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    return close(sink.ends[0]) + close(sink.ends[1]);
}

static void use(enum log_level level, enum log_format format)
{
    log_set_up(sink.ends[1], level, format);
}

/* What was written since the last call, without the end of line; "" when nothing was. */
static const char *take_line(void)
{
    ssize_t n = read(sink.ends[0], sink.line, sizeof(sink.line) - 1);
    sink.line[n > 0 ? n : 0] = '\0';
    if (n > 0) {
        assert_int_equal(sink.line[n - 1], '\n');
        sink.line[n - 1] = '\0';
    }
    assert_null(strchr(sink.line, '\n')); /* one line per call */
    return sink.line;
}

/* The line behind its time stamp, the form of which is checked. */
static const char *take_text(void)
{
    static const char form[] = "0000-00-00T00:00:00.000Z ";
    const char *line = take_line();
    for (size_t i = 0; i < sizeof(form) - 1; i++) {
        if (form[i] == '0')
            assert_in_range(line[i], '0', '9');
        else
            assert_int_equal(line[i], form[i]);
    }
    return line + sizeof(form) - 1;
}

static void test_level_from_text(void **state)
{
    static const struct {
        const char *text;
        enum log_level level;
    } taken[] = {
        { "trace", LOG_LEVEL_TRACE },    { "debug", LOG_LEVEL_DEBUG },
        { "info", LOG_LEVEL_INFO },      { "notice", LOG_LEVEL_INFO },
        { "", LOG_LEVEL_INFO },          { "  ", LOG_LEVEL_INFO },
        { "warn", LOG_LEVEL_WARN },      { "warning", LOG_LEVEL_WARN },
        { "err", LOG_LEVEL_ERROR },      { "error", LOG_LEVEL_ERROR },
        { " Debug\n", LOG_LEVEL_DEBUG }, { "TRACE", LOG_LEVEL_TRACE },
        { "wArNiNg", LOG_LEVEL_WARN },
    };
    static const char *const refused[] = { "verbose", "errors",   "inf",  "off",
                                           "2",       "warn ing", "fatal" };
    (void)state;
    for (size_t i = 0; i < COUNT(taken); i++) {
        enum log_level level = LOG_LEVEL__COUNT;
        assert_true(log_level_from_text(slice_of(taken[i].text), &level));
        assert_int_equal(level, taken[i].level);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        enum log_level level = LOG_LEVEL__COUNT;
        assert_false(log_level_from_text(slice_of(refused[i]), &level));
        assert_int_equal(level, LOG_LEVEL__COUNT);
    }
}

static void test_format_from_text(void **state)
{
    static const char *const text[] = { "", "standard", "JSON", "json ", "text" };
    (void)state;
    assert_int_equal(log_format_from_text(SLICE("json")), LOG_FORMAT_JSON);
    for (size_t i = 0; i < COUNT(text); i++)
        assert_int_equal(log_format_from_text(slice_of(text[i])), LOG_FORMAT_TEXT);
}

static void test_text_lines(void **state)
{
    (void)state;
    use(LOG_LEVEL_TRACE, LOG_FORMAT_TEXT);
    log_write(LOG_LEVEL_INFO, "listening", LOG_NO_FIELDS);
    assert_string_equal(take_text(), "[INFO]  listening");
    log_write(LOG_LEVEL_ERROR, "it failed: 'x'",
              LOG_FIELDS(log_cstr("pod", "web-0"), log_int("secrets", -3), log_bool("tls", true),
                         log_bool("dry", false)));
    assert_string_equal(take_text(),
                        "[ERROR] it failed: 'x': pod=web-0 secrets=-3 tls=true dry=false");
    log_write(LOG_LEVEL_WARN, "w", LOG_FIELDS(log_cstr("a", NULL), log_string("b", SLICE(""))));
    assert_string_equal(take_text(), "[WARN]  w: b=\"\"");
    log_write(LOG_LEVEL_DEBUG, "d", LOG_FIELDS(log_string("a", SLICE_ABSENT)));
    assert_string_equal(take_text(), "[DEBUG] d");
    log_write(LOG_LEVEL_TRACE, "t", LOG_NO_FIELDS);
    assert_string_equal(take_text(), "[TRACE] t");
}

static void test_text_values_are_quoted_when_needed(void **state)
{
    static const struct {
        struct slice value;
        const char *shown;
    } cases[] = {
        { SLICE_INIT("plain/1.2:x@y'z"), "plain/1.2:x@y'z" },
        { SLICE_INIT("two words"), "\"two words\"" },
        { SLICE_INIT("a=b"), "\"a=b\"" },
        { SLICE_INIT("say \"x\""), "\"say \\\"x\\\"\"" },
        { SLICE_INIT("a\\b"), "\"a\\\\b\"" },
        { SLICE_INIT("a\nERROR b\x1b\x7f"), "\"a\\nERROR b\\u001b\\u007f\"" },
        { SLICE_INIT("\xc3\xbc\xff\xe2\x80\xae"), "\"\xc3\xbc\\ufffd\\u202e\"" },
    };
    (void)state;
    use(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    for (size_t i = 0; i < COUNT(cases); i++) {
        char expected[100];
        (void)snprintf(expected, sizeof(expected), "[INFO]  m: v=%s", cases[i].shown);
        log_write(LOG_LEVEL_INFO, "m", LOG_FIELDS(log_string("v", cases[i].value)));
        assert_string_equal(take_text(), expected);
    }
    log_write(LOG_LEVEL_INFO, "a\nb\x1b", LOG_NO_FIELDS);
    assert_string_equal(take_text(), "[INFO]  a\\nb\\x1b");
}

static json_t *take_json(void)
{
    json_error_t error;
    json_t *line = json_loads(take_line(), JSON_REJECT_DUPLICATES, &error);
    if (!line)
        fail_msg("%s in %s", error.text, sink.line);
    return line;
}

static void test_json_lines(void **state)
{
    (void)state;
    use(LOG_LEVEL_TRACE, LOG_FORMAT_JSON);
    log_write(LOG_LEVEL_WARN, "say \"x\"\n",
              LOG_FIELDS(log_string("name", SLICE("a\"\\\n\xff\xc3\xbc")), log_int("n", -5),
                         log_bool("yes", true), log_bool("no", false), log_cstr("gone", NULL)));
    json_t *line = take_json();
    assert_int_equal(json_object_size(line), 7);
    assert_string_equal(json_string_value(json_object_get(line, "@level")), "warn");
    assert_string_equal(json_string_value(json_object_get(line, "@message")), "say \"x\"\n");
    const char *time = json_string_value(json_object_get(line, "@timestamp"));
    assert_int_equal(strlen(time), strlen("2026-01-02T15:04:05.000000Z"));
    assert_string_equal(json_string_value(json_object_get(line, "name")),
                        "a\"\\\n\xef\xbf\xbd\xc3\xbc");
    assert_int_equal(json_integer_value(json_object_get(line, "n")), -5);
    assert_true(json_is_true(json_object_get(line, "yes")));
    assert_true(json_is_false(json_object_get(line, "no")));
    json_decref(line);
}

static void test_level_decides(void **state)
{
    (void)state;
    for (int limit = 0; limit < LOG_LEVEL__COUNT; limit++) {
        use((enum log_level)limit, LOG_FORMAT_TEXT);
        for (int level = 0; level < LOG_LEVEL__COUNT; level++) {
            log_write((enum log_level)level, "x", LOG_NO_FIELDS);
            assert_int_equal(take_line()[0] != '\0', level <= limit);
            assert_int_equal(log_is_enabled((enum log_level)level), level <= limit);
        }
    }
}

/* Whatever is logged: one line, at most LOG_LINE_MAX bytes, whole fields only, and valid JSON. */
static void test_long_lines(void **state)
{
    (void)state;
    char text[2 * LOG_LINE_MAX];
    memset(text, 1, sizeof(text)); /* grows by six when it is escaped */
    text[sizeof(text) - 1] = '\0';
    use(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    log_write(LOG_LEVEL_INFO, text,
              LOG_FIELDS(log_cstr("large", text), log_int("small", 1), log_cstr("larger", text)));
    assert_true(strlen(take_line()) + 1 <= LOG_LINE_MAX);
    json_t *line = json_loads(sink.line, 0, NULL);
    assert_non_null(line);
    assert_null(json_object_get(line, "large"));
    assert_int_equal(json_integer_value(json_object_get(line, "small")), 1);
    assert_true(json_is_true(json_object_get(line, "truncated")));
    json_decref(line);

    use(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_write(LOG_LEVEL_INFO, "m", LOG_FIELDS(log_cstr("large", text)));
    assert_string_equal(take_text(), "[INFO]  m: truncated=true");
    memset(text, 'x', sizeof(text) - 1);
    log_write(LOG_LEVEL_INFO, "m",
              LOG_FIELDS(log_cstr("a", text), log_cstr("b", text), log_cstr("c", text),
                         log_cstr("d", text)));
    const char *shown = take_text();
    assert_true(strlen(sink.line) + 1 <= LOG_LINE_MAX);
    assert_memory_equal(shown, "[INFO]  m: a=\"xxx", 17);
    assert_non_null(strstr(shown, "x...\" b=\"x"));
    assert_null(strstr(shown, " d="));
    assert_string_equal(shown + strlen(shown) - strlen("...\" truncated=true"),
                        "...\" truncated=true");
}

static void test_line_of_exactly_the_maximum(void **state)
{
    (void)state;
    char text[LOG_VALUE_MAX];
    memset(text, 'x', sizeof(text));
    use(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    bool seen_whole = false;
    bool seen_cut = false;
    for (size_t n = LOG_VALUE_MAX - 200; n <= LOG_VALUE_MAX; n++) {
        struct slice full = { text, LOG_VALUE_MAX };
        log_write(LOG_LEVEL_INFO, "m",
                  LOG_FIELDS(log_string("a", full), log_string("b", full), log_string("c", full),
                             log_string("d", (struct slice){ text, n })));
        json_t *line = take_json();
        assert_true(strlen(sink.line) + 1 <= LOG_LINE_MAX);
        bool is_cut = json_is_true(json_object_get(line, "truncated"));
        assert_int_equal(is_cut, !json_object_get(line, "d"));
        seen_cut = seen_cut || is_cut;
        seen_whole = seen_whole || !is_cut;
        json_decref(line);
    }
    assert_true(seen_whole && seen_cut);
}

/* However full the line is, the mark that something is missing finds room. */
static void test_mark_always_fits(void **state)
{
    (void)state;
    char text[LOG_VALUE_MAX];
    memset(text, 'x', sizeof(text));
    struct slice full = { text, LOG_VALUE_MAX };
    size_t longest = 0;
    use(LOG_LEVEL_INFO, LOG_FORMAT_JSON);
    for (size_t n = LOG_VALUE_MAX - 400; n <= LOG_VALUE_MAX; n++) {
        log_write(LOG_LEVEL_INFO, "m",
                  LOG_FIELDS(log_string("a", full), log_string("b", full), log_string("c", full),
                             log_string("d", (struct slice){ text, n }), log_string("e", full)));
        json_t *line = take_json();
        assert_true(json_is_true(json_object_get(line, "truncated")));
        json_decref(line);
        longest = strlen(sink.line) > longest ? strlen(sink.line) : longest;
    }
    assert_in_range(longest, LOG_LINE_MAX - 32, LOG_LINE_MAX - 1);
}

static void test_never_fails(void **state)
{
    (void)state;
    log_set_up(-1, LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    errno = ENOENT;
    log_write(LOG_LEVEL_INFO, "lost", LOG_NO_FIELDS);
    assert_int_equal(errno, ENOENT);
}

#define THREADS 4
#define LINES 6 /* THREADS * LINES lines of half a page fit into the pipe */

static void *write_lines(void *arg)
{
    char text[1500];
    memset(text, *(const char *)arg, sizeof(text));
    for (int i = 0; i < LINES; i++)
        log_write(LOG_LEVEL_INFO, "m",
                  LOG_FIELDS(log_string("v", (struct slice){ text, 1000 }),
                             log_string("w", (struct slice){ text, 1000 })));
    return NULL;
}

static void test_lines_of_threads_do_not_mix(void **state)
{
    (void)state;
    static char letters[THREADS] = { 'a', 'b', 'c', 'd' };
    pthread_t threads[THREADS];
    use(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, write_lines, &letters[i]), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_int_equal(close(sink.ends[1]), 0);
    FILE *lines = fdopen(dup(sink.ends[0]), "r");
    assert_non_null(lines);
    char line[LOG_LINE_MAX + 1];
    int count = 0;
    for (; fgets(line, sizeof(line), lines); count++) {
        const char *value = strstr(line, " v=");
        assert_non_null(value);
        assert_int_equal(strspn(value + 3, (char[]){ value[3], '\0' }), 1000);
        assert_memory_equal(value + 1003, " w=", 3);
        assert_int_equal(strspn(value + 1006, (char[]){ value[3], '\0' }), 1000);
        assert_string_equal(value + 2006, "\n");
    }
    assert_int_equal(count, THREADS * LINES);
    (void)fclose(lines);
    sink.ends[1] = dup(sink.ends[0]); /* for tear_down */
}

#define with_pipe(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void test_batch(void **state)
{
    static struct log_batch batch;
    char text[4 * LOG_LINE_MAX];
    (void)state;
    use(LOG_LEVEL_INFO, LOG_FORMAT_TEXT);
    log_add(&batch, LOG_LEVEL_DEBUG, "not enabled", LOG_NO_FIELDS);
    log_flush(&batch);
    assert_string_equal(take_line(), "");
    log_add(&batch, LOG_LEVEL_INFO, "first", LOG_FIELDS(log_int("n", 1)));
    log_add(&batch, LOG_LEVEL_INFO, "second", LOG_NO_FIELDS);
    assert_string_equal(take_line(), "");
    log_flush(&batch);
    ssize_t n = read(sink.ends[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    char *second = strchr(text, '\n') + 1;
    assert_non_null(strstr(text, "first: n=1\n"));
    assert_string_equal(strstr(second, "second"), "second\n");
    log_flush(&batch);
    assert_string_equal(take_line(), "");
    /* Never more than LOG_LINE_MAX bytes at once, and no line in two pieces. */
    for (unsigned i = 0; i < 100; i++) {
        log_add(&batch, LOG_LEVEL_INFO, "long",
                LOG_FIELDS(log_cstr("a", "0123456789"), log_int("i", i)));
        n = read(sink.ends[0], text, sizeof(text));
        if (n > 0) {
            assert_true(n <= LOG_LINE_MAX && n > LOG_LINE_MAX / 2);
            assert_int_equal(text[n - 1], '\n');
        }
    }
    log_flush(&batch);
    assert_true(read(sink.ends[0], text, sizeof(text)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_from_text),
        cmocka_unit_test(test_format_from_text),
        with_pipe(test_text_lines),
        with_pipe(test_text_values_are_quoted_when_needed),
        with_pipe(test_json_lines),
        with_pipe(test_level_decides),
        with_pipe(test_long_lines),
        with_pipe(test_line_of_exactly_the_maximum),
        with_pipe(test_mark_always_fits),
        with_pipe(test_never_fails),
        with_pipe(test_batch),
        with_pipe(test_lines_of_threads_do_not_mix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
