#include "cert/renewer.h"

#include <string.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/time.h"
#include "cert/check.h"
#include "cert/reminder.h"

#define US_PER_SECOND 1000000
#define US_PER_MS 1000
#define TEND_SPAN_US ((int64_t)60 * US_PER_SECOND) /* between looks at the token */
#define WAIT_LEAST_US ((int64_t)1 * US_PER_SECOND)
#define RETRY_AFTER_MAX_US ((int64_t)300 * US_PER_SECOND)
#define WAIT_SHARE 8 /* no wait is longer than this part of what is left of the certificate */
#define CLOCK_BACK ((int64_t)60) /* seconds before the time of issue: the clock was put back */
#define TRIES_TOLD 3u            /* failures without any certificate, until an Event */
#define FILE_TRIES 3u            /* two files are never replaced in one step */
#define FILE_PAUSE_US ((int64_t)50 * US_PER_MS)
#define NOTES_LINES_MAX 16u
#define DATE_MAX ((size_t)64)

/* What the thread knows. */
struct renewer {
    struct keeping *k;
    struct cert_source *source;
    bool has_one;  /* from the source */
    bool is_asked; /* somebody wants one now */
    int64_t issued, not_before, not_after, renew_at;
    struct backoff backoff;
    int64_t next_try_us, next_tend_us;
    unsigned failures; /* in a row */
    struct reminder trouble;
};

/* --- success ------------------------------------------------------------------------------------ */

static void log_notes(const struct renewer *r, const struct cert_issue *got)
{
    const char *message =
        r->source->kind->is_local ? "the certificate is doubtful" : "the issuer says";
    struct slice notes = buf_slice(&got->notes);
    for (unsigned i = 0; i < NOTES_LINES_MAX && notes.len > 0; i++) {
        struct slice line = slice_cut(&notes, '\n');
        if (line.len > 0)
            log_write(LOG_LEVEL_WARN, message, LOG_FIELDS(log_string("note", line)));
    }
}

static void log_issued(const struct renewer *r, const struct cert_issue *got)
{
    struct buf until;
    buf_init(&until, DATE_MAX);
    time_put_rfc3339(&until, got->bundle->not_after * US_PER_SECOND, TIME_SECONDS);
    log_write(LOG_LEVEL_INFO, "certificate issued",
              LOG_FIELDS(log_cstr("source", r->source->kind->name),
                         log_string("not_after", buf_slice(&until)),
                         log_int("failures_before", r->failures)));
    buf_done(&until);
    log_notes(r, got);
}

static void remember(struct renewer *r, const struct cert_issue *got)
{
    const struct cert_bundle *b = got->bundle;
    r->has_one = true;
    r->issued = got->issued;
    r->not_before = b->not_before;
    r->not_after = b->not_after;
    r->renew_at = life_renew_at(got->issued, b->not_after, keeping_random());
}

static void count_success(struct keeping *k)
{
    atomic_fetch_add(&k->counters.renewed, 1);
    atomic_store(&k->counters.last_success, keeping_now(k));
}

static void succeed(struct renewer *r, struct cert_issue *got)
{
    struct keeping *k = r->k;
    log_issued(r, got);
    remember(r, got);
    count_success(k);
    keeping_lock(k);
    k->source_fails = false;
    k->failure = VAULT_OK;
    keeping_put(k, got);
    k->waiting.is_urgent = r->is_asked;
    notice_recover(&k->notices, time_monotonic_us(), "The source gives certificates again.");
    keeping_unlock(k);
    backoff_reset(&r->backoff);
    r->failures = 0;
    r->next_try_us = time_monotonic_us() + WAIT_LEAST_US; /* however short a life was granted */
    reminder_end(&r->trouble);
}

/* --- failure ------------------------------------------------------------------------------------ */

static bool has_valid(const struct renewer *r)
{
    return r->has_one && keeping_now(r->k) < r->not_after;
}

