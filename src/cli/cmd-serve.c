#include "cli/cmd-serve.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "base/version.h"
#include "cert/store.h"
#include "cli/harden.h"
#include "cli/options.h"
#include "cli/serve-cert.h"
#include "cli/serve-metrics.h"
#include "cli/serve-tls.h"
#include "http/http.h"
#include "metrics/metrics.h"
#include "server/server.h"

#define US_PER_SECOND 1000000
#define US_PER_MS 1000
#define NS_PER_US 1000
#define RETIRE_TIME_US ((int64_t)3 * US_PER_SECOND) /* for taking our own anchor out, at the end */

/* Everything the daemon owns besides its threads. */
struct service {
    struct cert_store *certs;
    struct serve_cert cert;
    struct metrics *metrics;
    struct buf priorities;
};

static void service_done(struct service *s)
{
    serve_cert_done(&s->cert);
    cert_store_free(s->certs);
    metrics_free(s->metrics);
    buf_done(&s->priorities);
}

static enum log_level log_level_of(enum setting_log_level level)
{
    static const enum log_level levels[] = {
        [SETTING_LOG_TRACE] = LOG_LEVEL_TRACE, [SETTING_LOG_DEBUG] = LOG_LEVEL_DEBUG,
        [SETTING_LOG_INFO] = LOG_LEVEL_INFO,   [SETTING_LOG_WARN] = LOG_LEVEL_WARN,
        [SETTING_LOG_ERROR] = LOG_LEVEL_ERROR,
    };
    return levels[level];
}

static void log_warnings(const struct options *opt)
{
    struct slice rest = buf_slice(&opt->warnings);
    struct slice warning;
    while (options_next_warning(&rest, &warning))
        log_write(LOG_LEVEL_WARN, "setting", LOG_FIELDS(log_string("detail", warning)));
}

static int service_init(struct service *s, const struct options *opt, struct error *err)
{
    struct tls_choice choice = serve_tls_choice(&opt->server);
    s->certs = cert_store_new();
    s->metrics = metrics_new();
    tls_priority_put(&s->priorities, &choice);
    if (!s->certs || !s->metrics || !buf_cstr(&s->priorities))
        return error_nomem(err);
    if (harden_process(err) < 0 || serve_cert_init(&s->cert, opt, s->certs, err) < 0)
        return -1;
    serve_metrics_label(s->metrics, &s->cert);
    metrics_set(s->metrics, METRIC_START_TIME, time_wall_us() / US_PER_SECOND);
    return 0;
}

/* --- what the server asks ------------------------------------------------------------------------ */

static bool is_ready(void *arg, struct buf *reason)
{
    const struct service *s = arg;
    if (cert_keeper_is_ready(s->cert.keeper))
        return true;
    if (reason)
        cert_keeper_put_reason(s->cert.keeper, reason);
    return false;
}

static void refresh(void *arg)
{
    const struct service *s = arg;
    serve_metrics_copy(s->metrics, &s->cert);
}

/* --- life -------------------------------------------------------------------------------------- */

static void block_signals(sigset_t *ret)
{
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    sigaddset(ret, SIGHUP);
    pthread_sigmask(SIG_BLOCK, ret, NULL); /* inherited by every thread to come */
}

/* The next signal, or 0 at `until` (monotonic microseconds); SIGHUP is dealt with here. */
static int next_signal(struct service *s, const sigset_t *signals, int64_t until)
{
    while (true) {
        int64_t left = until - time_monotonic_us();
        struct timespec wait = { left / US_PER_SECOND, left % US_PER_SECOND * NS_PER_US };
        if (left <= 0)
            return 0;
        int got = sigtimedwait(signals, NULL, &wait);
        if (got == SIGHUP)
            cert_keeper_wake(s->cert.keeper);
        else if (got > 0)
            return got;
    }
}

static const char *signal_name(int number)
{
    return number == SIGTERM ? "SIGTERM" : "SIGINT";
}

/* From the first signal to the end of the drain period, or to a second signal. */
static void drain(struct service *s, struct server *srv, const struct server_settings *set,
                  const sigset_t *signals)
{
    server_drain(srv);
    log_write(LOG_LEVEL_INFO, "draining",
              LOG_FIELDS(log_int("millis", set->drain_period / US_PER_MS)));
    int got = next_signal(s, signals, time_monotonic_us() + set->drain_period);
    if (got > 0)
        log_write(LOG_LEVEL_INFO, "the rest of the drain period is skipped",
                  LOG_FIELDS(log_cstr("signal", signal_name(got))));
}

