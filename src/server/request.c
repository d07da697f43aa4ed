#include "server/request.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "base/text.h"
#include "base/time.h"
#include "metrics/metrics.h"
#include "server/connection.h"
#include "server/event.h"
#include "server/header-facts.h"
#include "server/refusal.h"
#include "server/respond.h"
#include "server/state.h"

#define US_PER_MS 1000

struct request *request_new(struct server *srv, struct MHD_Connection *c, const char *method,
                            const char *path)
{
    struct request *req = calloc(1, sizeof(*req));
    if (!req)
        return NULL;
    req->server = srv;
    req->connection = c;
    req->method = slice_of(method);
    req->path = slice_of(path);
    req->route = route_find(&srv->routes, req->path);
    req->started_us = time_monotonic_us();
    buf_init(&req->body, srv->config.body_max);
    buf_init(&req->refusal_text, REQUEST_REFUSAL_MAX);
    atomic_fetch_add(&srv->in_flight, 1);
    if (req->route && req->route->is_admission)
        metrics_add(srv->config.metrics, METRIC_QUEUE, 1);
    return req;
}

void request_free(struct request *req)
{
    if (!req)
        return;
    struct metrics *metrics = req->server->config.metrics;
    if (req->route && req->route->is_admission) {
        int64_t us = time_monotonic_us() - req->started_us;
        metrics_add(metrics, METRIC_QUEUE, -1);
        metrics_observe(metrics, METRIC_DURATION_MS, (uint64_t)us / US_PER_MS);
    }
    atomic_fetch_sub(&req->server->in_flight, 1);
    buf_done(&req->body);
    buf_done(&req->refusal_text);
    free(req);
}

void request_refuse(struct request *req, unsigned status, const char *fmt, ...)
{
    if (req->refusal != 0)
        return;
    char text[REQUEST_REFUSAL_MAX / 2];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    req->refusal = status;
    if (n > 0)
        buf_put_slice(&req->refusal_text, slice_of(text));
    buf_done(&req->body);
}

static void refuse_and_close(struct request *req, unsigned status, const char *text)
{
    request_refuse(req, status, "%s", text);
    req->answers_now = true;
    req->must_close = true;
}

static void refuse_no_memory(struct request *req)
{
    request_refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
}

static void refuse_too_large(struct request *req)
{
    request_refuse(req, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than %zu bytes",
                   req->server->config.body_max);
}

static void refuse_media_type(struct request *req, struct slice type)
{
    struct buf shown;
    buf_init(&shown, REQUEST_REFUSAL_MAX);
    text_put_printable(&shown, type, TEXT_VALUE_MAX);
    request_refuse(req, MHD_HTTP_BAD_REQUEST, "Invalid content-type: \"" SLICE_FMT "\"",
                   SLICE_ARG(buf_slice(&shown)));
    buf_done(&shown);
}

static void check_route(struct request *req, const struct header_facts *facts)
{
    if (!req->route)
        request_refuse(req, MHD_HTTP_NOT_FOUND, "404 page not found");
    else if (!route_allows(req->route, req->method))
        request_refuse(req, MHD_HTTP_METHOD_NOT_ALLOWED, "the method must be one of %s",
                       req->route->allow);
    else if (req->route->is_admission && !header_is_json(facts->content_type))
        refuse_media_type(req, facts->content_type);
    else if (req->route->is_admission && slice_is_present(facts->content_encoding))
        request_refuse(req, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "Content-Encoding is not supported");
}

/* The body is read or thrown away, except when that would take too long or cannot be known. */
static void check_length(struct request *req, const struct header_facts *facts)
{
    uint64_t length = 0;
    size_t max = req->server->config.body_max;
    if (facts->lengths > 0 && num_uint64(slice_trim(facts->content_length), &length) != NUM_OK) {
        refuse_and_close(req, MHD_HTTP_BAD_REQUEST, "Content-Length is not a number");
        return;
    }
    if (length > max)
        refuse_too_large(req);
    bool is_hopeless = length / REQUEST_DISCARD_FACTOR > max;
    if (req->refusal != 0 && (is_hopeless || facts->has_expect)) {
        req->answers_now = true;
        req->must_close = true;
    }
    if (req->refusal != 0 || !req->route->is_admission)
        return;
    size_t room = length < REQUEST_RESERVE_MAX ? (size_t)length : REQUEST_RESERVE_MAX;
    if (!buf_reserve(&req->body, room))
        refuse_no_memory(req);
}

void request_check(struct request *req, const char *version)
{
    struct header_facts facts;
    header_facts_read(req->connection, &facts);
    struct header_verdict verdict = header_facts_check(&facts, slice_of(version));
    struct connection *conn = connection_of(req->connection);
    if (verdict.status != 0) {
        refuse_and_close(req, verdict.status, verdict.text);
        return;
    }
    if (!conn || conn->has_odd_uri)
        request_refuse(req, MHD_HTTP_BAD_REQUEST, "the path holds a NUL");
    check_route(req, &facts);
    check_length(req, &facts);
}

static void count_refusal(struct request *req)
{
    struct metrics *metrics = req->server->config.metrics;
    struct event_request who = { req->connection, req->method, req->path };
    event_refusal(req->server, &who, req->refusal, buf_slice(&req->refusal_text));
    metrics_count(metrics, METRIC_REFUSED, refusal_index(req->refusal));
}

/* Beyond the limit of what is thrown away there is no answer, only the end of the connection. */
static int discard(struct request *req, size_t size)
{
    req->discarded += size;
    if (req->discarded / REQUEST_DISCARD_FACTOR <= req->server->config.body_max)
        return 0;
    refuse_too_large(req);
    count_refusal(req);
    return -1;
}

int request_take(struct request *req, const char *data, size_t size)
{
    if (req->refusal != 0 || !req->route->is_admission)
        return discard(req, size);
    buf_put(&req->body, data, size);
    if (req->body.failure == BUF_OK)
        return 0;
    size_t seen = req->body.len + size;
    if (req->body.failure == BUF_FULL)
        refuse_too_large(req);
    else
        refuse_no_memory(req);
    return discard(req, seen);
}

enum MHD_Result request_answer_refusal(struct request *req)
{
    count_refusal(req);
    struct answer answer = {
        .status = req->refusal,
        .media_type = RESPOND_TEXT,
        .allow = req->refusal == MHD_HTTP_METHOD_NOT_ALLOWED ? req->route->allow : NULL,
        .closes = req->must_close,
    };
    buf_put_char(&req->refusal_text, '\n');
    return respond(req->server, req->connection, &answer, &req->refusal_text);
}
