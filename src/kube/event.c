#include "kube/event.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/time.h"
#include "http/reply.h"
#include "kube/client.h"

#define TIME_TEXT_MAX 32u
#define BODY_MAX ((size_t)64 << 10)

static struct slice cut(struct slice text, size_t max)
{
    if (text.len <= max)
        return text;
    while (max > 0 && ((unsigned char)text.ptr[max] & 0xc0) == 0x80)
        max--; /* to where a character begins */
    return (struct slice){ text.ptr, max };
}

static int check(const struct kube_event *event, struct error *err)
{
    if (!event->reason || !event->action || strlen(event->reason) - 1 >= KUBE_EVENT_WORD_MAX ||
        strlen(event->action) - 1 >= KUBE_EVENT_WORD_MAX)
        return error_set(err, ERROR_USAGE, "an Event needs a reason and an action of 1 to %u bytes",
                         KUBE_EVENT_WORD_MAX);
    if (kube_check_name(event->namespace, "a namespace", err) < 0 ||
        kube_check_name(event->pod, "a pod", err) < 0)
        return -1;
    return event->webhook.len > 0 ? kube_check_name(event->webhook, "a webhook", err) : 0;
}

/*
 * The API server wants the namespace of the object to be that of the Event.  A webhook configuration has
 * none; it says ours, or its Events could stand in "default" alone, where we have no rights.
 */
static json_t *regarding(const struct kube_event *e)
{
    bool is_pod = e->webhook.len == 0;
    struct slice name = is_pod ? e->pod : e->webhook;
    json_t *object = json_pack("{s:s,s:s,s:s%,s:s%}", "apiVersion",
                               is_pod ? "v1" : "admissionregistration.k8s.io/v1", "kind",
                               is_pod ? "Pod" : "MutatingWebhookConfiguration", "namespace",
                               e->namespace.ptr, e->namespace.len, "name", name.ptr, name.len);
    if (object && !is_pod && e->webhook_uid.len > 0 &&
        json_object_set_new(object, "uid", json_stringn(e->webhook_uid.ptr, e->webhook_uid.len)) <
            0) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* A name that no other Event has: the time, and chance for those of the same moment. */
static json_t *metadata(const struct kube_event *e)
{
    char name[64];
    (void)snprintf(name, sizeof(name), KUBE_FIELD_MANAGER ".%llx%08x",
                   (unsigned long long)e->wall_us, kube_random());
    return json_pack("{s:s,s:s%}", "name", name, "namespace", e->namespace.ptr, e->namespace.len);
}

static json_t *make(const struct kube_event *e, struct slice note)
{
    char memory[TIME_TEXT_MAX + 1];
    struct buf time = buf_over(memory, TIME_TEXT_MAX);
    time_put_rfc3339(&time, e->wall_us, TIME_MICROS);
    struct slice instance = cut(e->pod, KUBE_EVENT_WORD_MAX);
    return json_pack("{s:s,s:s,s:o,s:o,s:s%,s:s,s:s%,s:s,s:s,s:s,s:s%}", "apiVersion",
                     "events.k8s.io/v1", "kind", "Event", "metadata", metadata(e), "regarding",
                     regarding(e), "eventTime", time.data, time.len, "reportingController",
                     KUBE_FIELD_MANAGER, "reportingInstance", instance.ptr, instance.len, "reason",
                     e->reason, "action", e->action, "type", e->is_warning ? "Warning" : "Normal",
                     "note", note.ptr, note.len);
}

static json_t *make_body(const struct kube_event *e)
{
    char memory[4 * KUBE_EVENT_NOTE_MAX + 16]; /* an escape is at most four times as long */
    struct buf note = buf_over(memory, sizeof(memory) - 1);
    text_put_line(&note, e->note, KUBE_EVENT_NOTE_MAX - sizeof("...") + 1);
    return make(e, cut(buf_slice(&note), KUBE_EVENT_NOTE_MAX));
}

static int create(struct kube_client *c, const struct kube_event *e, enum kube_failure *ret_failure,
                  struct error *err)
{
    char path[KUBE_PATH_MAX];
    *ret_failure = KUBE_LOCAL;
    if (check(e, err) < 0)
        return -1;
    (void)snprintf(path, sizeof(path), "/apis/events.k8s.io/v1/namespaces/" SLICE_FMT "/events",
                   SLICE_ARG(e->namespace));
    CLEANUP(reply_tree_free) json_t *body = make_body(e);
    struct kube_post post = { slice_of(path), body, BODY_MAX, "the Event" };
    return kube_client_post(c, &post, ret_failure, err);
}

int kube_event_create(struct kube_client *c, const struct kube_event *event,
                      enum kube_failure *ret_failure, struct error *err)
{
    return kube_client_end(c, create(c, event, ret_failure, err), ret_failure);
}
