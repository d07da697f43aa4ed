#ifndef SRC_SERVER_REQUEST_H
#define SRC_SERVER_REQUEST_H

/*
 * struct request: one HTTP request from its headers to its answer.
 *
 * The record belongs to its connection, which uses it for one request after the other; it is begun at
 * the first call of the access handler and ended by the completed callback.  Only that connection's
 * thread touches it.  Method and path are borrowed from libmicrohttpd.
 *
 * A refused body is read and thrown away before the answer, up to REQUEST_DISCARD_FACTOR times the
 * limit: a client that is still writing would otherwise see a reset instead of the answer.
 */

#include <stdbool.h>
#include <stdint.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "server/route.h"

#define REQUEST_DISCARD_FACTOR 2u
#define REQUEST_RESERVE_MAX ((size_t)1 << 20) /* bytes taken on the word of Content-Length alone */
#define REQUEST_REFUSAL_MAX 1024              /* bytes of a refusal's text */

#define REQUEST_LATE_US \
    ((int64_t)5000) /* an answer that would be later than this before its time */

struct connection;
struct server;

struct request {
    struct server *server;
    struct connection *conn;
    struct MHD_Connection *connection;
    const struct route *route; /* NULL: none */
    struct slice method, path;
    struct buf body;
    struct buf answer; /* of a review that was decided before the last call */
    struct buf refusal_text;
    unsigned refusal; /* HTTP status, or 0 */
    bool answers_now; /* the refusal does not wait for the body */
    bool must_close;
    bool is_decided;     /* answer or refusal is there */
    bool is_counted;     /* as in flight, unless stalled or unread */
    size_t held;         /* bytes of the budget for bodies */
    uint64_t length;     /* of the body as announced; 0 when unknown */
    uint64_t discarded;  /* bytes */
    uint64_t body_bytes; /* taken */
    int64_t started_us;  /* the request line was in */
    int64_t budget_us;   /* what the client waits for an answer; 0: it did not say */
};

/* Begins a request in the connection's record; NULL when memory is gone. */
struct request *request_begin(struct connection *conn, struct MHD_Connection *c, const char *method,
                              const char *path);

/* Ends it: counts it and gives back its memory, except for the record. NULL is fine. */
void request_end(struct request *req);

/* Judges the headers: sets route, refusal, and the room for the body. */
void request_check(struct request *req, const char *version);

/* True when this first piece is the whole body of an admission request, to be used where it is. */
bool request_is_whole(const struct request *req, size_t size);

/* Takes a piece of the body; -1 when the connection is to be dropped. */
int request_take(struct request *req, const char *data, size_t size);

/* The answer is there and counts from now on; false, with a refusal instead, when there is no room. */
bool request_hold_answer(struct request *req);

/* The body was read and is not needed any more; nothing may point into it. */
void request_drop_body(struct request *req);

/*
 * The whole request is here and its answer is begun: true, or false with a refusal when the client's
 * time is up.
 */
bool request_dispatch(struct request *req);

/* Marks the request as refused, unless it is already; the text is one line, printf rules. */
void request_refuse(struct request *req, unsigned status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Answers a refused request, with its log line and its count. */
enum MHD_Result request_answer_refusal(struct request *req);

#endif
