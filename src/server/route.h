#ifndef SRC_SERVER_ROUTE_H
#define SRC_SERVER_ROUTE_H

/* Which path is answered by whom; the table is in route-table.c. Immutable after route_table_init(). */

#include <stdbool.h>
#include <stddef.h>

#include <microhttpd.h>

#include "base/str.h"

#define ROUTES_MAX 8u

struct request;

/* Answers a complete request; the result is for libmicrohttpd. */
typedef enum MHD_Result route_handler_fn(struct request *req);

enum route_method {
    ROUTE_GET = 1 << 0,
    ROUTE_HEAD = 1 << 1,
    ROUTE_POST = 1 << 2,
};

struct route {
    struct slice path; /* decoded, compared whole */
    unsigned methods;  /* bits ROUTE_x */
    const char *allow; /* the same for the Allow header */
    bool is_admission; /* takes a JSON body; counted as upstream counts requests */
    route_handler_fn *handle;
};

struct route_table {
    struct route rows[ROUTES_MAX];
    size_t count;
};

/* The route of that path, or NULL. */
const struct route *route_find(const struct route_table *table, struct slice path);

/* True when the route takes the method. */
bool route_allows(const struct route *route, struct slice method);

#endif
