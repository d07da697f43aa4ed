#include "server/route.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct { struct slice word; unsigned bit; } methods[] = {
    { SLICE_INIT("GET"),  ROUTE_GET },
    { SLICE_INIT("HEAD"), ROUTE_HEAD },
    { SLICE_INIT("POST"), ROUTE_POST },
};
/* clang-format on */

const struct route *route_find(const struct route_table *table, struct slice path)
{
    for (size_t i = 0; i < table->count; i++)
        if (slice_equal(table->rows[i].path, path))
            return &table->rows[i];
    return NULL;
}

bool route_allows(const struct route *route, struct slice method)
{
    for (size_t i = 0; i < COUNT(methods); i++)
        if (slice_equal(methods[i].word, method))
            return (route->methods & methods[i].bit) != 0;
    return false;
}
