#include "cert/changer.h"

#include "base/log.h"
#include "base/time.h"

#define US_PER_SECOND 1000000
#define PATIENCE_US ((int64_t)1 * US_PER_SECOND)
#define DATE_MAX ((size_t)64)

/* --- lines of the log -------------------------------------------------------------------------- */

static const char *source_name(const struct keeping *k, const struct held *h)
{
    return h->is_fallback ? k->set.fallback->kind->name : k->set.source->kind->name;
}

void changer_log_serving(const struct keeping *k)
{
    struct buf until;
    const struct cert_bundle *b = k->serving.issue.bundle;
    buf_init(&until, DATE_MAX);
    time_put_rfc3339(&until, b->not_after * US_PER_SECOND, TIME_SECONDS);
    bool is_blind = k->publishes && k->was_ready && k->serving.seen == 0;
    log_write(is_blind ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO,
              is_blind ? "certificate served before its anchor was seen in the caBundle"
                       : "certificate ready",
              LOG_FIELDS(log_cstr("source", source_name(k, &k->serving)),
                         log_string("not_after", buf_slice(&until)),
                         log_bool("is_published", k->serving.seen > 0)));
    buf_done(&until);
    if (b->is_rsa)
        log_write(LOG_LEVEL_WARN, "the certificate has an RSA key, which makes handshakes slow",
                  LOG_FIELDS(log_cstr("better", "ECDSA P-256")));
}

static void log_ready(bool is_ready)
{
    if (is_ready)
        log_write(LOG_LEVEL_INFO, "ready", LOG_NO_FIELDS);
    else
        log_write(LOG_LEVEL_ERROR, "not ready: the certificate is not valid now", LOG_NO_FIELDS);
}

/* --- decisions ---------------------------------------------------------------------------------- */

/* Files that are to be read again (SIGHUP) may be the answer to a stolen key. */
static bool is_urgent(const struct keeping *k, const struct life *life, int64_t now)
{
    return k->waiting.is_urgent && !k->publishes && life_is_valid(&life->waiting, now);
}

bool changer_step(struct keeping *k)
{
    int64_t now = keeping_now(k);
    struct life life = keeping_life(k);
    bool changes = life_may_change(&life, now) || is_urgent(k, &life, now);
    if (changes) {
        keeping_change(k);
        life = keeping_life(k);
    }
    bool is_ready = life_is_ready(&life, now);
    k->was_ready = life.was_ready;
    atomic_store(&k->is_ready, is_ready);
    return changes;
}

/* One that does not answer fails as well: its time-out may be longer than what is left. */
static bool source_fails(const struct keeping *k)
{
    bool is_slow = k->asking_us > 0 && time_monotonic_us() - k->asking_us > PATIENCE_US;
    return k->source_fails || is_slow;
}

/* `without`: seconds without a valid certificate. */
static bool needs_fallback(const struct keeping *k, int64_t without)
{
    struct life life = keeping_life(k);
    int64_t now = keeping_now(k);
    if (!k->set.fallback || life_is_valid(&life.waiting, now))
        return false;
    return life_needs_fallback(&life, now, without, source_fails(k));
}

/* Makes one, without the lock. */
static int make_fallback(struct keeping *k, struct cert_issue *ret)
{
    enum vault_failure failure;
    struct error err = ERROR_INIT;
    struct cert_source *source = k->set.fallback;
    if (source->kind->issue(source, keeping_now(k), ret, &failure, &err) < 0) {
        log_write(LOG_LEVEL_ERROR, "no self-signed certificate can be made",
                  LOG_FIELDS(log_cstr("error", err.msg)));
        return -1;
    }
    if (k->set.own_made && k->set.own_made(k->set.arg, buf_slice(&ret->anchor), &err) < 0)
        log_write(LOG_LEVEL_WARN, "the self-signed certificate was not written",
                  LOG_FIELDS(log_cstr("error", err.msg)));
    return 0;
}

/* Has one wait; false when there is none. */
static bool fall_back(struct keeping *k)
{
    struct cert_issue made;
    const char *why = k->failure == VAULT_OK ? "no answer" : vault_failure_info(k->failure)->name;
    const char *when = k->serving.issue.bundle ? "the old one ends" : "there was none";
    cert_issue_init(&made);
    keeping_unlock(k);
    int rc = make_fallback(k, &made);
    if (rc == 0)
        log_write(LOG_LEVEL_WARN, "a self-signed certificate stands in",
                  LOG_FIELDS(log_cstr("because", when), log_cstr("class", why)));
    keeping_lock(k);
    if (rc == 0) {
        keeping_put(k, &made);
        k->waiting.is_fallback = true;
        notice_post(
            &k->notices, NOTICE_FALLBACK, time_monotonic_us(),
            "A self-signed certificate stands in: %s, and the source '%s' gives no other (%s).",
            when, k->set.source->kind->name, why);
    }
    cert_issue_done(&made);
    return rc == 0;
}

void *changer_run(void *arg)
{
    struct keeping *k = arg;
    int64_t valid_us = time_monotonic_us(); /* when there was a valid one last */
    keeping_lock(k);
    bool was_ready = k->was_ready; /* from the start */
    while (!k->is_stopping) {
        if (changer_step(k))
            changer_log_serving(k);
        bool is_ready = atomic_load(&k->is_ready);
        if (is_ready != was_ready)
            log_ready(is_ready);
        was_ready = is_ready;
        struct life life = keeping_life(k);
        int64_t now_us = time_monotonic_us();
        if (life_is_valid(&life.serving, keeping_now(k)))
            valid_us = now_us;
        if (!needs_fallback(k, (now_us - valid_us) / US_PER_SECOND) || !fall_back(k))
            keeping_wait(k, INT64_MAX);
    }
    keeping_unlock(k);
    return NULL;
}
