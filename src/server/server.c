#include "server/server.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "metrics/metrics.h"
#include "server/acceptor.h"
#include "server/cpus.h"
#include "server/daemon.h"
#include "server/event.h"
#include "server/farewell.h"
#include "server/handler.h"
#include "server/listen-socket.h"
#include "server/reaper.h"
#include "server/refusal.h"
#include "server/respond.h"
#include "server/route-table.h"
#include "server/state.h"
#include "server/worker.h"

#define STOP_POLL_NS 10000000    /* how often the end of requests in flight is looked for */
#define STOP_QUIET_POLLS 3       /* nothing to wait for that many times in a row is the end */
#define DESCRIPTORS_BESIDES 128u /* files that are no connections of the TLS port's limit */

unsigned server_default_workers(void)
{
    unsigned n = cpus_usable();
    return n < SERVER_WORKERS_MAX ? n : SERVER_WORKERS_MAX;
}

uint64_t server_descriptors(const struct server_config *config)
{
    return (uint64_t)config->workers * (config->limits.connections + WORKER_DYING_MAX) +
           STATE_PLAIN_CONNECTIONS_MAX + WORKER_DYING_MAX + DESCRIPTORS_BESIDES;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

/* Also for what is half built: the threads end before what they use. */
static void server_free(struct server *srv)
{
    acceptor_stop(srv);
    reaper_stop(srv);
    for (unsigned i = 0; i < srv->worker_count; i++) {
        daemon_stop(&srv->workers[i]);
        farewell_done(&srv->workers[i]);
        event_flush_lines(&srv->workers[i]);
        worker_done(&srv->workers[i]);
    }
    if (srv->no_memory)
        MHD_destroy_response(srv->no_memory);
    close_if_open(srv->listen_fd);
    close_if_open(srv->plain_fd);
    close_if_open(srv->wake_fd);
    close_if_open(srv->stop_fd);
    throttle_done(&srv->refusal_lines);
    throttle_done(&srv->library_lines);
    free(srv->workers);
    free(srv);
}

DEFINE_CLEANUP(server_free, struct server *);

static struct server *server_new(const struct server_config *config, struct error *err)
{
    struct server *srv = calloc(1, sizeof(*srv));
    unsigned count = config->workers + (config->plain_listen.len > 0);
    struct worker *workers = calloc(count, sizeof(*workers));
    if (!srv || !workers) {
        free(srv);
        free(workers);
        error_nomem(err);
        return NULL;
    }
    srv->config = *config;
    srv->workers = workers;
    budget_init(&srv->bodies, config->limits.bodies_bytes, config->limits.body_bytes);
    srv->listen_fd = srv->plain_fd = srv->wake_fd = srv->stop_fd = -1;
    throttle_init(&srv->refusal_lines, STATE_LINES_PER_SECOND);
    throttle_init(&srv->library_lines, STATE_LINES_PER_SECOND);
    for (; srv->worker_count < count; srv->worker_count++)
        worker_init(&workers[srv->worker_count], srv, srv->worker_count == config->workers);
    return srv;
}

static int open_sockets(struct server *srv, struct error *err)
{
    struct listen_socket sock;
    if (listen_socket_open(srv->config.listen, &sock, err) < 0)
        return -1;
    srv->listen_fd = sock.fd;
    srv->port = sock.port;
    if (srv->config.plain_listen.len == 0)
        return 0;
    if (listen_socket_open(srv->config.plain_listen, &sock, err) < 0)
        return -1;
    srv->plain_fd = sock.fd;
    srv->plain_port = sock.port;
    return 0;
}

static int start_threads(struct server *srv, struct error *err)
{
    for (unsigned i = 0; i < srv->worker_count; i++)
        if (farewell_init(&srv->workers[i], err) < 0 || daemon_start(&srv->workers[i], err) < 0)
            return -1;
    return reaper_start(srv, err) < 0 || acceptor_start(srv, err) < 0 ? -1 : 0;
}

static void label_metrics(struct server *srv)
{
    struct metrics *m = srv->config.metrics;
    handler_label_decisions(m);
    refusal_label(m);
    limit_label(m);
    metrics_set(m, METRIC_WORKERS, srv->config.workers);
}

int server_start(const struct server_config *config, struct server **ret, struct error *err)
{
    assert(config->workers >= 1 && config->workers <= SERVER_WORKERS_MAX);
    CLEANUP(server_free) struct server *srv = server_new(config, err);
    if (!srv || route_table_init(&srv->routes, config->telemetry_path, err) < 0)
        return -1;
    route_table_init_plain(&srv->plain_routes);
    srv->no_memory = respond_make_no_memory();
    if (!srv->no_memory)
        return error_nomem(err);
    label_metrics(srv);
    MHD_set_panic_func(event_panic, NULL);
    if (open_sockets(srv, err) < 0 || start_threads(srv, err) < 0)
        return -1;
    atomic_store(&srv->is_started, true);
    *ret = steal_ptr(srv);
    return 0;
}

unsigned server_port(const struct server *srv)
{
    return srv->port;
}

unsigned server_plain_port(const struct server *srv)
{
    return srv->plain_port;
}

void server_drain(struct server *srv)
{
    atomic_store(&srv->is_draining, true);
}

/* One look at a worker; an idle client is asked to go before it is cut off. */
static struct worker_busy settle_worker(struct worker *w)
{
    struct worker_busy busy = worker_settle(w, time_monotonic_us(), true);
    if (busy.untold > 0 && !farewell_ask(w))
        busy = worker_settle(w, time_monotonic_us(), false);
    if (worker_has_pending(w))
        busy.others++;
    return busy;
}

static struct worker_busy settle(struct server *srv)
{
    struct worker_busy all = { 0, 0, 0 };
    for (unsigned i = 0; i < srv->worker_count; i++) {
        struct worker_busy one = settle_worker(&srv->workers[i]);
        all.requests += one.requests;
        all.others += one.others + one.untold;
    }
    return all;
}

/* What is on its way between kernel, acceptor and worker is not seen yet: hence the quiet time. */
static unsigned wait_for_requests(struct server *srv, int64_t deadline_us)
{
    int64_t until = time_monotonic_us() + deadline_us;
    struct timespec pause = { .tv_nsec = STOP_POLL_NS };
    struct worker_busy busy = settle(srv);
    for (unsigned quiet = 0; quiet < STOP_QUIET_POLLS && time_monotonic_us() < until;) {
        (void)nanosleep(&pause, NULL);
        busy = settle(srv);
        quiet = busy.requests == 0 && busy.others == 0 ? quiet + 1 : 0;
    }
    return busy.requests;
}

unsigned server_stop(struct server *srv, int64_t deadline_us)
{
    server_drain(srv);
    acceptor_stop(srv);
    unsigned cut = wait_for_requests(srv, deadline_us);
    reaper_stop(srv);
    for (unsigned i = 0; i < srv->worker_count; i++)
        daemon_stop(&srv->workers[i]);
    event_flush(srv);
    server_free(srv); /* with the last lines about decisions */
    return cut;
}
