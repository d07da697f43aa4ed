#include "server/event.h"

#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <microhttpd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/num.h"
#include "base/time.h"
#include "inject/inject.h"
#include "metrics/metrics.h"
#include "server/refusal.h"
#include "server/state.h"

#define LIBRARY_LINE_MAX 512
#define PANIC_LINE_MAX 512
#define ADDRESS_TEXT_MAX 64

static const struct slice decision_words[] = {
    [REASON_SKIP] = SLICE_INIT("skipped"),
    [REASON_INJECT] = SLICE_INIT("injected"),
    [REASON_DENY] = SLICE_INIT("denied"),
    [REASON_WARN] = SLICE_INIT("warned"),
};

struct slice event_decision_word(enum reason_kind kind)
{
    return decision_words[kind];
}

/* An empty text is as good as none. */
static struct slice unless_empty(struct slice s)
{
    return s.len > 0 ? s : SLICE_ABSENT;
}

static void put_warnings(struct buf *out, const struct inject_decision *d)
{
    for (unsigned i = 0; i < d->warning_count; i++) {
        if (i > 0)
            buf_put_lit(out, "; ");
        buf_put_slice(out, d->warnings[i]);
    }
}

static void add_decision(struct log_batch *lines, const struct inject_decision *d, int64_t us)
{
    const struct reason *reason = reason_info(d->reason);
    struct slice name = unless_empty(d->name);
    struct buf warnings;
    buf_init(&warnings, (size_t)INJECT_WARNINGS_MAX * INJECT_WARNING_MAX * 4);
    put_warnings(&warnings, d);
    log_add(lines, LOG_LEVEL_INFO, "review answered",
            LOG_FIELDS(log_string("uid", d->uid), log_string("namespace", d->namespace),
                       log_string("name", name),
                       log_string("generate_name", slice_is_present(name)
                                                       ? SLICE_ABSENT
                                                       : unless_empty(d->generate_name)),
                       log_string("kind", d->kind), log_string("operation", d->operation),
                       log_bool("dry_run", d->dry_run),
                       log_string("decision", event_decision_word(reason->kind)),
                       log_string("reason", reason->word), log_int("secrets", d->secrets),
                       log_int("operations", d->operations), log_int("warnings", d->warning_count),
                       log_int("micros", us), log_string("message", d->message),
                       log_string("warning", unless_empty(buf_slice(&warnings)))));
    buf_done(&warnings);
}

void event_decision(struct worker *w, const struct inject_decision *d, int64_t us, int64_t now_us)
{
    if (!log_is_enabled(LOG_LEVEL_INFO))
        return;
    while (atomic_flag_test_and_set_explicit(&w->has_lines_in_use, memory_order_acquire))
        (void)sched_yield(); /* the reaper is writing what waited */
    add_decision(&w->lines, d, us);
    if (now_us - w->flushed_us >= EVENT_BATCH_US) {
        log_flush(&w->lines);
        w->flushed_us = now_us;
    }
    atomic_flag_clear_explicit(&w->has_lines_in_use, memory_order_release);
}

void event_flush_lines(struct worker *w)
{
    if (atomic_flag_test_and_set_explicit(&w->has_lines_in_use, memory_order_acquire))
        return;
    log_flush(&w->lines);
    atomic_flag_clear_explicit(&w->has_lines_in_use, memory_order_release);
}

static void client_text(struct MHD_Connection *c, char ret[static ADDRESS_TEXT_MAX])
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(c, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    ret[0] = '\0';
    if (!info || !info->client_addr)
        return;
    socklen_t size = info->client_addr->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                                              : sizeof(struct sockaddr_in);
    if (getnameinfo(info->client_addr, size, ret, ADDRESS_TEXT_MAX, NULL, 0, NI_NUMERICHOST) != 0)
        ret[0] = '\0';
}

/* An IPv4 address as people write it, on a socket for both kinds too. */
static struct slice plain_address(const char *text)
{
    struct slice s = slice_of(text), mapped = SLICE("::ffff:");
    bool is_v4 = slice_has_prefix(s, mapped) && memchr(s.ptr, '.', s.len);
    return is_v4 ? slice_after(s, mapped.len) : s;
}

static void say_suppressed(uint64_t count, const char *what)
{
    if (count > 0)
        log_write(LOG_LEVEL_WARN, "log lines were left out",
                  LOG_FIELDS(log_cstr("about", what), log_int("count", (long long)count)));
}

#define ABOUT_REFUSALS "refused requests"
#define ABOUT_LIBRARY "connections"

void event_refusal(struct server *srv, const struct event_request *req, unsigned status,
                   struct slice text)
{
    uint64_t suppressed;
    if (!throttle_pass(&srv->refusal_lines, time_monotonic_us(), &suppressed))
        return;
    char client[ADDRESS_TEXT_MAX];
    client_text(req->connection, client);
    say_suppressed(suppressed, ABOUT_REFUSALS);
    log_write(LOG_LEVEL_WARN, "request refused",
              LOG_FIELDS(log_int("status", status), log_string("method", req->method),
                         log_string("path", req->path), log_string("reason", text),
                         log_string("client", unless_empty(plain_address(client)))));
}

/* Refusals that libmicrohttpd sends by itself (a head too large, no HTTP) are known from its log. */
static void count_own_refusal(struct server *srv, const char *text)
{
    static const char mark[] = "HTTP response code is ";
    const char *at = strstr(text, mark);
    uint64_t status;
    if (!at)
        return;
    struct slice rest = slice_of(at + sizeof(mark) - 1);
    if (num_uint64(slice_cut(&rest, ' '), &status) == NUM_OK && status <= UINT_MAX)
        metrics_count(srv->config.metrics, METRIC_REFUSED, refusal_index((unsigned)status));
}

void event_library(void *cls, const char *fmt, va_list args)
{
    struct server *srv = cls;
    uint64_t suppressed;
    char text[LIBRARY_LINE_MAX];
    int n = vsnprintf(text, sizeof(text), fmt, args);
    if (n >= 0)
        count_own_refusal(srv, text);
    if (!throttle_pass(&srv->library_lines, time_monotonic_us(), &suppressed))
        return;
    say_suppressed(suppressed, ABOUT_LIBRARY);
    /* Before the start is through, its complaint is the reason why there will be no server. */
    log_write(atomic_load(&srv->is_started) ? LOG_LEVEL_INFO : LOG_LEVEL_ERROR,
              "connection trouble",
              LOG_FIELDS(log_string("detail", slice_trim(slice_of(n < 0 ? "" : text)))));
}

void event_panic(void *cls, const char *file, unsigned line, const char *reason)
{
    (void)cls;
    log_write(
        LOG_LEVEL_ERROR, "libmicrohttpd gave up",
        LOG_FIELDS(log_cstr("file", file), log_int("line", line), log_cstr("reason", reason)));
    abort();
}

void event_flush(struct server *srv)
{
    say_suppressed(throttle_take_suppressed(&srv->refusal_lines), ABOUT_REFUSALS);
    say_suppressed(throttle_take_suppressed(&srv->library_lines), ABOUT_LIBRARY);
}
