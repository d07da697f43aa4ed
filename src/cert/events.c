#include "cert/events.h"

#include "base/log.h"
#include "kube/event.h"

static void send_one(const struct keeping *k, struct kube_client *kube, struct slice webhook_uid,
                     enum notice_id id, const char *text)
{
    const struct notice_info *info = notice_info(id);
    const struct cert_keeper_settings *set = &k->set;
    bool is_about_webhook = info->is_about_webhook && webhook_uid.len > 0;
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_LOCAL;
    struct kube_event event = {
        .is_warning = info->is_warning,
        .reason = info->reason,
        .action = info->action,
        .note = slice_of(text),
        .namespace = set->namespace,
        .pod = set->pod,
        .webhook = is_about_webhook ? set->webhook : SLICE_ABSENT,
        .webhook_uid = is_about_webhook ? webhook_uid : SLICE_ABSENT,
        .wall_us = set->wall_us(),
    };
    if (kube_event_create(kube, &event, &failure, &err) == 0 || failure == KUBE_FORBIDDEN)
        return; /* upstream's chart grants no Events */
    log_write(LOG_LEVEL_DEBUG, "an Event was not taken",
              LOG_FIELDS(log_cstr("reason", info->reason),
                         log_cstr("class", kube_failure_info(failure)->name),
                         log_cstr("error", err.msg)));
}

void events_send(struct keeping *k, struct kube_client *kube, struct slice webhook_uid)
{
    char text[NOTICE_TEXT_MAX];
    enum notice_id id;
    for (unsigned i = 0; i < NOTICE__COUNT; i++) {
        keeping_lock(k);
        bool is_there = !k->is_stopping && notice_take(&k->notices, &id, text);
        keeping_unlock(k);
        if (!is_there)
            return;
        send_one(k, kube, webhook_uid, id, text);
    }
}
