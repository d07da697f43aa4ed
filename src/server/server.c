#include "server/server.h"

#include <assert.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "base/time.h"
#include "server/connection.h"
#include "server/event.h"
#include "server/handler.h"
#include "server/listen-socket.h"
#include "server/refusal.h"
#include "server/request.h"
#include "server/respond.h"
#include "server/route-table.h"
#include "server/state.h"

#define US_PER_MS 1000
#define STOP_POLL_NS 10000000 /* how often the end of requests in flight is looked for */
#define STOP_QUIET_POLLS 5    /* nothing in flight that many times in a row is the end */

unsigned server_default_workers(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof(set), &set) < 0)
        return 1;
    unsigned n = (unsigned)CPU_COUNT(&set);
    return n < 1 ? 1 : n > SERVER_WORKERS_MAX ? SERVER_WORKERS_MAX : n;
}

static enum MHD_Result begin(struct server *srv, struct MHD_Connection *c, const char *method,
                             const char *path, const char *version, void **ret_request)
{
    struct request *req = request_new(srv, c, method, path);
    if (!req)
        return respond_no_memory(srv, c);
    *ret_request = req; /* request_free() in on_completed() */
    request_check(req, version);
    return req->answers_now ? request_answer_refusal(req) : MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *c, const char *path,
                                 const char *method, const char *version, const char *data,
                                 size_t *data_size, void **req_cls)
{
    struct request *req = *req_cls;
    if (!req)
        return begin(cls, c, method, path, version, req_cls);
    if (*data_size > 0) {
        int rc = request_take(req, data, *data_size);
        *data_size = 0;
        return rc < 0 ? MHD_NO : MHD_YES;
    }
    return req->refusal != 0 ? request_answer_refusal(req) : req->route->handle(req);
}

static void on_completed(void *cls, struct MHD_Connection *c, void **req_cls,
                         enum MHD_RequestTerminationCode why)
{
    (void)cls;
    (void)why;
    connection_flush(c);
    request_free(*req_cls);
    *req_cls = NULL;
}

static int start_daemon(struct server *srv, struct error *err)
{
    unsigned workers = srv->config.workers;
    struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)workers, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_USE_TLS | MHD_USE_ITC | MHD_USE_ERROR_LOG;
    /* A pool of one is refused by libmicrohttpd: then the list starts with its end. */
    srv->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, srv, MHD_OPTION_EXTERNAL_LOGGER, event_library, srv,
        MHD_OPTION_LISTEN_SOCKET, srv->listen_fd, MHD_OPTION_CONNECTION_TIMEOUT,
        (unsigned)SERVER_IDLE_SECONDS, MHD_OPTION_CONNECTION_LIMIT,
        SERVER_CONNECTIONS_PER_WORKER * workers, MHD_OPTION_HTTPS_PRIORITIES,
        srv->config.tls_priorities, MHD_OPTION_HTTPS_CERT_CALLBACK2, connection_certificate,
        MHD_OPTION_NOTIFY_CONNECTION, connection_notify, srv, MHD_OPTION_NOTIFY_COMPLETED,
        on_completed, srv, MHD_OPTION_URI_LOG_CALLBACK, connection_uri, srv, MHD_OPTION_ARRAY,
        workers > 1 ? &pool[0] : &pool[1], MHD_OPTION_END);
    if (!srv->daemon)
        return error_set(err, ERROR_CRYPTO, "the HTTPS server could not be started");
    srv->listen_fd = -1; /* libmicrohttpd's from here on */
    return 0;
}

static void server_free(struct server *srv)
{
    if (srv->no_memory)
        MHD_destroy_response(srv->no_memory);
    /* libmicrohttpd may or may not have closed it when it did not start */
    if (srv->listen_fd >= 0 && fcntl(srv->listen_fd, F_GETFD) >= 0)
        (void)close(srv->listen_fd);
    pthread_key_delete(srv->scratch_key);
    throttle_done(&srv->refusal_lines);
    throttle_done(&srv->library_lines);
    free(srv);
}

DEFINE_CLEANUP(server_free, struct server *);

static struct server *server_new(const struct server_config *config, struct error *err)
{
    struct server *srv = calloc(1, sizeof(*srv));
    if (srv && pthread_key_create(&srv->scratch_key, handler_free_scratch) != 0) {
        free(srv);
        srv = NULL;
    }
    if (!srv) {
        error_nomem(err);
        return NULL;
    }
    srv->config = *config;
    srv->listen_fd = -1;
    throttle_init(&srv->refusal_lines, STATE_LINES_PER_SECOND);
    throttle_init(&srv->library_lines, STATE_LINES_PER_SECOND);
    return srv;
}

int server_start(const struct server_config *config, struct server **ret, struct error *err)
{
    assert(config->workers >= 1 && config->workers <= SERVER_WORKERS_MAX);
    CLEANUP(server_free) struct server *srv = server_new(config, err);
    if (!srv || route_table_init(&srv->routes, config->telemetry_path, err) < 0)
        return -1;
    srv->no_memory = respond_make_no_memory();
    if (!srv->no_memory)
        return error_nomem(err);
    struct listen_socket sock;
    if (listen_socket_open(config->listen, &sock, err) < 0)
        return -1;
    srv->listen_fd = sock.fd;
    srv->port = sock.port;
    handler_label_decisions(config->metrics);
    refusal_label(config->metrics);
    MHD_set_panic_func(event_panic, NULL);
    if (start_daemon(srv, err) < 0)
        return -1;
    atomic_store(&srv->is_started, true);
    *ret = steal_ptr(srv);
    return 0;
}

unsigned server_port(const struct server *srv)
{
    return srv->port;
}

/* A request whose headers are just arriving is not counted yet: hence the quiet time. */
static void wait_for_requests(struct server *srv, int64_t deadline_ms)
{
    int64_t until = time_monotonic_us() + deadline_ms * US_PER_MS;
    struct timespec pause = { .tv_nsec = STOP_POLL_NS };
    for (unsigned quiet = 0; quiet < STOP_QUIET_POLLS && time_monotonic_us() < until;) {
        quiet = atomic_load(&srv->in_flight) == 0 ? quiet + 1 : 0;
        (void)nanosleep(&pause, NULL);
    }
}

unsigned server_stop(struct server *srv, int64_t deadline_ms)
{
    atomic_store(&srv->is_stopping, true);
    int fd = MHD_quiesce_daemon(srv->daemon);
    if (fd >= 0)
        (void)close(fd); /* left open by libmicrohttpd: clients would hang in its queue */
    wait_for_requests(srv, deadline_ms);
    unsigned cut = atomic_load(&srv->in_flight);
    MHD_stop_daemon(srv->daemon);
    event_flush(srv);
    server_free(srv);
    return cut;
}
