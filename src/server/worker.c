#include "server/worker.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <gnutls/crypto.h>

#include "inject/inject.h"
#include "metrics/metrics.h"

#define LOST_TICKS 50u /* of the reaper: after ten seconds nobody is still on the way */

static const struct connection *first_of(const struct worker *w, unsigned list)
{
    return list == 0 ? w->fresh.first : w->used.first;
}

void worker_init(struct worker *w, struct server *srv, bool is_plain)
{
    w->server = srv;
    w->is_plain = is_plain;
    w->limit = is_plain ? STATE_PLAIN_CONNECTIONS_MAX : srv->config.limits.connections;
    pthread_mutex_init(&w->lock, NULL);
    atomic_flag_clear(&w->has_lines_in_use);
    (void)gnutls_rnd(GNUTLS_RND_NONCE, &w->jitter, sizeof(w->jitter));
    w->jitter |= 1;
    w->visitor_fds[0] = w->visitor_fds[1] = -1;
}

void worker_done(struct worker *w)
{
    inject_scratch_free(w->scratch);
    pthread_mutex_destroy(&w->lock);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void append(struct connection_list *list, struct connection *conn)
{
    conn->prev = list->last;
    conn->next = NULL;
    *(list->last ? &list->last->next : &list->first) = conn;
    list->last = conn;
}

static void take_out(struct connection_list *list, struct connection *conn)
{
    *(conn->prev ? &conn->prev->next : &list->first) = conn->next;
    *(conn->next ? &conn->next->prev : &list->last) = conn->prev;
}

void worker_link(struct worker *w, struct connection *conn)
{
    pthread_mutex_lock(&w->lock);
    append(&w->fresh, conn);
    w->linked++;
    pthread_mutex_unlock(&w->lock);
}

void worker_unlink(struct worker *w, struct connection *conn)
{
    pthread_mutex_lock(&w->lock);
    take_out(conn->is_used ? &w->used : &w->fresh, conn);
    w->linked--;
    if (conn->shot_for != LIMIT_NONE)
        w->dying--;
    else
        atomic_fetch_sub(&w->open, 1);
    pthread_mutex_unlock(&w->lock);
}

void worker_promote(struct worker *w, struct connection *conn)
{
    pthread_mutex_lock(&w->lock);
    take_out(&w->fresh, conn);
    append(&w->used, conn);
    conn->is_used = true;
    pthread_mutex_unlock(&w->lock);
}

/* --- shooting, under the lock ----------------------------------------------------------------- */

static bool shoot(struct worker *w, struct connection *conn, uint64_t seen, enum limit_id why)
{
    if (!phase_replace(&conn->phase, seen, seen | PHASE_SHOT))
        return false;
    conn->shot_for = why;
    w->dying++;
    atomic_fetch_sub(&w->open, 1);
    (void)shutdown(conn->fd, SHUT_RDWR); /* never close(): the descriptor is libmicrohttpd's */
    metrics_count(w->server->config.metrics, METRIC_CLOSED, why);
    return true;
}

/* A request may be waiting in the socket: then the connection is idle in our eyes only. */
static bool has_unread_bytes(const struct connection *conn)
{
    int bytes = 0;
    return ioctl(conn->fd, FIONREAD, &bytes) == 0 && bytes > 0;
}

/* --- victims ---------------------------------------------------------------------------------- */

static bool is_stalled(uint64_t word, int64_t now_us)
{
    enum phase phase = phase_of(word);
    return phase == PHASE_STALLED || phase == PHASE_UNREAD ||
           ((phase == PHASE_HEAD || phase == PHASE_DISCARD) &&
            now_us - phase_since(word) > STATE_STALLED_US);
}

static bool is_here(enum phase phase)
{
    return phase == PHASE_DISCARD || phase == PHASE_BODY || phase == PHASE_STALLED ||
           phase == PHASE_ANSWER || phase == PHASE_UNREAD;
}

static bool rank_of(const struct connection *conn, uint64_t word, int64_t now_us,
                    struct worker_victim *ret)
{
    enum phase phase = phase_of(word);
    if (phase_is_shot(word))
        return false;
    if (phase == PHASE_IDLE && conn->is_used) {
        *ret = (struct worker_victim){ 1, phase_since(word) };
        return true;
    }
    if (is_stalled(word, now_us) || (!conn->is_used && !is_here(phase))) {
        *ret = (struct worker_victim){ 0, conn->accepted_us };
        return true;
    }
    return false;
}

static bool comes_before(const struct worker_victim *a, const struct worker_victim *b)
{
    return a->rank != b->rank ? a->rank < b->rank : a->since_us < b->since_us;
}

/* The lists of the fresh ones is in order of age: its first candidate is its best. */
static struct connection *find(struct worker *w, int64_t now_us, struct worker_victim *ret,
                               uint64_t *ret_word)
{
    const struct connection *best = NULL;
    for (unsigned list = 0; list < 2; list++)
        for (const struct connection *c = first_of(w, list); c; c = c->next) {
            struct worker_victim v;
            uint64_t word = atomic_load(&c->phase);
            if (!rank_of(c, word, now_us, &v) || (best && !comes_before(&v, ret)))
                continue;
            best = c;
            *ret = v;
            *ret_word = word;
            if (list == 0)
                break;
        }
    return (struct connection *)(uintptr_t)best;
}

bool worker_find_victim(struct worker *w, int64_t now_us, struct worker_victim *ret)
{
    uint64_t word;
    pthread_mutex_lock(&w->lock);
    bool found = find(w, now_us, ret, &word) != NULL;
    pthread_mutex_unlock(&w->lock);
    return found;
}

bool worker_shoot_victim(struct worker *w, int64_t now_us, enum limit_id why)
{
    struct connection *victim;
    bool done = false;
    pthread_mutex_lock(&w->lock);
    do {
        struct worker_victim v;
        uint64_t word = 0;
        victim = find(w, now_us, &v, &word);
        done = victim && shoot(w, victim, word, why);
    } while (victim && !done);
    pthread_mutex_unlock(&w->lock);
    return done;
}

/* --- time limits ------------------------------------------------------------------------------ */

static enum limit_id overdue(const struct server_limits *limits, uint64_t word, int64_t now_us)
{
    const struct {
        int64_t limit;
        enum limit_id id;
    } rows[PHASE__COUNT] = {
        [PHASE_HANDSHAKE] = { limits->handshake, LIMIT_HANDSHAKE },
        [PHASE_FRESH] = { limits->idle, LIMIT_IDLE },
        [PHASE_IDLE] = { limits->idle, LIMIT_IDLE },
        [PHASE_HEAD] = { limits->request, LIMIT_REQUEST },
        [PHASE_DISCARD] = { limits->request, LIMIT_REQUEST },
        [PHASE_BODY] = { limits->request, LIMIT_REQUEST },
        [PHASE_STALLED] = { limits->request, LIMIT_REQUEST },
        [PHASE_ANSWER] = { limits->request, LIMIT_ANSWER },
        [PHASE_UNREAD] = { limits->request, LIMIT_ANSWER },
    };
    enum phase phase = phase_of(word);
    return now_us - phase_since(word) > rows[phase].limit ? rows[phase].id : LIMIT_NONE;
}

/* An answer that waits for the worker and not for its client has nothing in the socket. */
static bool has_untaken_bytes(const struct connection *conn)
{
    int bytes = 0;
    return ioctl(conn->fd, SIOCOUTQ, &bytes) == 0 && bytes > 0;
}

/* What is too slow does not count as in flight any more. */
static void mark_slow(struct worker *w, struct connection *conn, uint64_t word, int64_t now_us)
{
    enum phase phase = phase_of(word);
    bool is_unread = phase == PHASE_ANSWER;
    if ((phase != PHASE_BODY && !is_unread) || now_us - phase_since(word) <= STATE_STALLED_US ||
        (is_unread && !has_untaken_bytes(conn)))
        return;
    enum phase slow = is_unread ? PHASE_UNREAD : PHASE_STALLED;
    if (phase_replace(&conn->phase, word, phase_make(slow, phase_since(word))))
        atomic_fetch_sub(&w->in_flight, 1);
}

/* Why one that is slow has to go before its time. */
static enum limit_id in_the_way(struct worker *w, enum phase phase)
{
    if (phase != PHASE_STALLED && phase != PHASE_UNREAD)
        return LIMIT_NONE;
    if (budget_is_short(&w->server->bodies))
        return LIMIT_BODIES;
    bool is_full = atomic_load(&w->in_flight) >= w->server->config.limits.in_flight;
    return phase == PHASE_UNREAD && is_full ? LIMIT_UNREAD : LIMIT_NONE;
}

/*
 * libmicrohttpd tells of a request when its first line is complete.  Before that, bytes that keep
 * coming without becoming a line are seen only by the kernel.
 */
static void watch(struct connection *conn, uint64_t word, int64_t now_us)
{
    struct tcp_info info;
    socklen_t size = sizeof(info);
    enum phase phase = phase_of(word);
    if ((phase != PHASE_IDLE && phase != PHASE_FRESH) ||
        getsockopt(conn->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0)
        return;
    bool is_same = conn->is_watched && conn->watched_word == word;
    if (is_same && info.tcpi_bytes_received != conn->watched_bytes)
        (void)phase_replace(&conn->phase, word, phase_make(PHASE_HEAD, now_us));
    conn->is_watched = true;
    conn->watched_word = word;
    conn->watched_bytes = info.tcpi_bytes_received;
}

static void reap_one(struct worker *w, struct connection *conn, int64_t now_us, bool watches)
{
    uint64_t word = atomic_load(&conn->phase);
    if (phase_is_shot(word))
        return;
    enum limit_id why = overdue(&w->server->config.limits, word, now_us);
    if (why == LIMIT_IDLE && has_unread_bytes(conn))
        return;
    if (why == LIMIT_NONE)
        why = in_the_way(w, phase_of(word));
    if (why != LIMIT_NONE) {
        (void)shoot(w, conn, word, why);
        return;
    }
    mark_slow(w, conn, word, now_us);
    if (watches)
        watch(conn, word, now_us);
}

/* What libmicrohttpd dropped before it told us (its own memory ran out) must not count for ever. */
static void find_lost(struct worker *w)
{
    unsigned open = atomic_load(&w->open);
    unsigned lost = open - (w->linked - w->dying);
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(w->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    bool is_lost = lost > 0 && info && info->num_connections == w->linked;
    w->lost_ticks = is_lost ? w->lost_ticks + 1 : 0;
    if (w->lost_ticks < LOST_TICKS)
        return;
    atomic_fetch_sub(&w->open, lost);
    w->lost_ticks = 0;
}

void worker_reap(struct worker *w, int64_t now_us, bool watches)
{
    pthread_mutex_lock(&w->lock);
    for (struct connection *c = w->fresh.first; c; c = c->next)
        reap_one(w, c, now_us, watches);
    for (struct connection *c = w->used.first; c; c = c->next)
        reap_one(w, c, now_us, watches);
    find_lost(w);
    pthread_mutex_unlock(&w->lock);
}

/* --- the end ---------------------------------------------------------------------------------- */

/* Idle, as far as can be seen; one that is new is about to send its request. */
static bool is_idle(const struct connection *conn, uint64_t word, int64_t now_us)
{
    enum phase phase = phase_of(word);
    bool is_young = !conn->is_used && now_us - phase_since(word) < WORKER_YOUNG_US;
    return (phase == PHASE_IDLE || phase == PHASE_FRESH) && !is_young && !has_unread_bytes(conn);
}

void worker_tell_idle(struct worker *w, int64_t now_us, worker_tell_fn *tell)
{
    pthread_mutex_lock(&w->lock);
    for (unsigned list = 0; list < 2; list++)
        for (struct connection *c = list == 0 ? w->fresh.first : w->used.first; c; c = c->next) {
            uint64_t word = atomic_load(&c->phase);
            if (c->session && !phase_is_shot(word) && atomic_load(&c->told_us) == 0 &&
                is_idle(c, word, now_us))
                tell(c, now_us);
        }
    pthread_mutex_unlock(&w->lock);
}

static void settle_one(struct worker *w, struct connection *conn, int64_t now_us, bool tells,
                       struct worker_busy *busy)
{
    uint64_t word = atomic_load(&conn->phase);
    int64_t told_us = atomic_load(&conn->told_us);
    bool is_to_be_told = tells && conn->session;
    if (phase_is_shot(word))
        return;
    if (is_here(phase_of(word)))
        busy->requests++;
    else if (is_to_be_told && told_us == 0 && is_idle(conn, word, now_us))
        busy->untold++;
    else if (!is_idle(conn, word, now_us) ||
             (is_to_be_told && now_us - told_us < WORKER_FAREWELL_US))
        busy->others++;
    else
        (void)shoot(w, conn, word, LIMIT_DRAIN);
}

struct worker_busy worker_settle(struct worker *w, int64_t now_us, bool tells)
{
    struct worker_busy busy = { 0, 0, 0 };
    pthread_mutex_lock(&w->lock);
    for (struct connection *c = w->fresh.first; c; c = c->next)
        settle_one(w, c, now_us, tells, &busy);
    for (struct connection *c = w->used.first; c; c = c->next)
        settle_one(w, c, now_us, tells, &busy);
    pthread_mutex_unlock(&w->lock);
    return busy;
}

unsigned worker_count_source(struct worker *w, const struct in6_addr *source)
{
    unsigned count = 0;
    pthread_mutex_lock(&w->lock);
    for (unsigned list = 0; list < 2; list++)
        for (const struct connection *c = first_of(w, list); c; c = c->next)
            count += c->shot_for == LIMIT_NONE && IN6_ARE_ADDR_EQUAL(&c->source, source);
    pthread_mutex_unlock(&w->lock);
    return count;
}

bool worker_has_pending(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    bool has = atomic_load(&w->open) != w->linked - w->dying;
    pthread_mutex_unlock(&w->lock);
    return has;
}

unsigned worker_dying(struct worker *w)
{
    pthread_mutex_lock(&w->lock);
    unsigned dying = w->dying;
    pthread_mutex_unlock(&w->lock);
    return dying;
}
