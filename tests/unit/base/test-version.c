#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/version.h"

static void test_is_the_text_of_the_version_file(void **state)
{
    (void)state;
    FILE *file = fopen("VERSION", "r");
    assert_non_null(file);
    char text[64] = "";
    assert_non_null(fgets(text, sizeof(text), file));
    (void)fclose(file);
    text[strcspn(text, "\n")] = '\0';
    assert_string_equal(keyhook_version(), text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_is_the_text_of_the_version_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
