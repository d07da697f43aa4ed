#ifndef SRC_SERVER_REQUEST_H
#define SRC_SERVER_REQUEST_H

/*
 * struct request: one HTTP request from its headers to its answer.
 *
 * Owned by libmicrohttpd's per-request pointer: made at the first call of the access handler, freed
 * by the completed callback.  Only that connection's thread touches it.  Method and path are
 * borrowed from libmicrohttpd.
 *
 * A refused body is read and thrown away before the answer, up to REQUEST_DISCARD_FACTOR times the
 * limit: a client that is still writing would otherwise see a reset instead of the answer.
 */

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "server/route.h"

#define REQUEST_DISCARD_FACTOR 2u
#define REQUEST_RESERVE_MAX ((size_t)1 << 20) /* bytes taken on the word of Content-Length alone */
#define REQUEST_REFUSAL_MAX 1024              /* bytes of a refusal's text */

struct server;

struct request {
    struct server *server;
    struct MHD_Connection *connection;
    const struct route *route; /* NULL: none */
    struct slice method, path;
    struct buf body;
    struct buf refusal_text;
    unsigned refusal; /* HTTP status, or 0 */
    bool answers_now; /* the refusal does not wait for the body */
    bool must_close;
    uint64_t discarded; /* bytes */
    int64_t started_us;
};

/* NULL when memory is gone. */
struct request *request_new(struct server *srv, struct MHD_Connection *c, const char *method,
                            const char *path);
void request_free(struct request *req);

DEFINE_CLEANUP(request_free, struct request *);

/* Judges the headers: sets route, refusal, and the room for the body. */
void request_check(struct request *req, const char *version);

/* Takes a piece of the body; -1 when the connection is to be dropped. */
int request_take(struct request *req, const char *data, size_t size);

/* Marks the request as refused, unless it is already; the text is one line, printf rules. */
void request_refuse(struct request *req, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers a refused request, with its log line and its count. */
enum MHD_Result request_answer_refusal(struct request *req);

#endif
