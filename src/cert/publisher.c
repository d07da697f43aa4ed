#include "cert/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/time.h"
#include "cert/claim.h"
#include "cert/events.h"
#include "cert/pace.h"
#include "cert/reminder.h"
#include "kube/webhook.h"

#define US_PER_SECOND ((int64_t)1000000)
#define US_PER_MS ((int64_t)1000)
#define SKEW_TOLD_ABOVE ((int64_t)300) /* seconds between two clocks */
#define UID_MAX 64u
#define VERSION_MAX 64u
#define MANAGER_MAX 128u

/* What the thread knows of the object. */
struct work {
    struct keeping *k;
    struct kube_client *kube;
    struct pace pace;
    struct reminder skew, trouble;
    enum kube_failure failing; /* class of the last failure; KUBE_OK: none */
    bool is_last_act;
    uint64_t removed;            /* by the last write that took something out: see trust_plan */
    int64_t seen_us;             /* when the object was read last, or the start */
    uint64_t seen_version;       /* of the state: all of its anchors were there */
    uint64_t read_version;       /* of the state: for it the object was read */
    char missed_at[VERSION_MAX]; /* resourceVersion of the last overwrite */
    char uid[UID_MAX];
    char manager[MANAGER_MAX];
};

/* Keeps what fits; these texts are for comparing and telling only. */
static void keep_text(char *ret, size_t size, struct slice text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0)
        memcpy(ret, text.ptr, len);
    ret[len] = '\0';
}

/* --- failures ----------------------------------------------------------------------------------- */

static void absent(struct work *w)
{
    keeping_lock(w->k);
    claim_report_absent(w->k);
    notice_post(&w->k->notices, NOTICE_NOT_FOUND, time_monotonic_us(),
                "There is no MutatingWebhookConfiguration '" SLICE_FMT
                "': install it, or correct the name.",
                SLICE_ARG(w->k->set.webhook));
    keeping_unlock(w->k);
}

static bool is_stopping(const struct work *w)
{
    keeping_lock(w->k);
    bool is_over = w->k->is_stopping;
    keeping_unlock(w->k);
    return is_over;
}

static void tell_failure(struct work *w, const char *what, enum kube_failure failure, int64_t wait,
                         const struct error *err)
{
    const struct kube_failure_info *info = kube_failure_info(failure);
    log_write(LOG_LEVEL_WARN, what,
              LOG_FIELDS(log_string("webhook", w->k->set.webhook), log_cstr("class", info->name),
                         log_cstr("error", err->msg), log_cstr("advice", info->advice),
                         log_int("next_try_millis", wait / US_PER_MS)));
    if (!info->needs_person && failure != KUBE_CONFLICT) /* of these only what lasts is told */
        return;
    keeping_lock(w->k);
    notice_post(&w->k->notices, NOTICE_NOT_PUBLISHED, time_monotonic_us(),
                "The caBundle is not kept up to date (%s): %s; %s", info->name, err->msg,
                info->advice);
    keeping_unlock(w->k);
}

/* For the state, which others read. */
static void report_failure(struct work *w, enum kube_failure failure)
{
    keeping_lock(w->k);
    w->k->publishing = failure;
    claim_report_blind(w->k, time_monotonic_us() - w->seen_us);
    keeping_unlock(w->k);
}

/* How long to wait; *ret_counts: whether it is a failure, as a single conflict is none. */
static int64_t choose_wait(struct work *w, enum kube_failure failure, bool *ret_counts)
{
    int64_t now_us = time_monotonic_us();
    *ret_counts = true;
    if (failure != KUBE_CONFLICT)
        return pace_failed(&w->pace, now_us, kube_client_retry_after(w->kube), keeping_random());
    atomic_fetch_add(&w->k->counters.conflicts, 1);
    *ret_counts = pace_conflicted(&w->pace, now_us, keeping_random());
    return w->pace.not_before_us - now_us;
}

static void fail(struct work *w, const char *what, enum kube_failure failure,
                 const struct error *err)
{
    bool counts;
    int64_t wait = choose_wait(w, failure, &counts);
    if (!counts || is_stopping(w)) /* what was cancelled is no failure */
        return;
    if (reminder_note(&w->trouble, failure,
                      time_monotonic_us())) /* so that the newest lines hold it */
        tell_failure(w, what, failure, wait, err);
    if (failure == KUBE_NOT_FOUND && w->failing != KUBE_NOT_FOUND)
        absent(w);
    w->failing = failure;
    report_failure(w, failure);
}

