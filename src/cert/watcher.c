#include "cert/watcher.h"

#include "base/backoff.h"
#include "base/log.h"
#include "base/time.h"
#include "kube/webhook.h"

#define US_PER_MS 1000
#define AGAIN_US ((int64_t)100 * US_PER_MS) /* after the server ended the watch, as it does */
#define AGAIN_LONGEST_US ((int64_t)5000 * US_PER_MS) /* when it does so at once, again and again */
#define SHORT_US ((int64_t)5000 * US_PER_MS)         /* a watch that ended earlier was none */
#define FAILURE_FIRST_US ((int64_t)1000 * US_PER_MS)
#define FAILURE_LONGEST_US ((int64_t)30000 * US_PER_MS)

/* Whatever the line says: the publisher reads. */
static bool wake(void *arg)
{
    struct keeping *k = arg;
    keeping_lock(k);
    bool goes_on = !k->is_stopping;
    k->is_look_due = true;
    keeping_tell(k);
    keeping_unlock(k);
    return goes_on;
}

/* Until then, or the end. */
static bool wait_until(struct keeping *k, int64_t until_us)
{
    keeping_lock(k);
    while (!k->is_stopping && time_monotonic_us() < until_us)
        keeping_wait(k, until_us);
    bool goes_on = !k->is_stopping;
    keeping_unlock(k);
    return goes_on;
}

static void tell(enum kube_failure failure, const struct error *err)
{
    const struct kube_failure_info *info = kube_failure_info(failure);
    log_write(info->needs_person ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG,
              "the webhook's object is not watched",
              LOG_FIELDS(log_cstr("class", info->name), log_cstr("error", err->msg),
                         log_cstr("advice", info->advice)));
}

void *watcher_run(void *arg)
{
    const struct watcher *w = arg;
    struct keeping *k = w->k;
    struct backoff failures = { 0 }, short_ones = { 0 };
    enum kube_failure failing = KUBE_OK;
    int64_t wait = 0;
    while (wait_until(k, time_monotonic_us() + wait)) {
        struct error err = ERROR_INIT;
        enum kube_failure failure = KUBE_LOCAL;
        int64_t begun_us = time_monotonic_us();
        int rc = kube_webhook_watch(w->kube, k->set.webhook, wake, k, &failure, &err);
        int64_t lasted_us = time_monotonic_us() - begun_us;
        if (lasted_us >= SHORT_US)
            backoff_reset(&short_ones);
        if (rc == 0) {
            backoff_reset(&failures);
            failing = KUBE_OK;
            wait = backoff_next(&short_ones, AGAIN_US, AGAIN_LONGEST_US, keeping_random());
        } else {
            if (lasted_us > FAILURE_LONGEST_US)
                backoff_reset(&failures); /* it had worked */
            wait = backoff_next(&failures, FAILURE_FIRST_US, FAILURE_LONGEST_US, keeping_random());
            if (failure != failing)
                tell(failure, &err);
            failing = failure;
        }
        (void)wake(k); /* what changed meanwhile was not told */
    }
    return NULL;
}
