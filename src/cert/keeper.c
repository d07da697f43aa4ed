#include "cert/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/time.h"
#include "cert/changer.h"
#include "cert/publisher.h"
#include "cert/renewer.h"
#include "cert/watcher.h"

#define US_PER_SECOND 1000000
#define JOIN_PAUSE_NS 2000000
#define STOP_TIME_US ((int64_t)5 * US_PER_SECOND)

enum thread_id { THREAD_CHANGER, THREAD_RENEWER, THREAD_PUBLISHER, THREAD_WATCHER, THREAD__COUNT };

struct cert_keeper {
    struct keeping state;
    struct publisher publisher;
    struct watcher watcher;
    pthread_t threads[THREAD__COUNT];
    bool is_running[THREAD__COUNT];
};

/* --- begin and end ------------------------------------------------------------------------------ */

static int make_clients(struct cert_keeper *k, struct error *err)
{
    const struct kube_settings *kube = k->state.set.kube;
    if (!kube)
        return 0;
    if (kube_client_new(kube, &k->publisher.kube, err) < 0)
        return -1;
    return k->state.publishes ? kube_client_new(kube, &k->watcher.kube, err) : 0;
}

int cert_keeper_new(const struct cert_keeper_settings *settings, struct cert_keeper **ret,
                    struct error *err)
{
    CLEANUP(cert_keeper_free) struct cert_keeper *k = calloc(1, sizeof(*k));
    if (!k) {
        cert_source_free(settings->source);
        cert_source_free(settings->fallback);
        return error_nomem(err);
    }
    keeping_init(&k->state, settings);
    k->publisher.k = k->watcher.k = &k->state;
    if (make_clients(k, err) < 0)
        return -1;
    k->state.set.kube = NULL; /* was for the clients */
    if (settings->source->kind->is_local) {
        if (renewer_first(&k->state, err) < 0)
            return -1;
        (void)changer_step(&k->state); /* nobody else is there yet */
        changer_log_serving(&k->state);
    }
    *ret = steal_ptr(k);
    return 0;
}

int cert_keeper_start(struct cert_keeper *k, struct error *err)
{
    const struct {
        void *(*run)(void *arg);
        void *arg;
        bool is_needed;
    } rows[THREAD__COUNT] = {
        [THREAD_CHANGER] = { changer_run, &k->state, true },
        [THREAD_RENEWER] = { renewer_run, &k->state, true },
        [THREAD_PUBLISHER] = { publisher_run, &k->publisher, k->publisher.kube != NULL },
        [THREAD_WATCHER] = { watcher_run, &k->watcher, k->watcher.kube != NULL },
    };
    for (unsigned i = 0; i < THREAD__COUNT; i++) {
        if (!rows[i].is_needed)
            continue;
        if (pthread_create(&k->threads[i], NULL, rows[i].run, rows[i].arg) != 0)
            return error_set(err, ERROR_IO, "cannot start a thread");
        k->is_running[i] = true;
    }
    return 0;
}

static void cancel_calls(struct cert_keeper *k)
{
    struct cert_source *source = k->state.set.source;
    if (source->kind->cancel)
        source->kind->cancel(source);
    if (k->publisher.kube)
        kube_client_cancel(k->publisher.kube);
    if (k->watcher.kube)
        kube_client_cancel(k->watcher.kube);
}

/* By trying: the sanitizer of threads does not know pthread_clockjoin_np(), and the wall clock may be set. */
static bool join_one(pthread_t thread, int64_t until_us)
{
    const struct timespec pause = { .tv_nsec = JOIN_PAUSE_NS };
    int rc;
    while ((rc = pthread_tryjoin_np(thread, NULL)) == EBUSY && time_monotonic_us() < until_us)
        (void)nanosleep(&pause, NULL);
    return rc == 0;
}

/* False when a thread has not ended by then: no cancel reaches into the arithmetic of a TLS handshake. */
static bool join(struct cert_keeper *k, int64_t until_us)
{
    bool all = true;
    for (unsigned i = 0; i < THREAD__COUNT; i++)
        if (k->is_running[i])
            all &= join_one(k->threads[i], until_us);
    return all;
}