static void recover(struct work *w)
{
    if (w->failing != KUBE_OK)
        log_write(LOG_LEVEL_INFO, "the webhook's object can be read and written again",
                  LOG_FIELDS(log_string("webhook", w->k->set.webhook)));
    w->failing = KUBE_OK;
    pace_succeeded(&w->pace);
    keeping_lock(w->k);
    w->k->publishing = KUBE_OK;
    keeping_unlock(w->k);
    reminder_end(&w->trouble);
}

/* --- others who write ---------------------------------------------------------------------------- */

static void tell_contest(struct work *w)
{
    const char *manager = w->manager[0] ? w->manager : "unknown";
    log_write(LOG_LEVEL_WARN, "somebody overwrites the caBundle again and again",
              LOG_FIELDS(log_string("webhook", w->k->set.webhook), log_cstr("manager", manager)));
    keeping_lock(w->k);
    notice_post(
        &w->k->notices, NOTICE_CONTESTED, time_monotonic_us(),
        "Field manager '%s' overwrites the caBundle again and again; writing every %d s only. "
        "Have it leave that field alone.",
        manager, (int)(PACE_CONTEST_LEAST_US / US_PER_SECOND));
    keeping_unlock(w->k);
}

/* What we wrote was undone: counted once for each version of the object. */
static void note_overwrite(struct work *w, const struct kube_webhook *seen)
{
    char version[VERSION_MAX];
    keep_text(version, sizeof(version), seen->resource_version);
    if (strcmp(version, w->missed_at) == 0)
        return;
    memcpy(w->missed_at, version, sizeof(version));
    keep_text(w->manager, sizeof(w->manager), seen->other_manager);
    atomic_fetch_add(&w->k->counters.repairs, 1);
    log_write(
        LOG_LEVEL_INFO, "the caBundle was overwritten",
        LOG_FIELDS(log_string("webhook", w->k->set.webhook), log_cstr("manager", w->manager)));
    if (!contest_note(&w->pace.contest, time_monotonic_us()))
        return;
    atomic_store(&w->k->counters.is_contested, true);
    tell_contest(w);
}

/* --- clocks --------------------------------------------------------------------------------------- */

static void tell_skew(struct work *w, int64_t ahead)
{
    long long by = llabs(ahead);
    const char *side = ahead < 0 ? "behind" : "ahead of";
    log_write(LOG_LEVEL_WARN, "our clock and the API server's differ",
              LOG_FIELDS(log_int("seconds_ahead", ahead), log_cstr("advice", "set it right")));
    keeping_lock(w->k);
    notice_post(&w->k->notices, NOTICE_CLOCK_SKEW, time_monotonic_us(),
                "Our clock is %lld s %s the API server's: set it right.", by, side);
    keeping_unlock(w->k);
}

/* The API server's time when it tells it: a clock of ours that is wrong must not end anchors of others. */
static int64_t trust_now(struct work *w)
{
    int64_t own = keeping_now(w->k), server = kube_client_server_time(w->kube);
    if (server == 0)
        return own;
    if (llabs(own - server) > SKEW_TOLD_ABOVE && reminder_note(&w->skew, 1, time_monotonic_us()))
        tell_skew(w, own - server);
    return server;
}

/* --- one pass ----------------------------------------------------------------------------------- */

/* Compares the object with the claim; the state hears of it. */
static int compare(struct work *w, const struct kube_webhook *seen, const struct claim *claim,
                   struct trust_plan *ret, struct error *err)
{
    bool was_seen = w->seen_version == claim->version && !claim->is_retiring;
    if (trust_plan(seen, claim->anchors, claim->count, trust_now(w), was_seen, ret, err) < 0)
        return -1;
    keeping_lock(w->k);
    bool is_done = claim_report(w->k, claim, ret);
    keeping_unlock(w->k);
    if (ret->holds_all && !claim->is_retiring)
        w->seen_version = claim->version;
    if (is_done)
        w->read_version = claim->version;
    return 0;
}

static void log_written(const struct work *w, const struct trust_plan *plan, bool is_retiring)
{
    log_write(LOG_LEVEL_INFO, is_retiring ? "anchor withdrawn" : "anchors published",
              LOG_FIELDS(log_string("webhook", w->k->set.webhook),
                         log_int("anchors", (long long)plan->anchors),
                         log_int("crowded_out", (long long)plan->crowded_out)));
}

