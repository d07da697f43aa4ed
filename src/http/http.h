#ifndef SRC_HTTP_HTTP_H
#define SRC_HTTP_HTTP_H

/*
 * struct http_client: HTTPS requests to one server, with a limit on everything.
 *
 * https only unless told otherwise; no redirect is followed by itself (the caller looks at `location`);
 * proxy variables are honoured (HTTPS_PROXY, NO_PROXY).  A reply of any status is a success here: what
 * a status means is the caller's affair.  One thread uses a client at a time, except for
 * http_client_cancel(), which any thread may call.  Request and reply memory is wiped when it is
 * given back.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "http/address.h"
#include "http/failure.h"

#define HTTP_HEADERS_MAX 16u             /* of a request, ours not counted */
#define HTTP_HEAD_MAX ((size_t)64 << 10) /* bytes of a reply's headers */
#define HTTP_BODY_MAX ((size_t)4 << 20)
#define HTTP_RETRY_AFTER_MAX ((int64_t)300 * 1000000) /* a longer Retry-After is taken as this */

/* Copied by http_client_new(). Times are in microseconds, 0 for the default. */
struct http_settings {
    struct slice base;        /* https://host[:port][/path], without a slash at its end */
    struct slice ca_file;     /* PEM; read again for each new connection; absent: the system's */
    struct slice server_name; /* DNS name to verify and to send as SNI; absent: the host. NO_PROXY
                                 looks at it, too */
    bool plain_ok;            /* http:// is allowed */
    int64_t connect_timeout;  /* default 5 s */
    int64_t total_timeout;    /* of one request; default 30 s */
    size_t body_limit;        /* of a reply; 0: HTTP_BODY_MAX */
};

struct http_header {
    const char *name;
    struct slice value; /* a secret, perhaps; refused when it holds control characters */
};

/* Borrowed for the call. */
struct http_request {
    const char *method; /* GET, POST, PUT, PATCH */
    struct slice path;  /* put after the base, with its query; starts with a slash */
    const struct http_header *headers;
    size_t header_count;
    struct slice content_type; /* absent when there is no body */
    struct slice body;
};

struct http_reply {
    unsigned status;
    int64_t retry_after; /* microseconds from now, both forms of the header; 0 when absent */
    int64_t date; /* of the header Date, seconds since the epoch; 0 when absent or unreadable */
    struct buf location; /* where a redirect leads, as an absolute URL; empty when absent */
    struct buf body;     /* a secret buffer */
};

struct http_client;

/* Once, before threads start: it is not thread-safe. Makes jansson and libcurl ready.  jansson's memory is wiped on free. */
int http_global_init(struct error *err) __attribute__((warn_unused_result));

/* -1 with ERROR_USAGE for an address that is no https URL (the message names it), ERROR_NOMEM. */
int http_client_new(const struct http_settings *settings, struct http_client **ret,
                    struct error *err) __attribute__((warn_unused_result));
void http_client_free(struct http_client *c);

DEFINE_CLEANUP(http_client_free, struct http_client *);

/*
 * Sends the request and reads the whole reply.  -1 with ERROR_IO, ERROR_LIMIT, ERROR_USAGE or
 * ERROR_NOMEM, and *ret_failure says which kind; the message names the address and what went wrong,
 * never a header or a body.  ret is initialised by the caller with http_reply_init() and may be
 * used again; its contents are unspecified after a failure.
 */
int http_client_call(struct http_client *c, const struct http_request *req, struct http_reply *ret,
                     enum http_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* Takes the next bytes of a stream; false ends it (which is then no failure). */
typedef bool http_stream_fn(void *arg, struct slice bytes);

/*
 * The same for a reply without end (a watch): body bytes of a status 200 go to `take` as they come,
 * the body of any other status goes to ret->body.  The total time-out does not count; instead the
 * stream fails with HTTP_FAILURE_TIMEOUT after `silence` microseconds (and at most a second more) without
 * a byte.  `silence` is above 0.
 */
int http_client_stream(struct http_client *c, const struct http_request *req, int64_t silence,
                       http_stream_fn *take, void *arg, struct http_reply *ret,
                       enum http_failure *ret_failure, struct error *err)
    __attribute__((warn_unused_result));

/* The call in progress, and each later one, fails with HTTP_FAILURE_CANCELLED within a second. */
void http_client_cancel(struct http_client *c);

void http_reply_init(struct http_reply *r, size_t body_limit);
void http_reply_done(struct http_reply *r);

#endif
