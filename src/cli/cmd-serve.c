#include "cli/cmd-serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "base/time.h"
#include "base/version.h"
#include "cert/files.h"
#include "cert/self-signed.h"
#include "cert/store.h"
#include "cli/options.h"
#include "cli/tls-suite.h"
#include "metrics/metrics.h"
#include "server/server.h"
#include "server/tls-priority.h"

#define US_PER_SECOND 1000000
#define US_PER_MS 1000
#define NS_PER_US 1000
#define CERT_OUT_MODE 0644
#define RELOAD_TRIES 3
#define RELOAD_PAUSE_NS 50000000 /* two files are never replaced in one step */

enum reload { RELOAD_OK, RELOAD_FAILED };

/* Everything the daemon owns besides its threads. */
struct service {
    struct cert_store *certs;
    struct metrics *metrics;
    struct buf priorities;
};

static void service_done(struct service *s)
{
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

static int64_t wall_seconds(void)
{
    return time_wall_us() / US_PER_SECOND;
}

/* --- TLS --------------------------------------------------------------------------------------- */

/* clang-format off */
static const struct { enum tls_suite_id id; unsigned cipher, exchange; } suites[] = {
    { TLS_SUITE_RSA_AES128_GCM,         TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_RSA },
    { TLS_SUITE_RSA_AES256_GCM,         TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_RSA },
    { TLS_SUITE_ECDHE_ECDSA_AES128_GCM, TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_ECDSA_AES256_GCM, TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_ECDSA_CHACHA20,   TLS_CIPHER_CHACHA20,    TLS_EXCHANGE_ECDHE_ECDSA },
    { TLS_SUITE_ECDHE_RSA_AES128_GCM,   TLS_CIPHER_AES_128_GCM, TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_ECDHE_RSA_AES256_GCM,   TLS_CIPHER_AES_256_GCM, TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_ECDHE_RSA_CHACHA20,     TLS_CIPHER_CHACHA20,    TLS_EXCHANGE_ECDHE_RSA },
    { TLS_SUITE_TLS13_AES128_GCM,       TLS_CIPHER_AES_128_GCM, 0 },
    { TLS_SUITE_TLS13_AES256_GCM,       TLS_CIPHER_AES_256_GCM, 0 },
    { TLS_SUITE_TLS13_CHACHA20,         TLS_CIPHER_CHACHA20,    0 },
};
/* clang-format on */

static struct tls_choice tls_choice_of(const struct server_settings *set)
{
    struct tls_choice choice = { .tls13_only = set->tls13_only };
    if (!set->tls_suites_given)
        return choice;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        if (!(set->tls_suites & (uint32_t)1 << suites[i].id))
            continue;
        choice.ciphers |= suites[i].cipher;
        choice.exchanges |= suites[i].exchange;
    }
    return choice;
}

static int write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t n = write(fd, text.ptr, text.len);
        if (n < 0 && errno != EINTR)
            return -1;
        text = slice_after(text, n < 0 ? 0 : (size_t)n);
    }
    return 0;
}

/* Beside the target, then moved onto it: readers see the old file or the new one. */
static int write_file(struct slice path, struct slice text, struct error *err)
{
    char name[PATH_MAX], temporary[PATH_MAX];
    if (snprintf(name, sizeof(name), SLICE_FMT, SLICE_ARG(path)) >= (int)sizeof(name) ||
        snprintf(temporary, sizeof(temporary), SLICE_FMT ".XXXXXX", SLICE_ARG(path)) >=
            (int)sizeof(temporary))
        return error_set(err, ERROR_USAGE, "the file name is too long");
    cleanup_close int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return error_set(err, ERROR_IO, "cannot create '%s': %s", temporary, strerror(errno));
    if (write_all(fd, text) == 0 && fchmod(fd, CERT_OUT_MODE) == 0 && rename(temporary, name) == 0)
        return 0;
    error_set(err, ERROR_IO, "cannot write '%s': %s", name, strerror(errno));
    (void)unlink(temporary);
    return -1;
}

static int make_self_signed(const struct server_settings *set, struct cert_bundle **ret,
                            struct error *err)
{
    struct buf pem;
    CLEANUP(cert_bundle_unref) struct cert_bundle *b = NULL;
    buf_init(&pem, CERT_PEM_MAX);
    int rc = cert_self_signed(set->tls_auto_hosts, wall_seconds(), &pem, &b, err);
    if (rc == 0 && set->tls_self_signed_out.len > 0)
        rc = write_file(set->tls_self_signed_out, buf_slice(&pem), err);
    buf_done(&pem);
    if (rc == 0)
        *ret = steal_ptr(b);
    return rc;
}

