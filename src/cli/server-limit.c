#include "cli/server-limit.h"

#include <assert.h>
#include <stddef.h>

#include "cli/option-values.h"
#include "server/config.h"

#define US_PER_MS 1000
#define SECOND_US ((int64_t)1000000)
#define HOUR_US (3600 * SECOND_US)
#define YEARS_US (87600 * HOUR_US)
#define COUNT_MAX ((int64_t)1 << 20)
#define BODIES_MAX ((int64_t)1 << 40)
#define HEADER_MIN ((int64_t)8 << 10)
#define HEADER_MAX ((int64_t)256 << 10)
#define API_SERVER_IDLE_US (90 * SECOND_US)

#define AT(m) offsetof(struct options, server.m)

/* What each may be; times in microseconds. Unit and text for messages. */
/* clang-format off */
static const struct range {
    size_t offset;
    int64_t min, max;
    const char *unit, *right;
} ranges[] = {
    { AT(workers),                 0,          SERVER_WORKERS_MAX, "", "0 to 64" },
    { AT(connections_per_worker),  1,          SERVER_CONNECTIONS_MAX, "", "1 to 65536" },
    { AT(connections_per_source),  0,          COUNT_MAX, "", "0 to 1048576" },
    { AT(requests_per_connection), 0,          COUNT_MAX, "", "0 to 1048576" },
    { AT(in_flight_limit),         1,          SERVER_CONNECTIONS_MAX, "", "1 to 65536" },
    { AT(body_limit),              OPTIONS_BODY_LIMIT_MIN, OPTIONS_BODY_LIMIT_MAX, "", "65536 to 67108864 bytes" },
    { AT(bodies_limit),            0,          BODIES_MAX, "", "0 to 1099511627776 bytes" },
    { AT(header_limit),            HEADER_MIN, HEADER_MAX, "", "8192 to 262144 bytes" },
    { AT(handshake_timeout),       1000,       HOUR_US, "ms", "1ms to 1h" },
    { AT(request_timeout),         1000,       HOUR_US, "ms", "1ms to 1h" },
    { AT(idle_timeout),            1000,       24 * HOUR_US, "ms", "1ms to 24h" },
    { AT(connection_age),          0,          24 * HOUR_US, "ms", "0 to 24h" },
    { AT(drain_period),            0,          HOUR_US, "ms", "0 to 1h" },
    { AT(stop_timeout),            0,          HOUR_US, "ms", "0 to 1h" },
    { AT(cert.pki_ttl),            SECOND_US,  YEARS_US, "ms", "1s to 87600h" },
    { AT(cert.publish_settle),     0,          HOUR_US, "ms", "0 to 1h" },
};
/* clang-format on */

static const struct range *range_at(size_t offset)
{
    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
        if (ranges[i].offset == offset)
            return &ranges[i];
    return NULL;
}

bool server_limit_range(const struct option *row, struct option_range *ret)
{
    const struct range *range = row->check == check_server_limit ? range_at(row->offset) : NULL;

    if (range)
        *ret = (struct option_range){ range->min, range->max };
    return range != NULL;
}

int check_server_limit(void *target, const void *member, const char *name, struct buf *warnings,
                       struct error *err)
{
    const struct range *range = range_at((size_t)((const char *)member - (const char *)target));
    int64_t value = *(const int64_t *)member;

    assert(range); /* a row of the option table without one here */
    if (value < range->min || value > range->max)
        return error_set(err, ERROR_USAGE, "%lld%s is out of range: give %s",
                         (long long)(*range->unit ? value / US_PER_MS : value), range->unit,
                         range->right);
    if (range->offset == AT(idle_timeout) && value < API_SERVER_IDLE_US)
        buf_printf(warnings,
                   "%s: is shorter than the 90s of the API server: a request may meet a connection "
                   "that is being closed\n",
                   name);
    return 0;
}
