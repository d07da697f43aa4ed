/* The scanner with failing memory: its source is compiled here with its own allocator. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int left; /* allocations that succeed */

static void *failing_realloc(void *old, size_t size)
{
    return left-- > 0 ? realloc(old, size) : NULL;
}

#define malloc(size) failing_realloc(NULL, size)
#define realloc(old, size) failing_realloc(old, size)
#define json_scan failing_json_scan
#define json_index_init failing_json_index_init
#define json_index_done failing_json_index_done
#include "json/scan.c"
#undef malloc
#undef realloc

/* Two thousand elements: the first guess is too small three times. */
static void test_until_success(void **state)
{
    (void)state;
    char text[4002] = "[";
    for (size_t i = 1; i < sizeof(text) - 1; i += 2) {
        text[i] = '1';
        text[i + 1] = ',';
    }
    text[4000] = ']';
    struct json_index ix;
    json_index_init(&ix);
    int allocations = 0;
    for (int rc = -1; rc < 0; allocations++) {
        struct error err = ERROR_INIT;
        json_index_done(&ix);
        left = allocations;
        rc = json_scan(&ix, (struct slice){ text, 4001 }, &err);
        if (rc < 0) {
            assert_int_equal(err.code, ERROR_NOMEM);
            assert_string_equal(err.msg, "out of memory");
            assert_int_equal(ix.count, 0);
        }
    }
    assert_int_equal(ix.count, 2001);
    assert_int_equal(allocations, 4);
    json_index_done(&ix);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_until_success) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
