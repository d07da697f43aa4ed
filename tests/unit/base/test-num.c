#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/num.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A copy on the heap without NUL, so that the sanitizers see any read beyond its end. */
static struct slice unterminated(const char *text)
{
    size_t len = strlen(text);
    char *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, text, len);
    return (struct slice){ copy, len };
}

static void release(struct slice s)
{
    free((void *)(uintptr_t)s.ptr);
}

static void test_bool(void **state)
{
    static const char *const yes[] = { "1", "t", "T", "true", "True", "TRUE" };
    static const char *const no[] = { "0", "f", "F", "false", "False", "FALSE" };
    static const char *const refused[] = { "",       "tRuE", "yes", "on",   " true", "true ",
                                           "true\n", "2",    "01",  "TRue", "n",     "falsee" };
    (void)state;
    for (size_t i = 0; i < COUNT(yes); i++) {
        bool value = false;
        assert_true(num_bool(slice_of(yes[i]), &value) && value);
        value = true;
        assert_true(num_bool(slice_of(no[i]), &value) && !value);
    }
    for (size_t i = 0; i < COUNT(refused); i++) {
        bool value = true;
        if (num_bool(slice_of(refused[i]), &value) || !value)
            fail_msg("'%s' was taken", refused[i]);
    }
    bool value = true;
    assert_false(num_bool(SLICE_ABSENT, &value));
    assert_false(num_bool(SLICE("t\0"), &value));
}

static void test_int64(void **state)
{
    static const struct {
        const char *text;
        enum num_status status;
        int64_t value;
    } cases[] = {
        { "0", NUM_OK, 0 },
        { "-0", NUM_OK, 0 },
        { "+7", NUM_OK, 7 },
        { "-7", NUM_OK, -7 },
        { "000123", NUM_OK, 123 },
        { "9223372036854775807", NUM_OK, INT64_MAX },
        { "0000000000000000000000009223372036854775807", NUM_OK, INT64_MAX },
        { "-9223372036854775808", NUM_OK, INT64_MIN },
        { "9223372036854775808", NUM_RANGE, 0 },
        { "-9223372036854775809", NUM_RANGE, 0 },
        { "99999999999999999999999", NUM_RANGE, 0 },
        { "99999999999999999999999x", NUM_SYNTAX, 0 },
        { "", NUM_SYNTAX, 0 },
        { "-", NUM_SYNTAX, 0 },
        { "+", NUM_SYNTAX, 0 },
        { "+-1", NUM_SYNTAX, 0 },
        { " 1", NUM_SYNTAX, 0 },
        { "1 ", NUM_SYNTAX, 0 },
        { "1_000", NUM_SYNTAX, 0 },
        { "0x10", NUM_SYNTAX, 0 },
        { "1.0", NUM_SYNTAX, 0 },
        { "1e3", NUM_SYNTAX, 0 },
        { "\xd9\xa1", NUM_SYNTAX, 0 }, /* a digit, but an Arabic one */
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = unterminated(cases[i].text);
        int64_t value = 42;
        enum num_status status = num_int64(text, &value);
        int64_t expected = cases[i].status == NUM_OK ? cases[i].value : 42;
        if (status != cases[i].status || value != expected)
            fail_msg("'%s' gave %d, %" PRId64, cases[i].text, status, value);
        release(text);
    }
    int64_t value = 42;
    assert_int_equal(num_int64(SLICE_ABSENT, &value), NUM_SYNTAX);
    assert_int_equal(num_int64(SLICE("1\0"), &value), NUM_SYNTAX);
}

