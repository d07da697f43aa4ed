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
#define NS_PER_US 1000
#define TIMEOUT_PARAMETER "timeout"

static struct request *record_of(struct connection *conn)
{
    if (!conn->request)
        conn->request = malloc(sizeof(*conn->request)); /* with the connection, closed() frees it */
    return conn->request;
}

static bool is_admission(const struct request *req)
{
    return req->route && req->route->is_admission;
}

struct request *request_begin(struct connection *conn, struct MHD_Connection *c, const char *method,
                              const char *path)
{
    struct server *srv = conn->worker->server;
    struct request *req = record_of(conn);
    if (!req)
        return NULL;
    *req = (struct request){
        .server = srv,
        .conn = conn,
        .connection = c,
        .method = slice_of(method),
        .path = slice_of(path),
        .started_us = conn->requested_us,
    };
    req->route = route_find(conn->worker->is_plain ? &srv->plain_routes : &srv->routes, req->path);
    buf_init(&req->body, srv->config.limits.body_bytes);
    buf_init(&req->answer, 0);
    buf_init(&req->refusal_text, REQUEST_REFUSAL_MAX);
    (void)phase_enter(&conn->phase, PHASE_DISCARD, req->started_us);
    if (is_admission(req))
        metrics_add(srv->config.metrics, METRIC_QUEUE, 1);
    return req;
}

/* One that was too slow was taken out of the count by the reaper. */
static void enter(struct request *req, enum phase phase, int64_t now_us)
{
    enum phase before = phase_enter(&req->conn->phase, phase, now_us);
    if (before == PHASE_STALLED || before == PHASE_UNREAD)
        atomic_fetch_add(&req->conn->worker->in_flight, 1);
}

static void uncount(struct request *req)
{
    if (req->is_counted)
        atomic_fetch_sub(&req->conn->worker->in_flight, 1);
    req->is_counted = false;
}

/* What the request holds is `keep` bytes from now on. */
static void hold_only(struct request *req, size_t keep)
{
    budget_give(&req->server->bodies, req->held - keep);
    req->held = keep;
}

static bool hold(struct request *req, size_t more, size_t whole)
{
    bool fits = budget_take(&req->server->bodies, more, whole);
    if (fits)
        req->held += more;
    return fits;
}

void request_end(struct request *req)
{
    if (!req)
        return;
    struct metrics *metrics = req->server->config.metrics;
    int64_t now = time_monotonic_us();
    if (is_admission(req)) {
        uint64_t us = now > req->started_us ? (uint64_t)(now - req->started_us) : 0;
        metrics_add(metrics, METRIC_QUEUE, -1);
        metrics_observe(metrics, METRIC_DURATION_MS, us / US_PER_MS);
        metrics_observe(metrics, METRIC_DURATION, us);
    }
    if (req->body_bytes > 0)
        metrics_add(metrics, METRIC_REQUEST_BYTES, (int64_t)req->body_bytes);
    buf_done(&req->body);
    buf_done(&req->answer);
    buf_done(&req->refusal_text);
    hold_only(req, 0);
    enter(req, PHASE_IDLE, now);
    uncount(req);
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
    buf_done(&req->answer);
    hold_only(req, 0);
}

static void refuse_and_close(struct request *req, unsigned status, const char *text)
{
    request_refuse(req, status, "%s", text);
    req->answers_now = true;
    req->must_close = true;
}

static void refuse_no_memory(struct request *req)
{
    metrics_count(req->server->config.metrics, METRIC_SHED, SHED_MEMORY);
    request_refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "out of memory");
}

static void refuse_too_large(struct request *req)
{
    request_refuse(req, MHD_HTTP_CONTENT_TOO_LARGE, "the body is larger than %zu bytes",
                   req->server->config.limits.body_bytes);
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
    size_t max = req->server->config.limits.body_bytes;
    if (facts->lengths > 0 && num_uint64(slice_trim(facts->content_length), &length) != NUM_OK) {
        refuse_and_close(req, MHD_HTTP_BAD_REQUEST, "Content-Length is not a number");
        return;
    }
    req->length = length;
    if (length > max)
        refuse_too_large(req);
    bool is_hopeless = length / REQUEST_DISCARD_FACTOR > max;
    if (req->refusal != 0 && (is_hopeless || facts->has_expect)) {
        req->answers_now = true;
        req->must_close = true;
    }
}