static void publish(struct work *w, const struct kube_webhook *seen, const struct claim *claim,
                    const struct trust_plan *plan)
{
    struct trust_plan after;
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_LOCAL;
    CLEANUP(kube_webhook_free) struct kube_webhook *written = NULL;
    if (kube_webhook_patch(w->kube, seen, &plan->change, &written, &failure, &err) < 0) {
        fail(w, "the caBundle was not written", failure, &err);
        return;
    }
    recover(w);
    atomic_fetch_add(&w->k->counters.writes, 1);
    atomic_fetch_add(&w->k->counters.crowded_out, plan->crowded_out);
    pace_wrote(&w->pace, time_monotonic_us());
    if (plan->removed != 0)
        w->removed = plan->removed;
    log_written(w, plan, claim->is_retiring);
    if (compare(w, written, claim, &after, &err) == 0)
        trust_plan_done(&after);
}

/* What the object is to become now, or later if the last write was just before. */
static void act(struct work *w, const struct kube_webhook *seen, const struct claim *claim)
{
    struct trust_plan plan;
    struct error err = ERROR_INIT;
    keep_text(w->uid, sizeof(w->uid), seen->uid);
    w->seen_us = time_monotonic_us();
    if (compare(w, seen, claim, &plan, &err) < 0) {
        fail(w, "the caBundle cannot be made", KUBE_LOCAL, &err);
        return;
    }
    if (plan.is_repair || (plan.removed != 0 && plan.removed == w->removed))
        note_overwrite(w, seen);
    if (!plan.is_needed)
        recover(w);
    else if (pace_may_write(&w->pace, time_monotonic_us()))
        publish(w, seen, claim, &plan);
    trust_plan_done(&plan);
}

/* The next look, before this one can set an earlier one. */
static void plan_next_look(struct work *w)
{
    int64_t now_us = time_monotonic_us();
    pace_looked(&w->pace, now_us, keeping_random());
    atomic_store(&w->k->counters.is_contested, contest_is_on(&w->pace.contest, now_us));
}

static void look(struct work *w)
{
    struct claim claim;
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_LOCAL;
    CLEANUP(kube_webhook_free) struct kube_webhook *seen = NULL;
    plan_next_look(w);
    keeping_lock(w->k);
    w->k->is_look_due = false;
    int rc = claim_take(w->k, &claim, &err);
    keeping_unlock(w->k);
    w->read_version = claim.version;
    if (rc < 0)
        fail(w, "the caBundle cannot be made", KUBE_LOCAL, &err);
    else if (kube_webhook_get(w->kube, w->k->set.webhook, &seen, &failure, &err) < 0)
        fail(w, "the webhook's object was not read", failure, &err);
    else
        act(w, seen, &claim);
    claim_done(&claim);
}

/* --- the thread --------------------------------------------------------------------------------- */

/*
 * Under the lock: the object that was absent may be there now, and the last act has no time to wait; once,
 * for what fails again is waited for again.
 */
static void cut_back_off(struct work *w)
{
    bool is_news = w->failing == KUBE_NOT_FOUND && w->k->is_look_due;
    bool is_last = w->k->is_retiring && !w->is_last_act;
    w->is_last_act = w->k->is_retiring;
    if (!is_news && !is_last)
        return;
    pace_hurry(&w->pace);
}

/* Under the lock: whether there is a reason to look, and the time is not too early. */
static bool is_look_wanted(const struct work *w, int64_t now_us)
{
    const struct keeping *k = w->k;
    if (!k->publishes || !pace_may_look(&w->pace, now_us) || !k->serving.issue.bundle)
        return false;
    return k->is_look_due || k->version != w->read_version || pace_is_due(&w->pace, now_us) ||
           now_us >= claim_next_due(k);
}

void *publisher_run(void *arg)
{
    const struct publisher *p = arg;
    struct work w = { .k = p->k, .kube = p->kube, .seen_us = time_monotonic_us() };
    keeping_lock(w.k);
    while (!w.k->is_stopping) {
        int64_t now_us = time_monotonic_us();
        cut_back_off(&w);
        bool wants_look = is_look_wanted(&w, now_us);
        if (!wants_look && !notice_is_pending(&w.k->notices)) {
            keeping_wait(w.k, pace_next(&w.pace, now_us));
            continue;
        }
        keeping_unlock(w.k);
        if (wants_look)
            look(&w);
        events_send(w.k, w.kube, slice_of(w.uid));
        keeping_lock(w.k);
    }
    keeping_unlock(w.k);
    return NULL;
}
