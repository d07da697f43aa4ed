#ifndef SRC_SERVER_RESPOND_H
#define SRC_SERVER_RESPOND_H

/* The one place where answers are queued. */

#include <stdbool.h>

#include <microhttpd.h>

#include "base/buf.h"

#define RESPOND_TEXT "text/plain; charset=utf-8"
#define RESPOND_JSON "application/json"
#define RESPOND_RETRY_SECONDS "1"
#define RESPOND_ONE_RECORD_MAX 15000 /* bytes: header and body still fit one TLS record of 16 KB */

struct connection;
struct server;

struct answer {
    unsigned status;
    const char *media_type; /* NULL without a body */
    const char *allow;      /* value of Allow, or NULL */
    bool is_text;           /* may hold a user's words: browsers are not to guess */
    bool closes;            /* the connection ends with this answer */
};

/*
 * Queues the answer.  The memory of body (may be NULL) goes to libmicrohttpd without a copy and body
 * is left empty.  A 503 says Retry-After, the last answer of a connection `Connection: close`.  When memory
 * is gone the answer is 503 instead.
 */
enum MHD_Result respond(struct connection *conn, struct MHD_Connection *c,
                        const struct answer *answer, struct buf *body);

/* Queues the 503 that was made at start. */
enum MHD_Result respond_no_memory(struct server *srv, struct MHD_Connection *c);

/* Makes that 503; NULL when memory is gone. */
struct MHD_Response *respond_make_no_memory(void);

#endif