static struct server_limits limits_of(const struct server_settings *set)
{
    return (struct server_limits){
        .connections = (unsigned)set->connections_per_worker,
        .per_source = (unsigned)set->connections_per_source,
        .requests = (unsigned)set->requests_per_connection,
        .in_flight = (unsigned)set->in_flight_limit,
        .header_bytes = (size_t)set->header_limit,
        .body_bytes = (size_t)set->body_limit,
        .bodies_bytes = (size_t)set->bodies_limit,
        .handshake = set->handshake_timeout,
        .request = set->request_timeout,
        .idle = set->idle_timeout,
        .age = set->connection_age,
    };
}

/* As many files as all connections need, if the system lets us. */
static void raise_descriptors(uint64_t needed)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur >= needed)
        return;
    limit.rlim_cur = limit.rlim_max < needed ? limit.rlim_max : needed;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < needed)
        log_write(LOG_LEVEL_WARN, "the limit of open files is below that of connections",
                  LOG_FIELDS(log_int("open_files", (long long)limit.rlim_cur),
                             log_int("needed", (long long)needed)));
}

static void log_listening(const struct server_config *config, const struct server *srv)
{
    unsigned plain = server_plain_port(srv);
    log_write(LOG_LEVEL_INFO, "listening",
              LOG_FIELDS(log_string("address", config->listen), log_int("port", server_port(srv)),
                         log_int("workers", config->workers),
                         log_cstr("version", keyhook_version())));
    if (plain > 0)
        log_write(LOG_LEVEL_INFO, "listening without TLS",
                  LOG_FIELDS(log_string("address", config->plain_listen), log_int("port", plain)));
}

static int run(const struct options *opt, struct service *s, struct error *err)
{
    sigset_t signals;
    const struct server_settings *set = &opt->server;
    block_signals(&signals);
    if (http_global_init(err) < 0 || service_init(s, opt, err) < 0)
        return -1;
    struct server_config config = {
        .inject = &opt->inject,
        .certs = s->certs,
        .metrics = s->metrics,
        .listen = set->listen,
        .plain_listen = set->plain_listen,
        .telemetry_path = set->telemetry_path,
        .tls_priorities = buf_cstr(&s->priorities),
        .workers = set->workers > 0 ? (unsigned)set->workers : server_default_workers(),
        .limits = limits_of(set),
        .hooks = { is_ready, refresh, s },
    };
    struct server *srv;
    raise_descriptors(server_descriptors(&config));
    if (server_start(&config, &srv, err) < 0)
        return -1;
    if (cert_keeper_start(s->cert.keeper, err) < 0) {
        (void)server_stop(srv, 0);
        return -1;
    }
    log_listening(&config, srv);
    int got = next_signal(s, &signals, INT64_MAX);
    log_write(LOG_LEVEL_INFO, "stopping", LOG_FIELDS(log_cstr("signal", signal_name(got))));
    if (got == SIGTERM && set->drain_period > 0)
        drain(s, srv, set, &signals);
    unsigned cut = server_stop(srv, set->stop_timeout);
    cert_keeper_retire(s->cert.keeper, RETIRE_TIME_US);
    log_write(LOG_LEVEL_INFO, "stopped", LOG_FIELDS(log_int("requests_cut_off", cut)));
    return 0;
}

int cmd_serve(const struct command_context *ctx, int argc, char **argv)
{
    struct options opt;
    struct error err = ERROR_INIT;
    int status = COMMAND_OK;
    if (!options_load(&opt, ctx, argc, argv, NULL, &status)) {
        options_done(&opt);
        return status;
    }
    log_set_up(fileno(ctx->err), log_level_of(opt.server.level),
               opt.server.log_json ? LOG_FORMAT_JSON : LOG_FORMAT_TEXT);
    log_warnings(&opt);
    struct service s = { 0 };
    buf_init(&s.priorities, TLS_PRIORITY_MAX);
    if (run(&opt, &s, &err) < 0) {
        log_write(LOG_LEVEL_ERROR, "cannot start", LOG_FIELDS(log_cstr("error", err.msg)));
        status = err.code == ERROR_USAGE ? COMMAND_USAGE : COMMAND_FAILED;
    }
    service_done(&s);
    options_done(&opt);
    return status;
}
