#ifndef SRC_SERVER_ROUTE_TABLE_H
#define SRC_SERVER_ROUTE_TABLE_H

/* The routes of both ports. */

#include "base/error.h"
#include "server/route.h"

/* The fixed routes, and the metrics at telemetry_path unless that is empty.  -1 with ERROR_USAGE. */
int route_table_init(struct route_table *table, struct slice telemetry_path, struct error *err)
    __attribute__((warn_unused_result));

/* Those of the plain-HTTP port. */
void route_table_init_plain(struct route_table *table);

#endif
