#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "server/header-facts.h"

static void test_media_types(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool is_json;
    } rows[] = {
        { "application/json", true },
        { "Application/JSON", true },
        { "application/json; charset=utf-8", true },
        { "application/json;charset=utf-8", true },
        { " application/json ", true },
        { "application/json;", true },
        { NULL, false },
        { "", false },
        { "text/plain", false },
        { "application/jsonx", false },
        { "application/json charset=utf-8", false },
        { "application/json, text/plain", false },
        { "text/plain; application/json", false },
        { "application/yaml", false },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (header_is_json(slice_of(rows[i].text)) != rows[i].is_json)
            fail_msg("'%s'", rows[i].text ? rows[i].text : "(absent)");
}

static void test_framing(void **state)
{
    (void)state;
    const struct slice chunked = SLICE("Chunked");
    const struct {
        const char *what, *version;
        struct header_facts facts;
        unsigned status;
    } rows[] = {
        { "plain", "HTTP/1.1", { .hosts = 1, .lengths = 1 }, 0 },
        { "no body", "HTTP/1.1", { .hosts = 1 }, 0 },
        { "chunked", "HTTP/1.1", { .hosts = 1, .codings = 1, .transfer_encoding = chunked }, 0 },
        { "same length twice", "HTTP/1.1", { .hosts = 1, .lengths = 2 }, 0 },
        { "old without Host", "HTTP/1.0", { .lengths = 1 }, 0 },
        { "without Host", "HTTP/1.1", { .lengths = 1 }, 400 },
        { "two Hosts", "HTTP/1.1", { .hosts = 2 }, 400 },
        { "two Hosts, old", "HTTP/1.0", { .hosts = 2 }, 400 },
        { "lengths differ", "HTTP/1.1", { .hosts = 1, .lengths = 2, .lengths_differ = true }, 400 },
        { "length and chunked",
          "HTTP/1.1",
          { .hosts = 1, .lengths = 1, .codings = 1, .transfer_encoding = chunked },
          400 },
        { "chunked twice",
          "HTTP/1.1",
          { .hosts = 1, .codings = 2, .transfer_encoding = chunked },
          400 },
        { "other coding",
          "HTTP/1.1",
          { .hosts = 1, .codings = 1, .transfer_encoding = SLICE("gzip, chunked") },
          400 },
        { "old and chunked", "HTTP/1.0", { .codings = 1, .transfer_encoding = chunked }, 400 },
        { "bad name", "HTTP/1.1", { .hosts = 1, .has_bad_name = true }, 400 },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct header_verdict v = header_facts_check(&rows[i].facts, slice_of(rows[i].version));
        if (v.status != rows[i].status || (v.status != 0) != (v.text != NULL))
            fail_msg("%s: %u", rows[i].what, v.status);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_media_types),
        cmocka_unit_test(test_framing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