/* Go's duration, as the API server sends it; other text says nothing. */
static void read_budget(struct request *req)
{
    const char *text = NULL;
    size_t len = 0;
    int64_t ns;
    if (MHD_lookup_connection_value_n(req->connection, MHD_GET_ARGUMENT_KIND, TIMEOUT_PARAMETER,
                                      sizeof(TIMEOUT_PARAMETER) - 1, &text, &len) != MHD_YES ||
        !text || num_duration((struct slice){ text, len }, &ns) != NUM_OK || ns <= 0)
        return;
    req->budget_us = ns / NS_PER_US;
}

static void shed(struct request *req, enum shed_id why, const char *text)
{
    if (req->refusal == 0)
        metrics_count(req->server->config.metrics, METRIC_SHED, why);
    request_refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", text);
}

/* Who is over the limit does not count: its body is thrown away. */
static void count_in_flight(struct request *req)
{
    unsigned max = req->server->config.limits.in_flight;
    req->is_counted = true;
    if (atomic_fetch_add(&req->conn->worker->in_flight, 1) < max) {
        enter(req, PHASE_BODY, req->started_us);
        return;
    }
    uncount(req);
    shed(req, SHED_IN_FLIGHT, "too many requests in flight");
}

void request_check(struct request *req, const char *version)
{
    struct header_facts facts;
    header_facts_read(req->connection, &facts);
    struct header_verdict verdict = header_facts_check(&facts, slice_of(version));
    if (verdict.status != 0) {
        refuse_and_close(req, verdict.status, verdict.text);
        return;
    }
    if (req->conn->has_odd_uri)
        request_refuse(req, MHD_HTTP_BAD_REQUEST, "the path holds a NUL");
    check_route(req, &facts);
    check_length(req, &facts);
    if (req->refusal != 0 || !req->route->is_admission)
        return;
    count_in_flight(req);
    read_budget(req);
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
    if (req->discarded / REQUEST_DISCARD_FACTOR <= req->server->config.limits.body_bytes)
        return 0;
    refuse_too_large(req);
    count_refusal(req);
    return -1;
}

static bool takes_body(const struct request *req)
{
    return req->refusal == 0 && req->route->is_admission;
}

bool request_is_whole(const struct request *req, size_t size)
{
    return takes_body(req) && req->body.len == 0 && size > 0 && req->length == size;
}

static void shed_bodies(struct request *req)
{
    shed(req, SHED_BODIES, "too many bytes of bodies and answers in memory");
}

/* One allocation for what was announced, unless that is much: such bodies grow as they come. */
static void reserve(struct request *req)
{
    size_t room = req->length < REQUEST_RESERVE_MAX ? (size_t)req->length : REQUEST_RESERVE_MAX;
    if (req->body.len == 0)
        (void)buf_reserve(&req->body, room);
}

/* Counted as it comes: what was announced and not touched costs no memory. */
static void store(struct request *req, const char *data, size_t size)
{
    if (!hold(req, size, req->body.len + size)) {
        shed_bodies(req);
        enter(req, PHASE_DISCARD, req->started_us);
        uncount(req);
        return;
    }
    reserve(req);
    buf_put(&req->body, data, size);
    if (req->body.failure == BUF_FULL)
        refuse_too_large(req);
    else if (req->body.failure != BUF_OK)
        refuse_no_memory(req);
}

int request_take(struct request *req, const char *data, size_t size)
{
    size_t seen = req->body.len + size; /* a refused body is empty */
    req->body_bytes += size;
    if (takes_body(req))
        store(req, data, size);
    return takes_body(req) ? 0 : discard(req, seen);
}

bool request_hold_answer(struct request *req)
{
    if (hold(req, req->answer.len, req->answer.len))
        return true;
    shed_bodies(req);
    return false;
}

void request_drop_body(struct request *req)
{
    size_t len = req->body.len;
    buf_done(&req->body);
    hold_only(req, req->held - len);
}

bool request_dispatch(struct request *req)
{
    int64_t now = time_monotonic_us();
    enter(req, PHASE_ANSWER, now);
    if (req->budget_us == 0 || now - req->started_us + REQUEST_LATE_US < req->budget_us)
        return true;
    shed(req, SHED_LATE, "the request came too late for an answer in time");
    return false;
}

enum MHD_Result request_answer_refusal(struct request *req)
{
    count_refusal(req);
    struct answer answer = {
        .status = req->refusal,
        .media_type = RESPOND_TEXT,
        .is_text = true,
        .allow = req->refusal == MHD_HTTP_METHOD_NOT_ALLOWED ? req->route->allow : NULL,
        .closes = req->must_close,
    };
    buf_put_char(&req->refusal_text, '\n');
    return respond(req->conn, req->connection, &answer, &req->refusal_text);
}
