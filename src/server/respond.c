#include "server/respond.h"

#include "base/cleanup.h"
#include "base/time.h"
#include "metrics/metrics.h"
#include "server/connection.h"
#include "server/state.h"

DEFINE_CLEANUP(MHD_destroy_response, struct MHD_Response *);

struct MHD_Response *respond_make_no_memory(void)
{
    static char text[] = "out of memory\n";
    CLEANUP(MHD_destroy_response)
    struct MHD_Response *r =
        MHD_create_response_from_buffer(sizeof(text) - 1, text, MHD_RESPMEM_PERSISTENT);
    if (!r || MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, RESPOND_TEXT) != MHD_YES ||
        MHD_add_response_header(r, MHD_HTTP_HEADER_RETRY_AFTER, RESPOND_RETRY_SECONDS) != MHD_YES)
        return NULL;
    return steal_ptr(r);
}

enum MHD_Result respond_no_memory(struct server *srv, struct MHD_Connection *c)
{
    return MHD_queue_response(c, MHD_HTTP_SERVICE_UNAVAILABLE, srv->no_memory);
}

static struct MHD_Response *make(struct buf *body)
{
    static char nothing[] = "";
    if (!body || body->len == 0)
        return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *r =
        MHD_create_response_from_buffer(body->len, body->data, MHD_RESPMEM_MUST_FREE);
    if (r)
        buf_init(body, body->max);
    return r;
}

static bool add_headers(struct MHD_Response *r, const struct answer *answer, bool closes)
{
    const struct {
        const char *name, *value; /* left out when the value is NULL */
    } headers[] = {
        { MHD_HTTP_HEADER_CONTENT_TYPE, answer->media_type },
        { "X-Content-Type-Options", answer->is_text ? "nosniff" : NULL },
        { MHD_HTTP_HEADER_ALLOW, answer->allow },
        { MHD_HTTP_HEADER_RETRY_AFTER,
          answer->status == MHD_HTTP_SERVICE_UNAVAILABLE ? RESPOND_RETRY_SECONDS : NULL },
        { MHD_HTTP_HEADER_CONNECTION, closes ? "close" : NULL },
    };
    for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++)
        if (headers[i].value &&
            MHD_add_response_header(r, headers[i].name, headers[i].value) != MHD_YES)
            return false;
    return true;
}

enum MHD_Result respond(struct connection *conn, struct MHD_Connection *c,
                        const struct answer *answer, struct buf *body)
{
    struct server *srv = conn->worker->server;
    size_t len = body ? body->len : 0;
    bool closes = answer->closes || atomic_load(&srv->is_draining) ||
                  connection_is_spent(conn, time_monotonic_us());
    CLEANUP(MHD_destroy_response) struct MHD_Response *r = make(body);
    if (!r || !add_headers(r, answer, closes))
        return respond_no_memory(srv, c);
    if (len > 0)
        metrics_add(srv->config.metrics, METRIC_ANSWER_BYTES, (int64_t)len);
    if (len > 0 && len <= RESPOND_ONE_RECORD_MAX)
        connection_cork(conn);
    return MHD_queue_response(c, answer->status, r);
}
