#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/sha256.h"

/* The examples of FIPS 180-4 and the empty text. */
static const struct {
    struct slice data;
    const char *hex;
} examples[] = {
    { SLICE_INIT(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" },
    { SLICE_INIT("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
    { SLICE_INIT("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1" },
};

static void test_hex(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char text[SHA256_HEX_SIZE];
        sha256_hex(examples[i].data, 64, text);
        assert_string_equal(text, examples[i].hex);
    }
}

static void test_digest(void **state)
{
    static const unsigned char expected[] = { 0xba, 0x78, 0x16, 0xbf };
    (void)state;
    unsigned char digest[SHA256_SIZE + 1];
    digest[SHA256_SIZE] = 0x5a;
    sha256(SLICE("abc"), digest);
    assert_memory_equal(digest, expected, sizeof(expected));
    assert_int_equal(digest[SHA256_SIZE - 1], 0xad);
    assert_int_equal(digest[SHA256_SIZE], 0x5a);
}

static void test_short_hex(void **state)
{
    (void)state;
    char text[SHA256_HEX_SIZE];
    memset(text, '#', sizeof(text));
    sha256_hex(SLICE("abc"), 16, text);
    assert_string_equal(text, "ba7816bf8f01cfea");
    assert_int_equal(text[17], '#');
    sha256_hex(SLICE("abc"), 0, text);
    assert_string_equal(text, "");
}

static void test_absent_is_empty(void **state)
{
    (void)state;
    char text[SHA256_HEX_SIZE];
    sha256_hex(SLICE_ABSENT, 64, text);
    assert_string_equal(text, examples[0].hex);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hex),
        cmocka_unit_test(test_digest),
        cmocka_unit_test(test_short_hex),
        cmocka_unit_test(test_absent_is_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