/* By class, but never so long that the certificate ends meanwhile; without one a balancer's Retry-After is no order. */
static int64_t choose_wait(struct renewer *r, enum vault_failure failure)
{
    const struct vault_failure_info *info = vault_failure_info(failure);
    int64_t wait =
        backoff_next(&r->backoff, info->first_wait, info->longest_wait, keeping_random());
    int64_t wish = r->source->kind->retry_after ? r->source->kind->retry_after(r->source) : 0;
    int64_t left = (r->not_after - keeping_now(r->k)) * US_PER_SECOND;
    int64_t longest = has_valid(r) ? RETRY_AFTER_MAX_US : info->longest_wait;
    if (wish > wait)
        wait = wish < longest ? wish : longest;
    if (r->has_one && left > 0 && wait > left / WAIT_SHARE)
        wait = left / WAIT_SHARE;
    return wait > WAIT_LEAST_US ? wait : WAIT_LEAST_US;
}

static void log_failure(struct renewer *r, enum vault_failure failure, int64_t wait,
                        const struct error *err)
{
    bool is_known = !reminder_note(&r->trouble, failure, time_monotonic_us());
    bool is_valid = has_valid(r);
    enum log_level level = is_known ? LOG_LEVEL_DEBUG : is_valid ? LOG_LEVEL_WARN : LOG_LEVEL_ERROR;
    const char *message =
        r->has_one ? "the certificate was not replaced" : "there is no certificate";
    log_write(level, message,
              LOG_FIELDS(log_cstr("class", vault_failure_info(failure)->name),
                         log_cstr("error", err->msg),
                         log_cstr("advice", vault_failure_info(failure)->advice),
                         log_int("next_try_millis", wait / US_PER_MS)));
}

/* Past half of the time that was kept for renewing, or for the third time without any certificate. */
static bool is_to_be_told(const struct renewer *r)
{
    int64_t now = keeping_now(r->k);
    if (!r->has_one || now >= r->not_after)
        return r->failures >= TRIES_TOLD;
    return r->source->kind->renews && now >= r->renew_at + (r->not_after - r->renew_at) / 2;
}

static void fail(struct renewer *r, enum vault_failure failure, const struct error *err)
{
    struct keeping *k = r->k;
    r->failures++;
    int64_t wait = choose_wait(r, failure);
    r->next_try_us = time_monotonic_us() + wait;
    atomic_fetch_add(&k->counters.failed, 1);
    atomic_fetch_add(&k->counters.failures[failure], 1);
    keeping_lock(k);
    bool is_stopping = k->is_stopping; /* what was cancelled is no failure */
    k->source_fails = true;
    k->failure = failure;
    if (is_to_be_told(r))
        notice_post(&k->notices, NOTICE_RENEWAL_FAILED, time_monotonic_us(), "%s (%s): %s; %s",
                    r->has_one ? "The certificate was not renewed" : "There is no certificate",
                    vault_failure_info(failure)->name, err->msg,
                    vault_failure_info(failure)->advice);
    keeping_tell(k);
    keeping_unlock(k);
    if (!is_stopping)
        log_failure(r, failure, wait, err);
}

/* --- the call ----------------------------------------------------------------------------------- */

static int hand_out(struct keeping *k, const struct cert_issue *got, struct error *err)
{
    if (!got->is_own || !k->set.own_made)
        return 0;
    return k->set.own_made(k->set.arg, buf_slice(&got->anchor), err);
}

static void note_asking(struct keeping *k, bool is_asking)
{
    keeping_lock(k);
    k->asking_us = is_asking ? time_monotonic_us() : 0;
    keeping_unlock(k);
}

/* Files that are just being replaced are read again. */
static int ask(struct renewer *r, struct cert_issue *got, enum vault_failure *ret_failure,
               struct error *err)
{
    unsigned tries = r->source->kind->changed ? FILE_TRIES : 1;
    for (unsigned i = 1;; i++) {
        *err = (struct error)ERROR_INIT;
        *ret_failure = VAULT_LOCAL;
        if (r->source->kind->issue(r->source, keeping_now(r->k), got, ret_failure, err) == 0)
            return 0;
        if (i == tries)
            return -1;
        cert_issue_done(got);
        keeping_lock(r->k);
        keeping_wait(r->k, time_monotonic_us() + FILE_PAUSE_US);
        keeping_unlock(r->k);
    }
}