static void test_uint64(void **state)
{
    static const struct {
        const char *text;
        enum num_status status;
        uint64_t value;
    } cases[] = {
        { "0", NUM_OK, 0 },
        { "0005", NUM_OK, 5 },
        { "18446744073709551615", NUM_OK, UINT64_MAX },
        { "18446744073709551616", NUM_RANGE, 0 },
        { "18446744073709551620", NUM_RANGE, 0 },
        { "28446744073709551615", NUM_RANGE, 0 },
        { "", NUM_SYNTAX, 0 },
        { "+5", NUM_SYNTAX, 0 },
        { "-1", NUM_SYNTAX, 0 },
        { "-0", NUM_SYNTAX, 0 },
        { "5s", NUM_SYNTAX, 0 },
        { "1_0", NUM_SYNTAX, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = unterminated(cases[i].text);
        uint64_t value = 42;
        enum num_status status = num_uint64(text, &value);
        uint64_t expected = cases[i].status == NUM_OK ? cases[i].value : 42;
        if (status != cases[i].status || value != expected)
            fail_msg("'%s' gave %d, %" PRIu64, cases[i].text, status, value);
        release(text);
    }
}

struct double_case {
    const char *text;
    enum num_status status;
    double value;
};

/* The same bits, or both not a number: 0 and -0 differ. */
static bool is_same(double a, double b)
{
    return memcmp(&a, &b, sizeof(a)) == 0 || (isnan(a) && isnan(b));
}

static void check_doubles(const struct double_case *cases, size_t count,
                          enum num_status (*parse)(struct slice, double *))
{
    for (size_t i = 0; i < count; i++) {
        struct slice text = unterminated(cases[i].text);
        double value = 42;
        enum num_status status = parse(text, &value);
        double expected = cases[i].status == NUM_OK ? cases[i].value : 42;
        if (status != cases[i].status || !is_same(value, expected))
            fail_msg("'%s' gave %d, %a", cases[i].text, status, value);
        release(text);
    }
}

static const struct double_case double_cases[] = {
    { "0", NUM_OK, 0.0 },
    { "-0", NUM_OK, -0.0 },
    { "0e99999999999999999999", NUM_OK, 0.0 },
    { "1", NUM_OK, 1 },
    { "+1.5", NUM_OK, 1.5 },
    { ".5", NUM_OK, 0.5 },
    { "5.", NUM_OK, 5 },
    { "-.5e1", NUM_OK, -5 },
    { "1e3", NUM_OK, 1000 },
    { "1E+3", NUM_OK, 1000 },
    { "1e-3", NUM_OK, 0.001 },
    { "0.1", NUM_OK, 0.1 },
    { "1_0.5", NUM_OK, 10.5 },
    { "1_2_3.4_5e1_0", NUM_OK, 123.45e10 },
    { "0x1p-2", NUM_OK, 0.25 },
    { "0X1P+2", NUM_OK, 4 },
    { "-0x.8p1", NUM_OK, -1 },
    { "0xA.p0", NUM_OK, 10 },
    { "0x_1_0p0", NUM_OK, 16 },
    { "0x1.fffffffffffffp1023", NUM_OK, DBL_MAX },
    { "0x1p-1074", NUM_OK, 0x1p-1074 },
    { "1.7976931348623157e308", NUM_OK, DBL_MAX },
    { "4.9e-324", NUM_OK, 0x1p-1074 },
    { "1e-400", NUM_OK, 0.0 }, /* too small is no error */
    { "-1e-99999999999999999999", NUM_OK, -0.0 },
    { "9007199254740993", NUM_OK, 9007199254740992.0 },
    { "9007199254740993.0000000000000000000000000001", NUM_OK, 9007199254740994.0 },
    { "inf", NUM_OK, INFINITY },
    { "+Inf", NUM_OK, INFINITY },
    { "-iNFiNiTy", NUM_OK, -INFINITY },
    { "NaN", NUM_OK, NAN },
    { "nan", NUM_OK, NAN },
    { "1e309", NUM_RANGE, 0 },
    { "-1e309", NUM_RANGE, 0 },
    { "1e99999999999999999999", NUM_RANGE, 0 },
    { "0x1p1024", NUM_RANGE, 0 },
    { "1_e999", NUM_SYNTAX, 0 }, /* the form is judged before the size */
    { "", NUM_SYNTAX, 0 },
    { "+", NUM_SYNTAX, 0 },
    { ".", NUM_SYNTAX, 0 },
    { "-.", NUM_SYNTAX, 0 },
    { "e1", NUM_SYNTAX, 0 },
    { ".e1", NUM_SYNTAX, 0 },
    { "1e", NUM_SYNTAX, 0 },
    { "1e+", NUM_SYNTAX, 0 },
    { "1e_1", NUM_SYNTAX, 0 },
    { "1e1.5", NUM_SYNTAX, 0 },
    { "1.2.3", NUM_SYNTAX, 0 },
    { "--1", NUM_SYNTAX, 0 },
    { " 1", NUM_SYNTAX, 0 },
    { "1 ", NUM_SYNTAX, 0 },
    { "1,5", NUM_SYNTAX, 0 },
    { "_1", NUM_SYNTAX, 0 },
    { "1_", NUM_SYNTAX, 0 },
    { "1__0", NUM_SYNTAX, 0 },
    { "1_.5", NUM_SYNTAX, 0 },
    { "1._5", NUM_SYNTAX, 0 },
    { "1_e5", NUM_SYNTAX, 0 },
    { "1e5_", NUM_SYNTAX, 0 },
    { "0x1._8p0", NUM_SYNTAX, 0 },
    { "0x1_.8p0", NUM_SYNTAX, 0 },
    { "0x1_p0", NUM_SYNTAX, 0 },
    { "0x1", NUM_SYNTAX, 0 },
    { "0x", NUM_SYNTAX, 0 },
    { "0xp1", NUM_SYNTAX, 0 },
    { "0x.p1", NUM_SYNTAX, 0 },
    { "0x1e5", NUM_SYNTAX, 0 },
    { "0x1p", NUM_SYNTAX, 0 },
    { "0x1pf", NUM_SYNTAX, 0 },
    { "0_x1p0", NUM_SYNTAX, 0 },
    { "1p3", NUM_SYNTAX, 0 },
    { "1a", NUM_SYNTAX, 0 },
    { "0b1", NUM_SYNTAX, 0 },
    { "+nan", NUM_SYNTAX, 0 },
    { "infi", NUM_SYNTAX, 0 },
    { "infinit", NUM_SYNTAX, 0 },
    { "nano", NUM_SYNTAX, 0 },
    { "--inf", NUM_SYNTAX, 0 },
};

static void test_double(void **state)
{
    (void)state;
    check_doubles(double_cases, COUNT(double_cases), num_double);
    double value = 42;
    assert_int_equal(num_double(SLICE_ABSENT, &value), NUM_SYNTAX);
    assert_int_equal(num_double(SLICE("1\0"), &value), NUM_SYNTAX);
}

static void test_json_double(void **state)
{
    static const struct double_case cases[] = {
        { "0", NUM_OK, 0.0 },
        { "-0.0", NUM_OK, -0.0 },
        { "5.0", NUM_OK, 5 },
        { "1e3", NUM_OK, 1000 },
        { "9007199254740993", NUM_OK, 9007199254740992.0 },
        { "1e-400", NUM_OK, 0.0 },
        { "1e400", NUM_RANGE, 0 },
        { "-1e400", NUM_RANGE, 0 },
        { "1_0", NUM_SYNTAX, 0 },
        { "0x1p1", NUM_SYNTAX, 0 },
        { "nan", NUM_SYNTAX, 0 },
        { "", NUM_SYNTAX, 0 },
    };
    (void)state;
    check_doubles(cases, COUNT(cases), num_json_double);
}

/* Half-way cases are decided by digits far behind those that are kept, zeros in front cost nothing. */
static void test_double_of_many_digits(void **state)
{
    (void)state;
    struct buf text;
    buf_init(&text, 1 << 20);
    double value = 0;
    buf_put_lit(&text, "9007199254740993.");
    for (int i = 0; i < 5000; i++)
        buf_put_char(&text, '0');
    assert_int_equal(num_double(buf_slice(&text), &value), NUM_OK);
    assert_true(value == 9007199254740992.0);
    buf_put_char(&text, '1');
    assert_int_equal(num_double(buf_slice(&text), &value), NUM_OK);
    assert_true(value == 9007199254740994.0);

    buf_clear(&text);
    buf_put_lit(&text, "0.");
    for (int i = 0; i < 5000; i++)
        buf_put_char(&text, '0');
    buf_put_lit(&text, "25e5001");
    assert_int_equal(num_double(buf_slice(&text), &value), NUM_OK);
    assert_true(value == 2.5);

    buf_clear(&text);
    for (int i = 0; i < 5000; i++)
        buf_put_char(&text, '1');
    buf_put_lit(&text, "e-4999");
    assert_int_equal(num_double(buf_slice(&text), &value), NUM_OK);
    assert_true(value == 1.1111111111111111);
    buf_done(&text);
}

static void test_put_double(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        { 0.0, "0" },
        { -0.0, "-0" },
        { 1, "1" },
        { -1.5, "-1.5" },
        { 0.1, "0.1" },
        { 100, "100" },
        { 123456.75, "123456.75" },
        { 1e20, "100000000000000000000" },
        { 1e21, "1e+21" },
        { 1.5e300, "1.5e+300" },
        { 999999999999999999999.0, "1e+21" },
        { 0.000001, "0.000001" },
        { 0.0000012, "0.0000012" },
        { 9.99e-7, "9.99e-7" },
        { 1e-7, "1e-7" },
        { 1.25e-10, "1.25e-10" },
        { 9007199254740992.0, "9007199254740992" },
        { 0x1p-44, "5.684341886080802e-14" }, /* not the nearest of its length */
        { DBL_MAX, "1.7976931348623157e+308" },
        { DBL_MIN, "2.2250738585072014e-308" },
        { 0x1p-1074, "5e-324" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, 100);
        num_put_double(&out, cases[i].value);
        assert_string_equal(buf_cstr(&out), cases[i].text);
        double back = 42;
        assert_int_equal(num_json_double(buf_slice(&out), &back), NUM_OK);
        assert_true(is_same(back, cases[i].value));
        buf_done(&out);
    }
}

