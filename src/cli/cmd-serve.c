#include "cli/cmd-serve.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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
#define CERT_OUT_MODE 0644

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

static int set_up_certificate(struct service *s, const struct server_settings *set,
                              struct error *err)
{
    struct cert_bundle *b = NULL;
    bool is_own = set->tls_cert_file.len == 0;
    int rc = is_own
                 ? make_self_signed(set, &b, err)
                 : cert_files_load(set->tls_cert_file, set->tls_key_file, wall_seconds(), &b, err);
    if (rc != 0)
        return error_wrap(err, "serving certificate");
    log_certificate(b, is_own);
    cert_store_replace(s->certs, b);
    return 0;
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
    metrics_set(s->metrics, METRIC_START_TIME, wall_seconds());
    return set_up_certificate(s, set, err);
}

/* --- life -------------------------------------------------------------------------------------- */

static void block_signals(sigset_t *ret)
{
    (void)signal(SIGPIPE, SIG_IGN);
    sigemptyset(ret);
    sigaddset(ret, SIGTERM);
    sigaddset(ret, SIGINT);
    pthread_sigmask(SIG_BLOCK, ret, NULL); /* inherited by every thread to come */
}

static const char *wait_for_signal(const sigset_t *signals)
{
    int got = 0;
    while (sigwait(signals, &got) != 0)
        continue;
    return got == SIGTERM ? "SIGTERM" : "SIGINT";
}

static int run(const struct options *opt, struct service *s, struct error *err)
{
    sigset_t signals;
    block_signals(&signals);
    if (service_init(s, &opt->server, err) < 0)
        return -1;
    struct server_config config = {
        .inject = &opt->inject,
        .certs = s->certs,
        .metrics = s->metrics,
        .listen = opt->server.listen,
        .telemetry_path = opt->server.telemetry_path,
        .tls_priorities = buf_cstr(&s->priorities),
        .body_max = (size_t)opt->server.body_limit,
        .workers = server_default_workers(),
    };
    struct server *srv;
    if (server_start(&config, &srv, err) < 0)
        return -1;
    log_write(LOG_LEVEL_INFO, "listening",
              LOG_FIELDS(log_string("address", opt->server.listen),
                         log_int("port", server_port(srv)), log_int("workers", config.workers),
                         log_cstr("version", keyhook_version())));
    log_write(LOG_LEVEL_INFO, "stopping",
              LOG_FIELDS(log_cstr("signal", wait_for_signal(&signals))));
    unsigned cut = server_stop(srv, SERVER_STOP_MS);
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