static bool stop(struct cert_keeper *k)
{
    keeping_lock(&k->state);
    k->state.is_stopping = true;
    keeping_tell(&k->state);
    keeping_unlock(&k->state);
    cancel_calls(k);
    return join(k, time_monotonic_us() + STOP_TIME_US);
}

void cert_keeper_free(struct cert_keeper *k)
{
    if (!k)
        return;
    if (!stop(k)) {
        log_write(LOG_LEVEL_WARN,
                  "a call to Vault or the API server does not end, the program does",
                  LOG_NO_FIELDS);
        return; /* the thread still uses it */
    }
    kube_client_free(k->publisher.kube);
    kube_client_free(k->watcher.kube);
    cert_source_free(k->state.set.source);
    cert_source_free(k->state.set.fallback);
    keeping_done(&k->state);
    free(k);
}

/* --- from outside ------------------------------------------------------------------------------- */

void cert_keeper_wake(struct cert_keeper *k)
{
    keeping_lock(&k->state);
    k->state.is_asked = true;
    k->state.is_look_due = true;
    keeping_tell(&k->state);
    keeping_unlock(&k->state);
}

static bool has_own(const struct keeping *k)
{
    return k->serving.issue.is_own || k->waiting.issue.is_own || k->left_count > 0;
}

void cert_keeper_retire(struct cert_keeper *k, int64_t timeout_us)
{
    int64_t until = time_monotonic_us() + timeout_us;
    struct keeping *s = &k->state;
    bool is_left = false;
    keeping_lock(s);
    if (s->publishes && has_own(s)) {
        s->is_retiring = true;
        s->version++;
        keeping_tell(s);
        while (!s->is_retired && time_monotonic_us() < until)
            keeping_wait(s, until);
        is_left = !s->is_retired;
    }
    keeping_unlock(s);
    if (is_left)
        log_write(LOG_LEVEL_WARN, "time is up: our own anchor is still in the caBundle",
                  LOG_FIELDS(log_string("webhook", s->set.webhook),
                             log_cstr("what_follows", "it goes when it has ended")));
}

bool cert_keeper_is_ready(const struct cert_keeper *k)
{
    return atomic_load(&k->state.is_ready) &&
           keeping_now(&k->state) < atomic_load(&k->state.counters.ends);
}

static void put_class(struct buf *out, const char *name, const char *advice)
{
    buf_printf(out, ": %s: %s", name, advice);
}

void cert_keeper_put_reason(struct cert_keeper *k, struct buf *out)
{
    struct keeping *s = &k->state;
    keeping_lock(s);
    int64_t now = keeping_now(s);
    struct life life = keeping_life(s);
    if (!life.serving.is_there)
        buf_put_lit(out, "there is no certificate yet");
    else if (!life_is_valid(&life.serving, now))
        buf_put_lit(out, "the certificate is not valid now");
    else
        buf_put_lit(out, "the anchor of the certificate has not been seen in the caBundle yet");
    bool is_valid = life_is_valid(&life.serving, now);
    if (!is_valid && s->source_fails)
        put_class(out, vault_failure_info(s->failure)->name,
                  vault_failure_info(s->failure)->advice);
    if (is_valid && s->publishing != KUBE_OK)
        put_class(out, kube_failure_info(s->publishing)->name,
                  kube_failure_info(s->publishing)->advice);
    keeping_unlock(s);
}

const struct cert_keeper_counters *cert_keeper_counters(const struct cert_keeper *k)
{
    return &k->state.counters;
}

void cert_keeper_kube_failures(const struct cert_keeper *k,
                               unsigned long long ret[KUBE_FAILURE__COUNT])
{
    const struct kube_client *clients[] = { k->publisher.kube, k->watcher.kube };
    for (unsigned f = 0; f < KUBE_FAILURE__COUNT; f++)
        ret[f] = 0;
    for (unsigned i = 0; i < 2; i++)
        for (unsigned f = 0; clients[i] && f < KUBE_FAILURE__COUNT; f++)
            ret[f] += atomic_load(&kube_client_counters(clients[i])->failures[f]);
}