#define S INT64_C(1000000000)

static void test_duration(void **state)
{
    static const struct {
        const char *text;
        enum num_status status;
        int64_t ns;
    } cases[] = {
        { "0", NUM_OK, 0 },
        { "-0", NUM_OK, 0 },
        { "+0", NUM_OK, 0 },
        { "0s", NUM_OK, 0 },
        { "1ns", NUM_OK, 1 },
        { "1us", NUM_OK, 1000 },
        { "1\xc2\xb5s", NUM_OK, 1000 },
        { "1\xce\xbcs", NUM_OK, 1000 },
        { "300ms", NUM_OK, 300000000 },
        { "5s", NUM_OK, 5 * S },
        { "1m30s", NUM_OK, 90 * S },
        { "-1.5h", NUM_OK, -5400 * S },
        { "+5s", NUM_OK, 5 * S },
        { ".5s", NUM_OK, S / 2 },
        { "5.s", NUM_OK, 5 * S },
        { "1h1m1s1ms1us1ns", NUM_OK, 3661 * S + 1001001 },
        { "30s1m", NUM_OK, 90 * S },
        { "1.9ns", NUM_OK, 1 },
        { "0.3333333333333333333h", NUM_OK, INT64_C(1200000000000) },
        { "0.9223372036854775807h", NUM_OK, INT64_C(3320413933267) },
        { "9223372036854775807ns", NUM_OK, INT64_MAX },
        { "-9223372036854775808ns", NUM_OK, INT64_MIN },
        { "-9223372036854775.808us", NUM_OK, INT64_MIN },
        { "9223372036854775808ns", NUM_RANGE, 0 },
        { "-9223372036854775809ns", NUM_RANGE, 0 },
        { "9223372036854775807ns1ns", NUM_RANGE, 0 },
        { "9223372036854775808ns1ns", NUM_RANGE, 0 },
        { "9223372036854775808ns9223372036854775808ns", NUM_RANGE, 0 },
        { "2562047h", NUM_OK, INT64_C(2562047) * 3600 * S },
        { "2562048h", NUM_RANGE, 0 },
        { "99999999999999999999s", NUM_RANGE, 0 },
        { "99999999999999999999s1", NUM_SYNTAX, 0 },
        { "", NUM_SYNTAX, 0 },
        { "-", NUM_SYNTAX, 0 },
        { "+", NUM_SYNTAX, 0 },
        { "3", NUM_SYNTAX, 0 },
        { "00", NUM_SYNTAX, 0 },
        { "s", NUM_SYNTAX, 0 },
        { ".s", NUM_SYNTAX, 0 },
        { "1.2.3s", NUM_SYNTAX, 0 },
        { "1d", NUM_SYNTAX, 0 },
        { "1S", NUM_SYNTAX, 0 },
        { "1 s", NUM_SYNTAX, 0 },
        { " 1s", NUM_SYNTAX, 0 },
        { "1s ", NUM_SYNTAX, 0 },
        { "1s-1s", NUM_SYNTAX, 0 },
        { "--1s", NUM_SYNTAX, 0 },
        { "1e3s", NUM_SYNTAX, 0 },
        { "5m3", NUM_SYNTAX, 0 },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct slice text = unterminated(cases[i].text);
        int64_t ns = 42;
        enum num_status status = num_duration(text, &ns);
        int64_t expected = cases[i].status == NUM_OK ? cases[i].ns : 42;
        if (status != cases[i].status || ns != expected)
            fail_msg("'%s' gave %d, %" PRId64, cases[i].text, status, ns);
        release(text);
    }
    int64_t ns = 42;
    assert_int_equal(num_duration(SLICE_ABSENT, &ns), NUM_SYNTAX);
}

