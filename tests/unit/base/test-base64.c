#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define BUF_LIMIT 4096

static const struct {
    const char *plain;
    const char *encoded;
} pairs[] = {
    { "", "" },
    { "f", "Zg==" },
    { "fo", "Zm8=" },
    { "foo", "Zm9v" },
    { "foob", "Zm9vYg==" },
    { "fooba", "Zm9vYmE=" },
    { "foobar", "Zm9vYmFy" },
    { "\xff\xef\xbe", "/+++" },
    { "\xfb\xff", "+/8=" },
};

static void test_encodes_and_decodes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(pairs); i++) {
        struct buf out;
        buf_init(&out, BUF_LIMIT);
        base64_encode(&out, slice_of(pairs[i].plain));
        assert_string_equal(buf_cstr(&out), pairs[i].encoded);
        assert_int_equal(out.len, base64_encoded_len(strlen(pairs[i].plain)));
        buf_clear(&out);
        assert_true(base64_decode(&out, slice_of(pairs[i].encoded)));
        assert_string_equal(buf_cstr(&out), pairs[i].plain);
        buf_done(&out);
    }
}

/* What the encoder does, by the definition: six bits after the other. */
static void put_reference(struct buf *out, struct slice in)
{
    static const char alphabet[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t bit = 0; bit < in.len * 8; bit += 6) {
        unsigned value = 0;
        for (size_t i = bit; i < bit + 6; i++) {
            unsigned byte = i / 8 < in.len ? (unsigned char)in.ptr[i / 8] : 0;
            value = value << 1 | (byte >> (7 - i % 8) & 1);
        }
        buf_put_char(out, alphabet[value]);
    }
    while (out->len % 4 != 0)
        buf_put_char(out, '=');
}

/* Each length around the block of the main loop, and each pair of characters. */
static void test_agrees_with_the_definition(void **state)
{
    (void)state;
    struct buf out;
    struct buf expected;
    struct buf back;
    buf_init(&out, BUF_LIMIT);
    buf_init(&expected, BUF_LIMIT);
    buf_init(&back, BUF_LIMIT);
    unsigned seed = 1;
    for (size_t len = 0; len < 1200; len++) {
        char *in = malloc(len > 0 ? len : 1); /* exact, so that reading beyond is seen */
        assert_non_null(in);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1103515245 + 12345;
            in[i] = (char)(seed >> 16);
        }
        buf_clear(&out);
        buf_clear(&expected);
        buf_clear(&back);
        base64_encode(&out, (struct slice){ in, len });
        put_reference(&expected, (struct slice){ in, len });
        assert_true(slice_equal(buf_slice(&out), buf_slice(&expected)));
        assert_true(base64_decode(&back, buf_slice(&out)));
        assert_true(slice_equal(buf_slice(&back), (struct slice){ in, len }));
        free(in);
    }
    buf_done(&out);
    buf_done(&expected);
    buf_done(&back);
}

static void test_appends(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, BUF_LIMIT);
    buf_put_lit(&out, "x");
    base64_encode(&out, SLICE("foo"));
    base64_encode(&out, SLICE_ABSENT);
    assert_true(base64_decode(&out, SLICE("Zm8=")));
    assert_string_equal(buf_cstr(&out), "xZm9vfo");
    buf_done(&out);
}

/* As Go's decoder: line ends anywhere, and bits behind the last byte are not looked at. */
static void test_decodes_leniently(void **state)
{
    static const struct {
        const char *text;
        const char *plain;
    } cases[] = {
        { "Zm9v\nYmFy\r\n", "foobar" },
        { "\n\nZ\rm\n9\nv", "foo" },
        { "Zg=\n=\n", "f" },
        { "\r\n", "" },
        { "Zh==", "f" },
        { "Zm9=", "fo" },
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, BUF_LIMIT);
        assert_true(base64_decode(&out, slice_of(cases[i].text)));
        assert_string_equal(buf_cstr(&out), cases[i].plain);
        buf_done(&out);
    }
}

static void test_refuses(void **state)
{
    static const char *const cases[] = {
        "Z",     "Zg",    "Zg=",   "Zm8",   "Zm9vY",    "=",     "==",       "===",      "====",
        "Z===",  "Zg===", "Zm8==", "Zm9v=", "Zm9v====", "Zg=a",  "Zg==Zg==", "Zm8=Zm8=", "Zg==Zm9v",
        "Zm 9v", "Zm9\t", "Zm9-",  "Zm9_",  "Zm9\xc3",  "Zm9v.", "Zm9v Zg",  "Zm9v\nZg", "\x7fm9v",
    };
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct buf out;
        buf_init(&out, BUF_LIMIT);
        buf_put_lit(&out, "before");
        if (base64_decode(&out, slice_of(cases[i])))
            fail_msg("'%s' was taken", cases[i]);
        assert_string_equal(buf_cstr(&out), "before");
        buf_done(&out);
    }
}

static void test_full_buffer(void **state)
{
    (void)state;
    struct error err = ERROR_INIT;
    struct buf out;
    buf_init(&out, 8);
    base64_encode(&out, SLICE("foobar"));
    assert_int_equal(buf_check(&out, "x", &err), 0);
    buf_clear(&out);
    base64_encode(&out, SLICE("foobarx"));
    assert_int_equal(buf_check(&out, "x", &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_clear(&out);
    assert_true(base64_decode(&out, SLICE("Zm9vYmFyZm9v")));
    assert_int_equal(buf_check(&out, "x", &err), -1);
    buf_done(&out);
}

static void test_impossible_length(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, SIZE_MAX);
    base64_encode(&out, (struct slice){ "x", SIZE_MAX });
    assert_int_equal(out.failure, BUF_FULL);
    assert_int_equal(out.len, 0);
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodes_and_decodes),
        cmocka_unit_test(test_agrees_with_the_definition),
        cmocka_unit_test(test_appends),
        cmocka_unit_test(test_decodes_leniently),
        cmocka_unit_test(test_refuses),
        cmocka_unit_test(test_full_buffer),
        cmocka_unit_test(test_impossible_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