static void log_certificate(const struct cert_bundle *b, bool is_own)
{
    struct buf until;
    buf_init(&until, CERT_PEM_MAX);
    time_put_rfc3339(&until, b->not_after * US_PER_SECOND, TIME_SECONDS);
    log_write(LOG_LEVEL_INFO, "certificate ready",
              LOG_FIELDS(log_cstr("source", is_own ? "self-signed" : "files"),
                         log_string("not_after", buf_slice(&until))));
    buf_done(&until);
    if (b->is_rsa)
        log_write(LOG_LEVEL_WARN, "the certificate has an RSA key, which makes handshakes slow",
                  LOG_FIELDS(log_cstr("better", "ECDSA P-256")));
}

/* Makes or reads the pair and gives it to new connections; without success the old one stays. */
static int load_certificate(struct service *s, const struct server_settings *set, struct error *err)
{
    struct cert_bundle *b = NULL;
    bool is_own = set->tls_cert_file.len == 0;
    int rc = is_own
                 ? make_self_signed(set, &b, err)
                 : cert_files_load(set->tls_cert_file, set->tls_key_file, wall_seconds(), &b, err);
    if (rc != 0)
        return error_wrap(err, "serving certificate");
    log_certificate(b, is_own);
    metrics_set(s->metrics, METRIC_CERT_EXPIRY, b->not_after);
    cert_store_replace(s->certs, b);
    return 0;
}

/* On SIGHUP.  A bad pair leaves the old one; one that is just being replaced is read again. */
static void reload_certificate(struct service *s, const struct server_settings *set)
{
    struct error err = ERROR_INIT;
    struct timespec pause = { .tv_nsec = RELOAD_PAUSE_NS };
    if (set->tls_cert_file.len == 0) {
        log_write(LOG_LEVEL_INFO, "the certificate is our own, there is nothing to read again",
                  LOG_NO_FIELDS);
        return;
    }
    int rc = load_certificate(s, set, &err);
    for (unsigned i = 1; rc < 0 && i < RELOAD_TRIES; i++) {
        (void)nanosleep(&pause, NULL);
        err = (struct error)ERROR_INIT;
        rc = load_certificate(s, set, &err);
    }
    metrics_count(s->metrics, METRIC_CERT_RELOADS, rc < 0 ? RELOAD_FAILED : RELOAD_OK);
    if (rc < 0)
        log_write(LOG_LEVEL_ERROR, "the certificate was not replaced",
                  LOG_FIELDS(log_cstr("error", err.msg)));
}

static int service_init(struct service *s, const struct server_settings *set, struct error *err)
{
    struct tls_choice choice = tls_choice_of(set);
    *s = (struct service){ .certs = cert_store_new(), .metrics = metrics_new() };
    buf_init(&s->priorities, TLS_PRIORITY_MAX);
    tls_priority_put(&s->priorities, &choice);
    if (!s->certs || !s->metrics || !buf_cstr(&s->priorities))
        return error_nomem(err);
    metrics_label(s->metrics, METRIC_BUILD_INFO, 0, slice_of(keyhook_version()), SLICE_ABSENT);
    metrics_count(s->metrics, METRIC_BUILD_INFO, 0);
    metrics_label(s->metrics, METRIC_CERT_RELOADS, RELOAD_OK, SLICE("ok"), SLICE_ABSENT);
    metrics_label(s->metrics, METRIC_CERT_RELOADS, RELOAD_FAILED, SLICE("failed"), SLICE_ABSENT);
    metrics_set(s->metrics, METRIC_START_TIME, wall_seconds());
    return load_certificate(s, set, err);
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
static int next_signal(struct service *s, const struct server_settings *set,
                       const sigset_t *signals, int64_t until)
{
    while (true) {
        int64_t left = until - time_monotonic_us();
        struct timespec wait = { left / US_PER_SECOND, left % US_PER_SECOND * NS_PER_US };
        if (left <= 0)
            return 0;
        int got = sigtimedwait(signals, NULL, &wait);
        if (got == SIGHUP)
            reload_certificate(s, set);
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
    int got = next_signal(s, set, signals, time_monotonic_us() + set->drain_period);
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
    if (service_init(s, set, err) < 0)
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
    };
    struct server *srv;
    raise_descriptors(server_descriptors(&config));
    if (server_start(&config, &srv, err) < 0)
        return -1;
    log_listening(&config, srv);
    int got = next_signal(s, set, &signals, INT64_MAX);
    log_write(LOG_LEVEL_INFO, "stopping", LOG_FIELDS(log_cstr("signal", signal_name(got))));
    if (got == SIGTERM && set->drain_period > 0)
        drain(s, srv, set, &signals);
    unsigned cut = server_stop(srv, set->stop_timeout);
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
    struct service s;
    if (run(&opt, &s, &err) < 0) {
        log_write(LOG_LEVEL_ERROR, "cannot start", LOG_FIELDS(log_cstr("error", err.msg)));
        status = err.code == ERROR_USAGE ? COMMAND_USAGE : COMMAND_FAILED;
    }
    service_done(&s);
    options_done(&opt);
    return status;
}