static void issue(struct renewer *r)
{
    struct cert_issue got;
    enum vault_failure failure;
    struct error err = ERROR_INIT;
    cert_issue_init(&got);
    note_asking(r->k, true);
    int rc = ask(r, &got, &failure, &err);
    note_asking(r->k, false);
    if (rc < 0) {
        fail(r, failure, &err);
    } else {
        if (hand_out(r->k, &got, &err) < 0)
            log_write(LOG_LEVEL_WARN, "the self-signed certificate was not written",
                      LOG_FIELDS(log_cstr("error", err.msg)));
        succeed(r, &got);
    }
    cert_issue_done(&got);
}

/* --- when --------------------------------------------------------------------------------------- */

static bool is_outdated(const struct renewer *r)
{
    int64_t now = keeping_now(r->k);
    if (!r->has_one)
        return true;
    return r->source->kind->renews &&
           (now >= r->renew_at || now < r->not_before - CERT_CLOCK_ALLOWANCE ||
            now < r->issued - CLOCK_BACK);
}

static bool take_request(struct renewer *r)
{
    struct keeping *k = r->k;
    keeping_lock(k);
    bool is_asked = k->is_asked;
    k->is_asked = false;
    keeping_unlock(k);
    if (!is_asked)
        return false;
    if (r->source->kind->is_local && r->source->kind->renews) {
        log_write(LOG_LEVEL_INFO, "the certificate is our own, there is nothing to read again",
                  LOG_NO_FIELDS);
        return false;
    }
    return true;
}

static bool is_due(struct renewer *r)
{
    r->is_asked = take_request(r);
    if (r->is_asked)
        return true;
    if (time_monotonic_us() < r->next_try_us)
        return false;
    return is_outdated(r) || (r->source->kind->changed && r->source->kind->changed(r->source));
}

/* A token that nobody renews ends before the certificate does. */
static void tend(struct renewer *r)
{
    enum vault_failure failure = VAULT_LOCAL;
    struct error err = ERROR_INIT;
    int64_t now_us = time_monotonic_us();
    if (!r->source->kind->tend || now_us < r->next_tend_us)
        return;
    r->next_tend_us = now_us + TEND_SPAN_US;
    if (r->source->kind->tend(r->source, &failure, &err) == 0)
        return;
    atomic_fetch_add(&r->k->counters.failures[failure], 1);
    log_write(LOG_LEVEL_WARN, "the token of Vault was not renewed",
              LOG_FIELDS(log_cstr("class", vault_failure_info(failure)->name),
                         log_cstr("error", err.msg)));
}

int renewer_first(struct keeping *k, struct error *err)
{
    struct cert_issue got;
    enum vault_failure failure;
    struct renewer r = { .k = k, .source = k->set.source };
    cert_issue_init(&got);
    int rc = ask(&r, &got, &failure, err);
    if (rc == 0)
        rc = hand_out(k, &got, err);
    if (rc == 0) {
        log_notes(&r, &got);
        count_success(k);
        keeping_lock(k);
        keeping_put(k, &got);
        keeping_change(k);
        keeping_unlock(k);
    }
    cert_issue_done(&got);
    return rc;
}

/* What renewer_first() got. */
static void take_over(struct renewer *r)
{
    keeping_lock(r->k);
    const struct cert_issue *first = r->k->serving.issue.bundle ? &r->k->serving.issue : NULL;
    if (first)
        remember(r, first);
    keeping_unlock(r->k);
}

void *renewer_run(void *arg)
{
    struct keeping *k = arg;
    struct renewer r = { .k = k, .source = k->set.source };
    take_over(&r);
    r.next_tend_us = time_monotonic_us() + TEND_SPAN_US;
    while (true) {
        if (is_due(&r))
            issue(&r);
        else
            tend(&r);
        keeping_lock(k);
        bool is_over = k->is_stopping;
        if (!is_over && !k->is_asked)
            keeping_wait(k, r.next_try_us > time_monotonic_us() ? r.next_try_us : INT64_MAX);
        keeping_unlock(k);
        if (is_over)
            return NULL;
    }
}
