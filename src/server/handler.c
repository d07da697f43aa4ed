#include "server/handler.h"

#include <assert.h>

#include "base/time.h"
#include "inject/inject.h"
#include "metrics/exposition.h"
#include "metrics/metrics.h"
#include "server/event.h"
#include "server/request.h"
#include "server/respond.h"
#include "server/state.h"

void handler_label_decisions(struct metrics *m)
{
    static_assert(REASON__COUNT <= METRICS_SERIES_MAX, "one series for each reason");
    for (unsigned id = 0; id < REASON__COUNT; id++) {
        const struct reason *reason = reason_info(id);
        if (reason->kind != REASON_WARN)
            metrics_label(m, METRIC_DECISIONS, id, event_decision_word(reason->kind), reason->word);
    }
}

void handler_free_scratch(void *scratch)
{
    inject_scratch_free(scratch);
}

/* This worker's working memory, made at its first review; NULL when memory is gone. */
static struct inject_scratch *scratch_of(struct server *srv)
{
    struct inject_scratch *scratch = pthread_getspecific(srv->scratch_key);
    if (scratch)
        return scratch;
    scratch = inject_scratch_new();
    if (scratch && pthread_setspecific(srv->scratch_key, scratch) != 0) {
        inject_scratch_free(scratch);
        return NULL;
    }
    return scratch;
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

static enum MHD_Result refuse_review(struct request *req, const struct error *err)
{
    if (err->code == ERROR_NOMEM)
        request_refuse(req, MHD_HTTP_SERVICE_UNAVAILABLE, "%s", err->msg);
    else
        request_refuse(req, (unsigned)error_info(err->code)->http_status,
                       "error decoding admission request: %s", err->msg);
    return request_answer_refusal(req);
}

enum MHD_Result handle_mutate(struct request *req)
{
    struct server *srv = req->server;
    if (req->body.len == 0) {
        request_refuse(req, MHD_HTTP_BAD_REQUEST, "Empty request body");
        return request_answer_refusal(req);
    }
    struct error err = ERROR_INIT;
    struct inject_scratch *scratch = scratch_of(srv);
    if (!scratch) {
        error_nomem(&err);
        return refuse_review(req, &err);
    }
    struct buf answer;
    struct inject_decision decision;
    int64_t started = time_monotonic_us();
    buf_init(&answer, INJECT_ANSWER_MAX);
    if (inject_review(scratch, srv->config.inject, buf_slice(&req->body), &answer, &decision,
                      &err) < 0) {
        buf_done(&answer);
        return refuse_review(req, &err);
    }
    event_decision(&decision, time_monotonic_us() - started);
    count_decision(srv->config.metrics, &decision);
    struct answer ok = { .status = MHD_HTTP_OK, .media_type = RESPOND_JSON };
    enum MHD_Result queued = respond(srv, req->connection, &ok, &answer);
    buf_done(&answer);
    return queued;
}

enum MHD_Result handle_health(struct request *req)
{
    return respond(req->server, req->connection, &(struct answer){ .status = MHD_HTTP_NO_CONTENT },
                   NULL);
}

enum MHD_Result handle_metrics(struct request *req)
{
    struct buf text;
    buf_init(&text, EXPOSITION_MAX);
    exposition_put(req->server->config.metrics, &text);
    struct answer ok = { .status = MHD_HTTP_OK, .media_type = EXPOSITION_MEDIA_TYPE };
    enum MHD_Result queued = text.failure == BUF_OK
                                 ? respond(req->server, req->connection, &ok, &text)
                                 : respond_no_memory(req->server, req->connection);
    buf_done(&text);
    return queued;
}
