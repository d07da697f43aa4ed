#include "server/handler.h"

#include <assert.h>

#include "base/time.h"
#include "base/version.h"
#include "inject/inject.h"
#include "metrics/exposition.h"
#include "metrics/metrics.h"
#include "server/event.h"
#include "server/memory.h"
#include "server/request.h"
#include "server/respond.h"
#include "server/state.h"

#define TEXT_MAX 256
#define REASON_MAX 1024                    /* bytes of why the program is not ready */
#define ANSWER_ROOM_MAX ((size_t)64 << 10) /* bytes taken before an answer is known */

void handler_label_decisions(struct metrics *m)
{
    static_assert(REASON__COUNT <= METRICS_SERIES_MAX, "one series for each reason");
    for (unsigned id = 0; id < REASON__COUNT; id++) {
        const struct reason *reason = reason_info(id);
        if (reason->kind != REASON_WARN)
            metrics_label(m, METRIC_DECISIONS, id, event_decision_word(reason->kind), reason->word);
    }
}

/* This worker's working memory, made at its first review; NULL when memory is gone. */
static struct inject_scratch *scratch_of(struct worker *w)
{
    if (!w->scratch)
        w->scratch = inject_scratch_new();
    return w->scratch;
}

static void count_decision(struct metrics *m, const struct inject_decision *d)
{
    metrics_count(m, METRIC_DECISIONS, d->reason);
    if (d->outcome == INJECT_DENIED)
        metrics_count_pod(m, METRICS_FAILED, d->namespace);
    else if (d->has_init || d->has_sidecar)
        metrics_count_pod(m,
                          !d->has_sidecar ? METRICS_INIT_ONLY
                          : !d->has_init  ? METRICS_SIDECAR_ONLY
                                          : METRICS_INIT_AND_SIDECAR,
                          d->namespace);
}

static void refuse_review(struct request *req, const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        request_refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", err->msg);
    else
        request_refuse(req, (unsigned)error_info(err->code)->http_status,
                       "error decoding admission request: %s", err->msg);
}

static void count_budget(struct request *req, int64_t now_us)
{
    int64_t left = req->budget_us - (now_us - req->started_us);
    if (req->budget_us > 0)
        metrics_observe(req->server->config.metrics, METRIC_BUDGET, left > 0 ? (uint64_t)left : 0);
}

static int decide(struct request *req, struct slice body, struct error *err)
{
    struct server *srv = req->server;
    struct inject_decision decision;
    struct worker *w = req->conn->worker;
    struct inject_scratch *scratch = scratch_of(w);
    if (!scratch)
        return error_nomem(err);
    int64_t begun = time_monotonic_us();
    buf_init(&req->answer, INJECT_ANSWER_MAX);
    (void)buf_reserve(&req->answer, w->answer_room); /* else it grows */
    buf_clear(&req->answer);
    if (inject_review(scratch, srv->config.inject, body, &req->answer, &decision, err) < 0)
        return -1;
    if (!request_hold_answer(req))
        return 0;
    int64_t now = time_monotonic_us();
    event_decision(w, &decision, now - begun, now);
    count_decision(srv->config.metrics, &decision);
    count_budget(req, now);
    w->answer_room = req->answer.len < ANSWER_ROOM_MAX ? req->answer.len : ANSWER_ROOM_MAX;
    return 0;
}

void handle_review(struct request *req, struct slice body)
{
    struct error err = ERROR_INIT;
    req->is_decided = true;
    if (body.len == 0)
        request_refuse(req, MHD_HTTP_BAD_REQUEST, "Empty request body");
    else if (request_dispatch(req) && decide(req, body, &err) < 0)
        refuse_review(req, &err);
    request_drop_body(req);
}

enum MHD_Result handle_mutate(struct request *req)
{
    if (!req->is_decided)
        handle_review(req, buf_slice(&req->body));
    if (req->refusal != 0)
        return request_answer_refusal(req);
    struct answer ok = { .status = MHD_HTTP_OK, .media_type = RESPOND_JSON };
    return respond(req->conn, req->connection, &ok, &req->answer);
}

enum MHD_Result handle_live(struct request *req)
{
    return respond(req->conn, req->connection, &(struct answer){ .status = MHD_HTTP_NO_CONTENT },
                   NULL);
}

/* Why not is appended to reason, if that is not NULL. */
static bool is_ready(struct server *srv, struct buf *reason)
{
    const struct server_hooks *hooks = &srv->config.hooks;
    if (!atomic_load(&srv->is_draining))
        return !hooks->is_ready || hooks->is_ready(hooks->arg, reason);
    if (reason)
        buf_put_lit(reason, "draining");
    return false;
}

static enum MHD_Result answer_not_ready(struct request *req, struct buf *reason)
{
    buf_put_char(reason, '\n');
    struct answer no = { .status = MHD_HTTP_SERVICE_UNAVAILABLE, .media_type = RESPOND_TEXT };
    return respond(req->conn, req->connection, &no, reason);
}

enum MHD_Result handle_ready(struct request *req)
{
    struct buf reason;
    buf_init(&reason, REASON_MAX);
    enum MHD_Result queued =
        is_ready(req->server, &reason) ? handle_live(req) : answer_not_ready(req, &reason);
    buf_done(&reason);
    return queued;
}

enum MHD_Result handle_version(struct request *req)
{
    struct buf text;
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "{\"version\":\"%s\"}\n", keyhook_version());
    struct answer ok = { .status = MHD_HTTP_OK, .media_type = RESPOND_JSON };
    enum MHD_Result queued = respond(req->conn, req->connection, &ok, &text);
    buf_done(&text);
    return queued;
}

/* The gauges that nobody keeps up to date. */
static void refresh_gauges(struct server *srv)
{
    struct metrics *m = srv->config.metrics;
    int64_t open[2] = { 0, 0 }, in_flight = 0;
    for (unsigned i = 0; i < srv->worker_count; i++) {
        open[srv->workers[i].is_plain] += atomic_load(&srv->workers[i].open);
        in_flight += atomic_load(&srv->workers[i].in_flight);
    }
    metrics_set_series(m, METRIC_CONNECTIONS, 0, open[0]);
    metrics_set_series(m, METRIC_CONNECTIONS, 1, open[1]);
    metrics_set(m, METRIC_IN_FLIGHT, in_flight);
    metrics_set(m, METRIC_BODIES, (int64_t)atomic_load(&srv->bodies.used));
    metrics_set(m, METRIC_READY, is_ready(srv, NULL));
    metrics_set(m, METRIC_RSS, memory_resident());
    if (srv->config.hooks.refresh)
        srv->config.hooks.refresh(srv->config.hooks.arg);
}

enum MHD_Result handle_metrics(struct request *req)
{
    struct buf text;
    buf_init(&text, EXPOSITION_MAX);
    refresh_gauges(req->server);
    exposition_put(req->server->config.metrics, &text);
    struct answer ok = { .status = MHD_HTTP_OK, .media_type = EXPOSITION_MEDIA_TYPE };
    enum MHD_Result queued = text.failure == BUF_OK
                                 ? respond(req->conn, req->connection, &ok, &text)
                                 : respond_no_memory(req->server, req->connection);
    buf_done(&text);
    return queued;
}
