#include "server/limit-table.h"

#include "metrics/metrics.h"

/* clang-format off */
static const struct {
    struct slice word;
    bool refuses, closes; /* new connections; open ones */
} limits[LIMIT__COUNT] = {
    [LIMIT_CONNECTIONS] = { SLICE_INIT("connections-per-worker"),  true,  true },
    [LIMIT_SOURCE]      = { SLICE_INIT("connections-per-source"),  true,  false },
    [LIMIT_DESCRIPTORS] = { SLICE_INIT("file-descriptors"),        true,  true },
    [LIMIT_HANDSHAKE]   = { SLICE_INIT("handshake-timeout"),       false, true },
    [LIMIT_REQUEST]     = { SLICE_INIT("request-timeout"),         false, true },
    [LIMIT_ANSWER]      = { SLICE_INIT("answer-timeout"),          false, true },
    [LIMIT_BODIES]      = { SLICE_INIT("bodies-limit"),            false, true },
    [LIMIT_IDLE]        = { SLICE_INIT("idle-timeout"),            false, true },
    [LIMIT_AGE]         = { SLICE_INIT("connection-age"),          false, true },
    [LIMIT_REQUESTS]    = { SLICE_INIT("requests-per-connection"), false, true },
    [LIMIT_UNREAD]      = { SLICE_INIT("unread-answers"),          false, true },
    [LIMIT_DRAIN]       = { SLICE_INIT("drain"),                   false, true },
};

static const struct slice sheds[SHED__COUNT] = {
    [SHED_IN_FLIGHT] = SLICE_INIT("in-flight-limit"),
    [SHED_BODIES]    = SLICE_INIT("bodies-limit"),
    [SHED_LATE]      = SLICE_INIT("late"),
    [SHED_MEMORY]    = SLICE_INIT("memory"),
};

static const struct slice no_handshakes[NO_HANDSHAKE__COUNT] = {
    [NO_HANDSHAKE_NO_HELLO] = SLICE_INIT("no-hello"),
    [NO_HANDSHAKE_NO_MATCH] = SLICE_INIT("no-match"),
    [NO_HANDSHAKE_REJECTED] = SLICE_INIT("rejected"),
    [NO_HANDSHAKE_TIMEOUT]  = SLICE_INIT("timeout"),
    [NO_HANDSHAKE_CLOSED]   = SLICE_INIT("closed"),
};
/* clang-format on */

static void label_row(struct metrics *m, enum metric_id id, unsigned index, struct slice word)
{
    metrics_label(m, id, index, word, SLICE_ABSENT);
}

void limit_label(struct metrics *m)
{
    for (unsigned i = 0; i < LIMIT__COUNT; i++) {
        if (limits[i].refuses)
            label_row(m, METRIC_TURNED_AWAY, i, limits[i].word);
        if (limits[i].closes)
            label_row(m, METRIC_CLOSED, i, limits[i].word);
    }
    for (unsigned i = 0; i < SHED__COUNT; i++)
        label_row(m, METRIC_SHED, i, sheds[i]);
    for (unsigned i = 0; i < NO_HANDSHAKE__COUNT; i++)
        label_row(m, METRIC_NO_HANDSHAKE, i, no_handshakes[i]);
    for (unsigned i = 0; i < 2; i++) {
        label_row(m, METRIC_CONNECTIONS, i, i ? SLICE("plain") : SLICE("tls"));
        label_row(m, METRIC_ACCEPTED, i, i ? SLICE("plain") : SLICE("tls"));
    }
}
