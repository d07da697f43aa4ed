#ifndef SRC_HTTP_ADDRESS_H
#define SRC_HTTP_ADDRESS_H

/* The parts of a server's address that a client needs one by one. */

#include <stdbool.h>

#include "base/error.h"
#include "base/str.h"

#define HTTP_URL_MAX 2048u
#define HTTP_HOST_MAX 256u

struct http_address {
    bool is_plain;            /* http:// */
    char host[HTTP_HOST_MAX]; /* an IPv6 address in brackets */
    unsigned port;            /* told or implied */
};

/*
 * Reads scheme, host and port of an http or https URL.  -1 with ERROR_USAGE, and what is wrong in the
 * message: another scheme, no host, a port that is none, a name or password inside, a query, anything but
 * printable ASCII.  What may be a secret is not shown.
 */
int http_address_parse(struct slice url, struct http_address *ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
