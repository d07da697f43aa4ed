#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <jansson.h>

#include "http/http.h"
#include "support/alloc-fault.h"

#define ALLOCATIONS_MAX 100

static const struct http_settings full = {
    .base = SLICE_INIT("https://vault:8200/below"),
    .ca_file = SLICE_INIT("ca.pem"),
    .server_name = SLICE_INIT("vault.example"),
};

static void test_failures(void **state)
{
    static const struct {
        int code;
        enum http_failure failure;
    } cases[] = {
        { CURLE_OK, HTTP_FAILURE_NONE },
        { CURLE_COULDNT_RESOLVE_HOST, HTTP_FAILURE_RESOLVE },
        { CURLE_COULDNT_CONNECT, HTTP_FAILURE_CONNECT },
        { CURLE_SSL_CONNECT_ERROR, HTTP_FAILURE_CONNECT },
        { CURLE_PEER_FAILED_VERIFICATION, HTTP_FAILURE_TLS },
        { CURLE_OPERATION_TIMEDOUT, HTTP_FAILURE_TIMEOUT },
        { CURLE_RECV_ERROR, HTTP_FAILURE_CUT },
        { CURLE_PARTIAL_FILE, HTTP_FAILURE_CUT },
        { CURLE_GOT_NOTHING, HTTP_FAILURE_CUT },
        { CURLE_UNSUPPORTED_PROTOCOL, HTTP_FAILURE_PROTOCOL },
        { CURLE_ABORTED_BY_CALLBACK, HTTP_FAILURE_CANCELLED },
        { CURLE_OUT_OF_MEMORY, HTTP_FAILURE_LOCAL },
        { CURLE_SSL_CACERT_BADFILE, HTTP_FAILURE_LOCAL },
        { CURLE_WRITE_ERROR, HTTP_FAILURE_LOCAL },
        { -1, HTTP_FAILURE_LOCAL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(http_failure_of(cases[i].code), cases[i].failure);
}

static void test_settings(void **state)
{
    struct http_settings set = full;
    struct error err = ERROR_INIT;
    CLEANUP(http_client_free) struct http_client *c = NULL;
    (void)state;
    set.base = SLICE("http://vault:8200");
    assert_int_equal(http_client_new(&set, &c, &err), -1);
    assert_int_equal(err.code, ERROR_USAGE);
    assert_non_null(strstr(err.msg, "'http://vault:8200' is not https://"));
    assert_null(c);
    set.plain_ok = true;
    assert_int_equal(http_client_new(&set, &c, &err), 0);
    http_client_free(NULL);
}

static void test_missing_memory(void **state)
{
    unsigned long n = 1;
    (void)state;
    for (; n < ALLOCATIONS_MAX; n++) {
        CLEANUP(http_client_free) struct http_client *c = NULL;
        struct error err = ERROR_INIT;
        alloc_fault_start(n);
        int rc = http_client_new(&full, &c, &err);
        bool is_over = alloc_fault_calls() < n;
        alloc_fault_start(0);
        if (is_over) {
            assert_int_equal(rc, 0);
            break;
        }
        assert_int_equal(rc, -1);
        assert_int_equal(err.code, ERROR_NOMEM);
        assert_null(c);
    }
    assert_in_range(n, 8, ALLOCATIONS_MAX - 1);
}

/* jansson's memory is wiped when it is given back. */
static void test_memory_is_wiped(void **state)
{
    json_malloc_t take;
    json_free_t give_back;
    struct error err = ERROR_INIT;
    (void)state;
    assert_int_equal(http_global_init(&err), 0);
    json_get_alloc_funcs(&take, &give_back);
    assert_true(take == malloc);
    assert_true(give_back != free);
    give_back(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_failures),
        cmocka_unit_test(test_settings),
        cmocka_unit_test(test_missing_memory),
        cmocka_unit_test(test_memory_is_wiped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
