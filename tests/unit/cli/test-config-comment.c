/* The decoded agent configuration as comments behind its base64. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/config-comment.h"

static void expect(const char *yaml, const char *expected)
{
    struct error err = ERROR_INIT;
    struct buf out;
    buf_init(&out, 4096);
    assert_int_equal(config_comment_put(&out, slice_of(yaml), &err), 0);
    assert_non_null(buf_cstr(&out));
    assert_string_equal(buf_cstr(&out), expected);
    buf_done(&out);
}

static void test_decoded(void **state)
{
    (void)state;
    expect("env:\n- name: VAULT_CONFIG\n  value: eyJhIjpbMV19\n- name: x\n",
           "env:\n- name: VAULT_CONFIG\n  value: eyJhIjpbMV19\n  # {\n  #     \"a\": [\n"
           "  #         1\n  #     ]\n  # }\n- name: x\n");
}

static void test_left_alone(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "- name: OTHER\n  value: eyJhIjpbMV19\n",
        "- name: VAULT_CONFIG\n  valueFrom: x\n  value: eyJhIjpbMV19\n",
        "- name: VAULT_CONFIG\n  value: '!'\n",
        "- name: VAULT_CONFIG\n  value: aGk=\n",
        "- name: VAULT_CONFIG\n",
    };
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        expect(texts[i], texts[i]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_decoded),
        cmocka_unit_test(test_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
