#include "server/access.h"

#include "server/connection.h"
#include "server/handler.h"
#include "server/request.h"
#include "server/respond.h"
#include "server/state.h"
#include "server/worker.h"

static enum MHD_Result begin(struct MHD_Connection *c, const char *method, const char *path,
                             const char *version, void **ret_request)
{
    struct connection *conn = connection_of(c);
    if (!conn)
        return MHD_NO;
    struct request *req = request_begin(conn, c, method, path);
    if (!req)
        return respond_no_memory(conn->worker->server, c);
    *ret_request = req; /* request_end() in access_completed() */
    request_check(req, version);
    return req->answers_now ? request_answer_refusal(req) : MHD_YES;
}

/* A body in one piece is read where libmicrohttpd has it: it is gone after this call. */
static enum MHD_Result take(struct request *req, const char *data, size_t *data_size)
{
    size_t size = *data_size;
    *data_size = 0;
    if (!request_is_whole(req, size))
        return request_take(req, data, size) < 0 ? MHD_NO : MHD_YES;
    req->body_bytes = size;
    handle_review(req, (struct slice){ data, size });
    return MHD_YES;
}

enum MHD_Result access_request(void *cls, struct MHD_Connection *c, const char *path,
                               const char *method, const char *version, const char *data,
                               size_t *data_size, void **req_cls)
{
    (void)cls;
    struct request *req = *req_cls;
    if (!req)
        return begin(c, method, path, version, req_cls);
    if (*data_size > 0)
        return take(req, data, data_size);
    return req->refusal != 0 ? request_answer_refusal(req) : req->route->handle(req);
}

void access_completed(void *cls, struct MHD_Connection *c, void **req_cls,
                      enum MHD_RequestTerminationCode why)
{
    (void)cls;
    struct connection *conn = connection_of(c);
    if (!conn)
        return;
    connection_flush(conn);
    if (why == MHD_REQUEST_TERMINATED_COMPLETED_OK) {
        conn->requests++;
        if (!conn->is_used)
            worker_promote(conn->worker, conn);
    }
    request_end(*req_cls);
    *req_cls = NULL;
}
