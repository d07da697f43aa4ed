#include "server/route-table.h"

#include <assert.h>

#include "server/handler.h"

#define READ_METHODS (ROUTE_GET | ROUTE_HEAD)

/* clang-format off */
static const struct route fixed[] = {
    { SLICE_INIT("/mutate"),       ROUTE_POST,                "POST",            true,  handle_mutate },
    { SLICE_INIT("/health/ready"), READ_METHODS | ROUTE_POST, "GET, HEAD, POST", false, handle_ready },
    { SLICE_INIT("/health/live"),  READ_METHODS | ROUTE_POST, "GET, HEAD, POST", false, handle_live },
};

static const struct route plain[] = {
    { SLICE_INIT("/health/ready"), READ_METHODS, "GET, HEAD", false, handle_ready },
    { SLICE_INIT("/health/live"),  READ_METHODS, "GET, HEAD", false, handle_live },
    { SLICE_INIT("/metrics"),      READ_METHODS, "GET, HEAD", false, handle_metrics },
    { SLICE_INIT("/version"),      READ_METHODS, "GET, HEAD", false, handle_version },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int add_telemetry(struct route_table *table, struct slice path, struct error *err)
{
    if (path.ptr[0] != '/')
        return error_set(err, ERROR_USAGE, "telemetry path '" SLICE_FMT "' does not start with /",
                         SLICE_ARG(path));
    if (route_find(table, path))
        return error_set(err, ERROR_USAGE, "telemetry path '" SLICE_FMT "' is taken",
                         SLICE_ARG(path));
    table->rows[table->count++] = (struct route){
        .path = path,
        .methods = READ_METHODS,
        .allow = "GET, HEAD",
        .handle = handle_metrics,
    };
    return 0;
}

void route_table_init_plain(struct route_table *table)
{
    static_assert(COUNT(plain) <= ROUTES_MAX, "room for the plain routes");
    *table = (struct route_table){ .count = COUNT(plain) };
    for (size_t i = 0; i < COUNT(plain); i++)
        table->rows[i] = plain[i];
}

int route_table_init(struct route_table *table, struct slice telemetry_path, struct error *err)
{
    static_assert(COUNT(fixed) < ROUTES_MAX, "room for the telemetry path");
    *table = (struct route_table){ .count = 0 };
    for (size_t i = 0; i < COUNT(fixed); i++)
        table->rows[table->count++] = fixed[i];
    return telemetry_path.len > 0 ? add_telemetry(table, telemetry_path, err) : 0;
}