static const char *const quantities[] = {
    "0",
    "1",
    "00012",
    "0.5",
    ".5",
    "5.",
    "-1",
    "+1",
    "128Mi",
    "500m",
    "1n",
    "1u",
    "1k",
    "1M",
    "1G",
    "1T",
    "1P",
    "1E",
    "1Ki",
    "1Gi",
    "1Ti",
    "1Pi",
    "1Ei",
    "1.5Gi",
    "+1.5Gi",
    "1e3",
    "1E3",
    "1E+03",
    "1e-3",
    "1e1000",
    "1e9223372036854775807",
    "99999999999999999999999999",
    ".",
    "+",
    "-",
    "m",
    "k",
    "E",
    "Mi",
    "Ti",
    "-Mi",
    "+.k",
    "e5",
    "e-9",
    "0Pi",
    ".0Ei",
    "0e-10",
};
static const char *const no_quantities[] = {
    "",
    " 1",
    "1 ",
    "1\n",
    "1,5",
    "1.2.3",
    "..",
    "fast",
    "K",
    "1K",
    "ki",
    "1ki",
    "1mi",
    "1g",
    "1i",
    "1e",
    "e",
    "1e+",
    "1e+-3",
    "1E3E",
    "1m5",
    "1B",
    "128MB",
    "128Mib",
    "1 Mi",
    "++1",
    "+-1",
    "1-",
    "0x10",
    "1_0",
    "1e9223372036854775808",
    "1e1.5",
    "Pi",
    "Ei",
    "-Pi",
    ".Ei",
    "e-10",
    ".e-10",
    "\xd9\xa1",
    "1\xc2\xb5",
    "1mm",
};

static void test_quantity(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(quantities); i++) {
        struct slice text = unterminated(quantities[i]);
        if (!num_is_quantity(text))
            fail_msg("'%s' was refused", quantities[i]);
        release(text);
    }
    for (size_t i = 0; i < COUNT(no_quantities); i++) {
        struct slice text = unterminated(no_quantities[i]);
        if (num_is_quantity(text))
            fail_msg("'%s' was taken", no_quantities[i]);
        release(text);
    }
    assert_false(num_is_quantity(SLICE_ABSENT));
    assert_false(num_is_quantity(SLICE("1\0")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bool),        cmocka_unit_test(test_int64),
        cmocka_unit_test(test_uint64),      cmocka_unit_test(test_double),
        cmocka_unit_test(test_json_double), cmocka_unit_test(test_double_of_many_digits),
        cmocka_unit_test(test_put_double),  cmocka_unit_test(test_duration),
        cmocka_unit_test(test_quantity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
