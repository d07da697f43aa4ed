#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "http/address.h"

static void test_addresses(void **state)
{
    static const struct {
        const char *url, *host;
        unsigned port;
        bool is_plain;
    } cases[] = {
        { "https://vault", "vault", 443, false },
        { "http://vault", "vault", 80, true },
        { "HTTPS://Vault.vault.svc:8200", "Vault.vault.svc", 8200, false },
        { "https://10.0.0.1:8200/below/it", "10.0.0.1", 8200, false },
        { "https://[::1]:8200", "[::1]", 8200, false },
        { "https://[fe80::1]", "[fe80::1]", 443, false },
        { "https://a:1", "a", 1, false },
        { "https://a:65535/", "a", 65535, false },
        { "http://under_score", "under_score", 80, true },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_address a;
        struct error err = ERROR_INIT;
        assert_int_equal(http_address_parse(slice_of(cases[i].url), &a, &err), 0);
        assert_string_equal(a.host, cases[i].host);
        assert_int_equal(a.port, cases[i].port);
        assert_int_equal(a.is_plain, cases[i].is_plain);
        assert_int_equal(err.code, ERROR_NONE);
    }
}

static void test_no_addresses(void **state)
{
    static const struct {
        const char *url, *words;
    } cases[] = {
        { "", "is no URL" },
        { "vault", "is no URL" },
        { "vault:8200", "is no URL" },
        { "//vault", "is no URL" },
        { "://vault", "is no URL" },
        { "https:vault", "is no URL" },
        { "https:/vault", "is no URL" },
        { "https:///vault", "is no URL" },
        { "https:////vault", "is no URL" },
        { "https://", "is no URL" },
        { "https://:8200", "is no URL" },
        { "https://a:b", "is no URL" },
        { "https://a:65536", "is no URL" },
        { "https://a:-1", "is no URL" },
        { "https://[::1", "is no URL" },
        { "https://[x]", "is no URL" },
        { "https://a:0", "no usable port" },
        { "ftp://vault", "is no https:// URL" },
        { "file:///etc/passwd", "is no URL" },
        { "https://[fe80::1%25eth0]", "zone" },
        { "https://a b", "printable ASCII" },
        { "https://a\n", "printable ASCII" },
        { "\thttps://a", "printable ASCII" },
        { "https://b\xc3\xbc"
          "cher",
          "printable ASCII" },
        { "https://a/?token=CANARY", "query" },
        { "https://a#CANARY", "fragment" },
        { "https://user:CANARY@a", "password" },
        { "https://CANARY@a:999999", "password" },
        { "https://a/CANARY@b", "password" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct http_address a = { .port = 7 };
        struct error err = ERROR_INIT;
        assert_int_equal(http_address_parse(slice_of(cases[i].url), &a, &err), -1);
        assert_int_equal(err.code, ERROR_USAGE);
        if (!strstr(err.msg, cases[i].words))
            fail_msg("'%s': %s", cases[i].url, err.msg);
        assert_null(strstr(err.msg, "CANARY"));
        assert_int_equal(a.port, 7);
    }
}

static void test_lengths(void **state)
{
    char url[HTTP_URL_MAX + 1];
    struct http_address a;
    struct error err = ERROR_INIT;
    (void)state;
    memset(url, 'a', sizeof(url));
    memcpy(url, "https://vault/", strlen("https://vault/"));
    assert_int_equal(http_address_parse((struct slice){ url, HTTP_URL_MAX - 1 }, &a, &err), 0);
    assert_int_equal(http_address_parse((struct slice){ url, HTTP_URL_MAX }, &a, &err), -1);
    assert_int_equal(err.code, ERROR_USAGE);
    memcpy(url, "https://aaaaaa", strlen("https://aaaaaa"));
    assert_int_equal(http_address_parse((struct slice){ url, 8 + HTTP_HOST_MAX - 1 }, &a, &err), 0);
    assert_int_equal(http_address_parse((struct slice){ url, 8 + HTTP_HOST_MAX }, &a, &err), -1);
    assert_non_null(strstr(err.msg, "too long"));
    assert_true(strlen(err.msg) < 200); /* the address is cut */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_no_addresses),
        cmocka_unit_test(test_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
