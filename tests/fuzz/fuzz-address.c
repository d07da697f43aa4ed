/*
 * A server's address, NUL, a name to verify: what is taken makes a client and has its parts, what is
 * refused is refused in one line that shows nothing behind an @, ? or #.
 */

#include <stdint.h>
#include <string.h>

#include "http/http.h"
#include "support/fuzz-input.h"
#include "support/promise.h"

#define MESSAGE_MAX 400

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_error(const struct error *err)
{
    promise(err->code == ERROR_USAGE, "a wrong address is wrong usage");
    promise(err->msg[0] && strlen(err->msg) < MESSAGE_MAX && promise_is_line(slice_of(err->msg)),
            "a refusal is one short line");
    promise(!strpbrk(err->msg, "@?#"), "what may be a secret is not shown");
}

static void check_address(const struct http_address *a)
{
    promise(a->host[0] && strlen(a->host) < HTTP_HOST_MAX, "there is a host");
    promise(!strpbrk(a->host, "/@?# "), "a host is a host");
    promise(a->port > 0 && a->port < 65536, "there is a port");
}

static void check_client(struct slice base, struct slice name)
{
    struct http_settings set = { .base = base, .server_name = name, .plain_ok = true };
    struct error err = ERROR_INIT;
    struct http_client *c = NULL;
    if (http_client_new(&set, &c, &err) < 0)
        check_error(&err);
    http_client_free(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = { data, size };
    struct slice base = fuzz_piece(&in), name = fuzz_piece(&in);
    struct http_address a;
    struct error err = ERROR_INIT;
    if (http_address_parse(base, &a, &err) < 0) {
        check_error(&err);
        return 0;
    }
    check_address(&a);
    check_client(base, name);
    check_client(base, SLICE_ABSENT);
    return 0;
}
