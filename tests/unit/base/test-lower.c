#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/lower.h"

static void test_chars(void **state)
{
    static const struct {
        uint32_t upper;
        uint32_t lower;
    } cases[] = {
        { 0, 0 },
        { '@', '@' },
        { 'A', 'a' },
        { 'Z', 'z' },
        { '[', '[' },
        { 'a', 'a' },
        { 0xb5, 0xb5 },
        { 0xc0, 0xe0 },
        { 0xd6, 0xf6 },
        { 0xd7, 0xd7 }, /* the multiplication sign amid letters */
        { 0xde, 0xfe },
        { 0xdf, 0xdf },
        { 0x100, 0x101 },
        { 0x101, 0x101 }, /* every second one is upper case here */
        { 0x12e, 0x12f },
        { 0x130, 'i' },
        { 0x178, 0xff },
        { 0x1c4, 0x1c6 },
        { 0x1c5, 0x1c6 },
        { 0x23a, 0x2c65 },
        { 0x3a3, 0x3c3 },
        { 0x3c2, 0x3c2 },
        { 0x410, 0x430 },
        { 0x10a0, 0x2d00 },
        { 0x13a0, 0xab70 },
        { 0x1e9e, 0xdf },
        { 0x2126, 0x3c9 },
        { 0x212a, 'k' },
        { 0x2160, 0x2170 },
        { 0xff21, 0xff41 },
        { 0x10400, 0x10428 },
        { 0x1e900, 0x1e922 },
        { 0x1e921, 0x1e943 },
        { 0x1e922, 0x1e922 },
        { 0x10ffff, 0x10ffff },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(lower_char(cases[i].upper), cases[i].lower);
}

/* As many as Unicode 15.0 has, and lower case is final. */
static void test_whole_range(void **state)
{
    (void)state;
    unsigned count = 0;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t lower = lower_char(c);
        assert_true(lower <= 0x10ffff);
        assert_int_equal(lower_char(lower), lower);
        count += lower != c;
    }
    assert_int_equal(count, 1433);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chars),
        cmocka_unit_test(test_whole_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
