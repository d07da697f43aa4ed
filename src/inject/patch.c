#include "inject/patch.h"

void patch_init(struct patch *p, const struct json_index *ix, struct buf *out)
{
    *p = (struct patch){ .ix = ix, .w = json_writer(out) };
    json_open(&p->w, '[');
}

void patch_end(struct patch *p)
{
    json_close(&p->w, ']');
}

static void begin_operation(struct patch *p, const struct patch_pointer *pointer, struct slice last)
{
    struct buf *out = p->w.out;
    json_put_raw(&p->w, SLICE("{\"op\":\"add\",\"path\":\""));
    buf_put_slice(out, pointer->head);
    if (slice_is_present(pointer->tail)) {
        buf_put_int(out, pointer->index);
        buf_put_slice(out, pointer->tail);
    }
    buf_put_slice(out, last);
    buf_put_lit(out, "\",\"value\":");
    p->w.comma = false;
    p->count++;
}

void patch_begin_member(struct patch *p, json_ref parent, struct slice pointer)
{
    p->broken = p->broken || !json_is(p->ix, parent, JSON_OBJECT);
    begin_operation(p, &(struct patch_pointer){ .head = pointer }, SLICE(""));
}

void patch_end_member(struct patch *p)
{
    json_close(&p->w, '}');
}

void patch_list_begin(struct patch_list *l, struct patch *p, json_ref parent, json_ref list,
                      struct patch_pointer pointer)
{
    json_ref container = list == JSON_ABSENT ? parent : list;
    enum json_kind kind = list == JSON_ABSENT ? JSON_OBJECT : JSON_ARRAY;
    *l = (struct patch_list){ .p = p, .pointer = pointer, .list = list, .parent = parent };
    p->broken = p->broken || !json_is(p->ix, container, kind);
}

void patch_list_begin_element(struct patch_list *l)
{
    if (l->list != JSON_ABSENT) {
        begin_operation(l->p, &l->pointer, l->front ? SLICE("/0") : SLICE("/-"));
    } else if (l->elements == 0) {
        begin_operation(l->p, &l->pointer, SLICE(""));
        json_open(&l->p->w, '[');
    }
    l->elements++;
}

void patch_list_end_element(struct patch_list *l)
{
    if (l->list != JSON_ABSENT)
        json_close(&l->p->w, '}');
}

void patch_list_end(struct patch_list *l)
{
    if (l->list != JSON_ABSENT || l->elements == 0)
        return;
    json_close(&l->p->w, ']');
    json_close(&l->p->w, '}');
}
