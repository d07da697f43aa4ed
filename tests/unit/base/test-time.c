#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/time.h"

#define S INT64_C(1000000)

static void test_rfc3339(void **state)
{
    static const struct {
        int64_t us;
        enum time_precision precision;
        const char *text;
    } cases[] = {
        { 0, TIME_SECONDS, "1970-01-01T00:00:00Z" },
        { 0, TIME_MILLIS, "1970-01-01T00:00:00.000Z" },
        { 0, TIME_MICROS, "1970-01-01T00:00:00.000000Z" },
        { 1767366245 * S + 7089, TIME_MILLIS, "2026-01-02T15:04:05.007Z" },
        { 1767366245 * S + 7089, TIME_MICROS, "2026-01-02T15:04:05.007089Z" },
        { 1767366245 * S + 999999, TIME_SECONDS, "2026-01-02T15:04:05Z" }, /* cut, not rounded */
        { 951782399 * S, TIME_SECONDS, "2000-02-28T23:59:59Z" },
        { 951782400 * S, TIME_SECONDS, "2000-02-29T00:00:00Z" },
        { 4107542400 * S, TIME_SECONDS, "2100-03-01T00:00:00Z" }, /* no leap year */
        { -1, TIME_MICROS, "1969-12-31T23:59:59.999999Z" },
        { -1 * S, TIME_MILLIS, "1969-12-31T23:59:59.000Z" },
        { 253402300799 * S + 999999, TIME_MICROS, "9999-12-31T23:59:59.999999Z" },
        { 253402300800 * S, TIME_MICROS, "9999-12-31T23:59:59.999999Z" },
        { INT64_MAX, TIME_SECONDS, "9999-12-31T23:59:59Z" },
        { -62167219200 * S, TIME_MILLIS, "0000-01-01T00:00:00.000Z" },
        { -62167219200 * S - 1, TIME_MICROS, "0000-01-01T00:00:00.000000Z" },
        { INT64_MIN, TIME_SECONDS, "0000-01-01T00:00:00Z" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct buf out;
        buf_init(&out, 100);
        time_put_rfc3339(&out, cases[i].us, cases[i].precision);
        assert_string_equal(buf_cstr(&out), cases[i].text);
        buf_done(&out);
    }
}

static void test_reading(void **state)
{
    static const struct {
        const char *text;
        int64_t seconds;
    } cases[] = {
        { "1970-01-01T00:00:00Z", 0 },
        { "2026-01-02T15:04:05Z", 1767366245 },
        { "2026-01-02t15:04:05z", 1767366245 },
        { "2026-01-02T15:04:05.999999999999Z", 1767366245 },
        { "2026-01-02T17:34:05+02:30", 1767366245 },
        { "2026-01-01T23:04:05-16:00", 1767366245 },
        { "2026-01-02T15:04:05-00:00", 1767366245 },
        { "2016-12-31T23:59:60Z", 1483228800 }, /* a leap second */
        { "2000-02-29T00:00:00Z", 951782400 },
        { "2100-03-01T00:00:00Z", 4107542400 },
        { "1969-12-31T23:59:59Z", -1 },
        { "9999-12-31T23:59:59Z", 253402300799 },
        { "0000-01-01T00:00:00Z", -62167219200 },
        { "0000-03-01T00:00:00Z", -62162035200 },
    };
    static const char *const refused[] = {
        "",
        "2026",
        "2026-01-02",
        "2026-01-02T15:04:05",
        "2026-01-02 15:04:05Z",
        "2026-01-02T15:04Z",
        "2026-01-02T15:04:05.Z",
        "2026-01-02T15:04:05,5Z",
        "2026-01-02T15:04:05Z ",
        " 2026-01-02T15:04:05Z",
        "2026-01-02T15:04:05+0230",
        "2026-01-02T15:04:05+24:00",
        "2026-01-02T15:04:05+",
        "2026-00-02T15:04:05Z",
        "2026-13-02T15:04:05Z",
        "2026-01-00T15:04:05Z",
        "2026-01-32T15:04:05Z",
        "2026-04-31T15:04:05Z",
        "2026-02-29T15:04:05Z",
        "2100-02-29T15:04:05Z",
        "2026-01-02T24:00:00Z",
        "2026-01-02T15:60:05Z",
        "2026-01-02T15:04:61Z",
        "26-01-02T15:04:05Z",
        "+026-01-02T15:04:05Z",
        "12026-01-02T15:04:05Z",
        "2026-1-2T15:04:05Z",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t seconds = 0;
        assert_true(time_parse_rfc3339(slice_of(cases[i].text), &seconds));
        if (seconds != cases[i].seconds)
            fail_msg("%s: %lld", cases[i].text, (long long)seconds);
    }
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        int64_t seconds = 7;
        if (time_parse_rfc3339(slice_of(refused[i]), &seconds) || seconds != 7)
            fail_msg("'%s' is taken", refused[i]);
    }
}

/* Every third day of all years is read as it was written. */
static void test_reading_is_the_inverse(void **state)
{
    (void)state;
    for (int64_t at = -62167219200; at <= 253402300799; at += 86399 * 3) {
        char memory[32];
        int64_t seconds;
        struct buf text = buf_over(memory, sizeof(memory) - 1);
        time_put_rfc3339(&text, at * S, TIME_SECONDS);
        if (!time_parse_rfc3339(buf_slice(&text), &seconds) || seconds != at)
            fail_msg("%.*s: %lld", (int)text.len, text.data, (long long)seconds);
    }
}

static void test_clocks(void **state)
{
    (void)state;
    int64_t us = time_monotonic_us();
    int64_t ms = time_monotonic_ms();
    assert_true(us > 0);
    assert_true(ms >= us / 1000);
    assert_true(time_monotonic_us() >= us);
    assert_true(time_boot_us() >= us);            /* what was slept is added */
    assert_true(time_wall_us() > 1700000000 * S); /* later than this was written, in microseconds */
    assert_true(time_wall_us() < 253402300800 * S);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rfc3339),
        cmocka_unit_test(test_reading),
        cmocka_unit_test(test_reading_is_the_inverse),
        cmocka_unit_test(test_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
