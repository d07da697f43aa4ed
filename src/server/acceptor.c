#include "server/acceptor.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/time.h"
#include "metrics/metrics.h"
#include "server/state.h"
#include "server/worker.h"

#define BURST_MAX 64u         /* connections of one port before the other one is looked at */
#define PAUSE_NS 1000000      /* when too many of those shot are still there */
#define NO_MEMORY_NS 20000000 /* when the system has no descriptors or memory left */
#define PENDING_PAUSES 200u   /* how often connections on their way to a worker are waited for */

/* A connection that was just taken, and the workers that may have it. */
struct arrival {
    int fd;
    struct sockaddr_storage address;
    socklen_t address_size;
};

struct workers {
    struct worker *first;
    unsigned count;
};

static void pause_for(long ns)
{
    struct timespec time = { .tv_nsec = ns };
    (void)nanosleep(&time, NULL);
}

/* The one with the fewest connections; ties go round. */
static struct worker *least_loaded(const struct workers *all)
{
    static unsigned turn; /* of the acceptor's thread alone */
    struct worker *best = NULL;
    turn++;
    for (unsigned i = 0; i < all->count; i++) {
        struct worker *w = &all->first[(turn + i) % all->count];
        if (!best || atomic_load(&w->open) < atomic_load(&best->open))
            best = w;
    }
    return best;
}

/* Shoots the first in line among all workers; the worker that has room now, or NULL. */
static struct worker *make_room(const struct workers *all, enum limit_id why)
{
    struct worker *best = NULL;
    struct worker_victim first = { 0, 0 };
    int64_t now = time_monotonic_us();
    for (unsigned i = 0; i < all->count; i++) {
        struct worker_victim v;
        if (!worker_find_victim(&all->first[i], now, &v))
            continue;
        if (!best || v.rank < first.rank || (v.rank == first.rank && v.since_us < first.since_us)) {
            best = &all->first[i];
            first = v;
        }
    }
    return best && worker_shoot_victim(best, now, why) ? best : NULL;
}

static bool has_pending(const struct workers *all)
{
    for (unsigned i = 0; i < all->count; i++)
        if (worker_has_pending(&all->first[i]))
            return true;
    return false;
}

/* Who is still on the way to a worker cannot make room yet. */
static struct worker *wait_for_room(const struct workers *all)
{
    struct worker *w = make_room(all, LIMIT_CONNECTIONS);
    for (unsigned n = 0; n < PENDING_PAUSES && !w && has_pending(all); n++) {
        pause_for(PAUSE_NS);
        w = make_room(all, LIMIT_CONNECTIONS);
    }
    return w;
}

static bool is_source_full(const struct workers *all, const struct arrival *a)
{
    unsigned max = all->first->server->config.limits.per_source, count = 0;
    if (max == 0 || a->address.ss_family != AF_INET6)
        return false;
    struct sockaddr_in6 v6;
    memcpy(&v6, &a->address, sizeof(v6));
    for (unsigned n = 0; n < PENDING_PAUSES && has_pending(all); n++)
        pause_for(PAUSE_NS);
    for (unsigned i = 0; i < all->count; i++)
        count += worker_count_source(&all->first[i], &v6.sin6_addr);
    return count >= max;
}

static void turn_away(struct server *srv, int fd, enum limit_id why)
{
    (void)close(fd);
    metrics_count(srv->config.metrics, METRIC_TURNED_AWAY, why);
}

static void admit(const struct workers *all, const struct arrival *a)
{
    struct server *srv = all->first->server;
    struct worker *w = least_loaded(all);
    if (is_source_full(all, a)) {
        turn_away(srv, a->fd, LIMIT_SOURCE);
        return;
    }
    if (atomic_load(&w->open) >= w->limit)
        w = wait_for_room(all);
    if (!w) {
        turn_away(srv, a->fd, LIMIT_CONNECTIONS);
        return;
    }
    while (worker_dying(w) >= WORKER_DYING_MAX)
        pause_for(PAUSE_NS);
    metrics_count(srv->config.metrics, METRIC_ACCEPTED, w->is_plain);
    atomic_fetch_add(&w->open, 1); /* given back when it ends, or here */
    if (MHD_add_connection(w->daemon, a->fd, (const struct sockaddr *)&a->address,
                           a->address_size) != MHD_YES)
        atomic_fetch_sub(&w->open, 1); /* libmicrohttpd has closed it */
}

/* IPv4 addresses as mapped ones, whatever the socket says: there is one form to compare. */
static void map_address(struct arrival *a)
{
    struct sockaddr_in v4;
    if (a->address.ss_family != AF_INET)
        return;
    memcpy(&v4, &a->address, sizeof(v4));
    struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = v4.sin_port };
    v6.sin6_addr.s6_addr[10] = v6.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&v6.sin6_addr.s6_addr[12], &v4.sin_addr, sizeof(v4.sin_addr));
    memcpy(&a->address, &v6, sizeof(v6));
    a->address_size = sizeof(v6);
}

static void accept_some(int listen_fd, const struct workers *all)
{
    for (unsigned i = 0; i < BURST_MAX; i++) {
        struct arrival a = { .address_size = sizeof(a.address) };
        a.fd = accept4(listen_fd, (struct sockaddr *)&a.address, &a.address_size,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (a.fd >= 0) {
            map_address(&a);
            admit(all, &a);
            continue;
        }
        if (errno == ECONNABORTED || errno == EINTR)
            continue;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            (void)make_room(all, LIMIT_DESCRIPTORS); /* it stays in the queue meanwhile */
            pause_for(NO_MEMORY_NS);
        }
        return;
    }
}

static void accept_all(struct server *srv)
{
    struct workers tls = { srv->workers, srv->config.workers };
    struct workers plain = { srv->workers + srv->config.workers, 1 };
    accept_some(srv->listen_fd, &tls);
    if (srv->plain_fd >= 0)
        accept_some(srv->plain_fd, &plain);
}

static void *run(void *arg)
{
    struct server *srv = arg;
    struct pollfd fds[] = {
        { .fd = srv->wake_fd, .events = POLLIN },
        { .fd = srv->listen_fd, .events = POLLIN },
        { .fd = srv->plain_fd, .events = POLLIN }, /* -1 is passed over */
    };
    while (fds[0].revents == 0) {
        if (poll(fds, sizeof(fds) / sizeof(fds[0]), -1) > 0)
            accept_all(srv);
    }
    return NULL;
}

int acceptor_start(struct server *srv, struct error *err)
{
    srv->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (srv->wake_fd < 0 || pthread_create(&srv->acceptor, NULL, run, srv) != 0)
        return error_set(err, ERROR_IO, "the acceptor could not be started");
    srv->has_acceptor = true;
    return 0;
}

void acceptor_stop(struct server *srv)
{
    if (!srv->has_acceptor)
        return;
    (void)eventfd_write(srv->wake_fd, 1);
    pthread_join(srv->acceptor, NULL);
    srv->has_acceptor = false;
    int *fds[] = { &srv->listen_fd, &srv->plain_fd };
    for (unsigned i = 0; i < 2; i++) {
        if (*fds[i] >= 0)
            (void)close(*fds[i]);
        *fds[i] = -1;
    }
}
