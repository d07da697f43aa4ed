#include "support/trust-object.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MAX ((size_t)16 << 20)

static void set(struct buf *b, struct slice text)
{
    struct error err = ERROR_INIT;
    buf_clear(b);
    buf_put_slice(b, text);
    if (buf_check(b, "text", &err) < 0) {
        (void)fprintf(stderr, "trust-object.c: %s\n", err.msg);
        abort();
    }
}

void trust_object_init(struct trust_object *o, size_t entry_count)
{
    *o = (struct trust_object){ .entry_count = entry_count };
    for (size_t i = 0; i < TRUST_OBJECT_ENTRIES_MAX; i++) {
        buf_init(&o->bundles[i], TEXT_MAX);
        o->is_base64[i] = true;
    }
    for (size_t i = 0; i < TRUST_OBJECT_ANNOTATIONS_MAX; i++) {
        buf_init(&o->names[i], TEXT_MAX);
        buf_init(&o->values[i], TEXT_MAX);
    }
}

void trust_object_done(struct trust_object *o)
{
    for (size_t i = 0; i < TRUST_OBJECT_ENTRIES_MAX; i++)
        buf_done(&o->bundles[i]);
    for (size_t i = 0; i < TRUST_OBJECT_ANNOTATIONS_MAX; i++) {
        buf_done(&o->names[i]);
        buf_done(&o->values[i]);
    }
}

void trust_object_add(struct trust_object *o, size_t entry, struct slice text)
{
    buf_put_slice(&o->bundles[entry], text);
}

static size_t find(const struct trust_object *o, struct slice name)
{
    size_t i = 0;
    while (i < o->annotation_count && !slice_equal(buf_slice(&o->names[i]), name))
        i++;
    return i;
}

void trust_object_annotate(struct trust_object *o, struct slice name, struct slice value)
{
    size_t at = find(o, name);
    if (slice_is_present(value)) {
        if (at == o->annotation_count && o->annotation_count++ == TRUST_OBJECT_ANNOTATIONS_MAX)
            abort();
        set(&o->names[at], name);
        set(&o->values[at], value);
    } else if (at < o->annotation_count) {
        size_t last = --o->annotation_count;
        if (at != last) {
            set(&o->names[at], buf_slice(&o->names[last]));
            set(&o->values[at], buf_slice(&o->values[last]));
        }
    }
}

struct slice trust_object_annotation(const struct trust_object *o, struct slice name)
{
    size_t at = find(o, name);
    return at < o->annotation_count ? buf_slice(&o->values[at]) : SLICE_ABSENT;
}

const struct kube_webhook *trust_object_view(struct trust_object *o)
{
    for (size_t i = 0; i < o->entry_count; i++)
        o->entries[i] = (struct kube_webhook_entry){
            .name = SLICE("one.example"),
            .ca_bundle = o->is_base64[i] ? buf_slice(&o->bundles[i]) : SLICE_ABSENT,
            .ca_is_base64 = o->is_base64[i],
        };
    for (size_t i = 0; i < o->annotation_count; i++)
        o->annotations[i] =
            (struct kube_annotation){ buf_slice(&o->names[i]), buf_slice(&o->values[i]) };
    o->view = (struct kube_webhook){ .entries = o->entries,
                                     .entry_count = o->entry_count,
                                     .annotations = o->annotations,
                                     .annotation_count = o->annotation_count };
    return &o->view;
}

void trust_object_patch(struct trust_object *o, const struct kube_webhook_change *change)
{
    for (size_t i = 0; i < o->entry_count; i++) {
        if (!slice_is_present(change->ca_bundles[i]))
            continue;
        set(&o->bundles[i], change->ca_bundles[i]);
        o->is_base64[i] = true;
    }
    for (size_t i = 0; i < change->annotation_count; i++)
        trust_object_annotate(o, change->annotations[i].name, change->annotations[i].value);
    o->version++;
}

bool trust_object_equal(const struct trust_object *a, const struct trust_object *b)
{
    bool is_equal = a->entry_count == b->entry_count && a->annotation_count == b->annotation_count;
    for (size_t i = 0; is_equal && i < a->entry_count; i++)
        is_equal = a->is_base64[i] == b->is_base64[i] &&
                   slice_equal(buf_slice(&a->bundles[i]), buf_slice(&b->bundles[i]));
    for (size_t i = 0; is_equal && i < a->annotation_count; i++)
        is_equal = slice_equal(buf_slice(&a->values[i]),
                               trust_object_annotation(b, buf_slice(&a->names[i])));
    return is_equal;
}

void trust_object_copy(struct trust_object *to, const struct trust_object *from)
{
    to->entry_count = from->entry_count;
    to->annotation_count = from->annotation_count;
    to->version = from->version;
    for (size_t i = 0; i < from->entry_count; i++) {
        set(&to->bundles[i], buf_slice(&from->bundles[i]));
        to->is_base64[i] = from->is_base64[i];
    }
    for (size_t i = 0; i < from->annotation_count; i++) {
        set(&to->names[i], buf_slice(&from->names[i]));
        set(&to->values[i], buf_slice(&from->values[i]));
    }
}
