#include "inject/patch.h"

#include <stdarg.h>
#include <stdio.h>

void patch_init(struct patch *p, const struct json_index *ix, struct buf *out)
{
    *p = (struct patch){ .ix = ix, .w = json_writer(out) };
    json_open(&p->w, '[');
}

void patch_end(struct patch *p)
{
    json_close(&p->w, ']');
}

static void begin_operation(struct patch *p, struct slice pointer, struct slice last)
{
    json_put_raw(&p->w, SLICE("{\"op\":\"add\",\"path\":\""));
    json_escape(p->w.out, pointer);
    buf_put_slice(p->w.out, last);
    buf_put_lit(p->w.out, "\",\"value\":");
    p->w.comma = false;
    p->count++;
}

void patch_begin_member(struct patch *p, json_ref parent, struct slice pointer)
{
    p->broken = p->broken || !json_is(p->ix, parent, JSON_OBJECT);
    begin_operation(p, pointer, SLICE(""));
}

void patch_end_member(struct patch *p)
{
    json_close(&p->w, '}');
}

void patch_list_begin(struct patch_list *l, struct patch *p, json_ref parent, json_ref list,
                      const char *pointer_fmt, ...)
{
    va_list args;
    *l = (struct patch_list){ .p = p, .list = list, .parent = parent };
    va_start(args, pointer_fmt);
    int n = vsnprintf(l->pointer, sizeof(l->pointer), pointer_fmt, args);
    va_end(args);
    json_ref container = list == JSON_ABSENT ? parent : list;
    enum json_kind kind = list == JSON_ABSENT ? JSON_OBJECT : JSON_ARRAY;
    p->broken =
        p->broken || n < 0 || (size_t)n >= sizeof(l->pointer) || !json_is(p->ix, container, kind);
}

void patch_list_begin_element(struct patch_list *l)
{
    struct slice pointer = slice_of(l->pointer);
    if (l->list != JSON_ABSENT) {
        begin_operation(l->p, pointer, l->front ? SLICE("/0") : SLICE("/-"));
    } else if (l->elements == 0) {
        begin_operation(l->p, pointer, SLICE(""));
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
