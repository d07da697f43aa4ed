#include "server/refusal.h"

#include "metrics/metrics.h"

static const struct {
    unsigned status;
    struct slice text;
} rows[] = {
    { 400, SLICE_INIT("400") }, { 404, SLICE_INIT("404") }, { 405, SLICE_INIT("405") },
    { 413, SLICE_INIT("413") }, { 414, SLICE_INIT("414") }, { 415, SLICE_INIT("415") },
    { 431, SLICE_INIT("431") }, { 503, SLICE_INIT("503") }, { 505, SLICE_INIT("505") },
    { 0, SLICE_INIT("other") },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

unsigned refusal_index(unsigned status)
{
    unsigned i = 0;
    while (i < ROWS - 1 && rows[i].status != status)
        i++;
    return i;
}

void refusal_label(struct metrics *m)
{
    for (unsigned i = 0; i < ROWS; i++)
        metrics_label(m, METRIC_REFUSED, i, rows[i].text, SLICE_ABSENT);
}
