#include "inject/evaluation.h"

#include <stdarg.h>

#include "base/text.h"
#include "inject/profile.h"

#define INT_TEXT_MAX 20 /* characters of a 64-bit number */

int evaluation_init(struct evaluation *e)
{
    struct error err = ERROR_INIT;
    e->step = STEP_DECODE;
    if (annotation_set_read(e->pod, e->opt, e->arena, &e->set, &err) < 0)
        return evaluation_fail(e, REASON_POD_UNREADABLE, &err);
    e->settings.request_namespace = e->review->namespace;
    return 0;
}

static struct slice text_of_int(struct arena *arena, int64_t value)
{
    char *text = arena_alloc(arena, INT_TEXT_MAX + 1);
    if (!text)
        return SLICE_ABSENT;
    struct buf digits = buf_over(text, INT_TEXT_MAX);
    buf_put_int(&digits, value);
    return buf_slice(&digits);
}

/* The text that the server's option gives; absent when the row has none. */
static struct slice option_value(const struct evaluation *e, const struct annotation *row)
{
    const char *field = (const char *)e->opt + row->option_field;
    switch (row->option_kind) {
    case OPTION_TEXT:
        return *(const struct slice *)(const void *)field;
    case OPTION_BOOLEAN:
        return *(const bool *)(const void *)field ? SLICE("true") : SLICE("false");
    case OPTION_INTEGER:
        return text_of_int(e->arena, *(const int64_t *)(const void *)field);
    case OPTION_NONE:
    default:
        return SLICE_ABSENT;
    }
}

/* Annotation, else option, else the table's default; an empty option counts when there is no other. */
static struct slice value_of(const struct evaluation *e, const struct annotation *row)
{
    enum annotation_id id = (enum annotation_id)(row - annotation_info(0));
    if (e->set.exact[id])
        return e->set.exact[id]->value;
    struct slice value = row->option_kind == OPTION_NONE ? SLICE_ABSENT : option_value(e, row);
    if (value.len > 0)
        return value;
    struct slice otherwise = profile_default(e->opt->profile, id);
    return slice_is_present(otherwise) ? otherwise : value;
}

static int evaluate_row(struct evaluation *e, const struct annotation *row)
{
    struct slice value = value_of(e, row);
    void *field = (char *)&e->settings + row->field;
    if (!slice_is_present(value))
        return 0;
    if (!row->is_text)
        return row->set(e, row, value, field);
    *(struct slice *)field = value;
    return 0;
}

int evaluation_run(struct evaluation *e, enum inject_step step)
{
    const struct annotation *row = annotation_info(e->next_row);
    const struct annotation *end = annotation_info(0) + ANNOTATION__COUNT;
    e->step = step;
    for (; row < end && row->step <= step; row++) {
        if (row->step == step && (row->is_text || row->set) && evaluate_row(e, row) < 0)
            return -1;
    }
    e->next_row = (enum annotation_id)(row - annotation_info(0));
    return 0;
}

int evaluation_deny(struct evaluation *e, enum reason_id reason, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    struct slice detail = arena_vprintf(e->arena, fmt, args);
    va_end(args);
    if (!slice_is_present(detail))
        return evaluation_nomem(e);
    struct slice message = arena_printf(e->arena, SLICE_FMT SLICE_FMT,
                                        SLICE_ARG(inject_step_prefix(e->step)), SLICE_ARG(detail));
    if (!slice_is_present(message))
        return evaluation_nomem(e);
    e->message = message;
    e->denied = true;
    e->reason = reason;
    return -1;
}

/* "annotation <name>" or "server option -<flag>": where the row's value came from. */
static struct slice origin(struct evaluation *e, const struct annotation *row)
{
    enum annotation_id id = (enum annotation_id)(row - annotation_info(0));
    if (!evaluation_has(e, id) && row->option)
        return arena_printf(e->arena, "server option -%s", row->option);
    struct slice name = evaluation_name(e, id);
    return arena_printf(e->arena, "annotation " SLICE_FMT, SLICE_ARG(name));
}

int evaluation_deny_value(struct evaluation *e, enum reason_id reason, const struct annotation *row,
                          struct slice value, const char *fault)
{
    struct slice where = origin(e, row);
    const char *lead = row->lead ? row->lead : "";
    if (row->sensitive)
        return evaluation_deny(e, reason, "%s" SLICE_FMT ": the value %s", lead, SLICE_ARG(where),
                               fault);
    struct slice shown = evaluation_show(e, value);
    return evaluation_deny(e, reason, "%s" SLICE_FMT ": '" SLICE_FMT "' %s", lead, SLICE_ARG(where),
                           SLICE_ARG(shown), fault);
}

int evaluation_fail(struct evaluation *e, enum reason_id shape_reason, const struct error *err)
{
    if (err->code == ERROR_NOMEM) {
        e->err = *err;
        return -1;
    }
    return evaluation_deny(e, err->code == ERROR_LIMIT ? REASON_TOO_LARGE : shape_reason, "%s",
                           err->msg);
}

int evaluation_check(struct evaluation *e, const struct buf *b, const char *what)
{
    if (b->failure == BUF_OK)
        return 0; /* nearly always: no error to clear */
    struct error err = ERROR_INIT;
    return buf_check(b, what, &err) == 0 ? 0 : evaluation_fail(e, REASON_TOO_LARGE, &err);
}

int evaluation_nomem(struct evaluation *e)
{
    if (!e->arena->full)
        return error_nomem(&e->err);
    e->message = SLICE("the review needs more working memory than Keyhook allows for one pod");
    e->denied = true;
    e->reason = REASON_TOO_LARGE;
    return -1;
}

/* The longest start of s that has at most max bytes and does not cut a character. */
static struct slice cut(struct slice s, size_t max)
{
    if (s.len <= max)
        return s;
    size_t len = max;
    while (len > 0 && ((unsigned char)s.ptr[len] & 0xc0) == 0x80)
        len--;
    return (struct slice){ s.ptr, len };
}

void evaluation_warn(struct evaluation *e, enum reason_id reason, const char *fmt, ...)
{
    if (e->warning_count == INJECT_WARNINGS_MAX)
        return;
    va_list args;
    va_start(args, fmt);
    struct slice text = arena_vprintf(e->arena, fmt, args);
    va_end(args);
    if (!slice_is_present(text))
        return;
    e->warnings[e->warning_count] = cut(text, INJECT_WARNING_MAX);
    e->warning_reasons[e->warning_count++] = reason;
}

struct slice evaluation_show(struct evaluation *e, struct slice text)
{
    return evaluation_show_some(e, text, TEXT_VALUE_MAX);
}

struct slice evaluation_show_some(struct evaluation *e, struct slice text, size_t max)
{
    buf_clear(e->text);
    text_put_printable(e->text, text, max);
    if (e->text->failure == BUF_NOMEM)
        (void)error_nomem(&e->err);
    struct slice copy = arena_copy(e->arena, buf_slice(e->text));
    return slice_is_present(copy) ? copy : SLICE("");
}

struct slice evaluation_entry_name(struct evaluation *e, const struct annotation_entry *entry)
{
    struct slice name = evaluation_show(e, entry->name);
    return arena_printf(e->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(annotation_prefix(entry->prefix)),
                        SLICE_ARG(name));
}

struct slice evaluation_member_name(struct evaluation *e, enum annotation_id id,
                                    struct slice suffix)
{
    for (unsigned i = e->set.first[id]; i < e->set.first[id + 1]; i++) {
        const struct annotation_entry *entry = e->set.entries[i];
        if (slice_is_present(entry->suffix) && slice_equal(entry->suffix, suffix))
            return evaluation_entry_name(e, entry);
    }
    return evaluation_name(e, id);
}

struct slice evaluation_name(struct evaluation *e, enum annotation_id id)
{
    if (evaluation_has(e, id))
        return evaluation_entry_name(e, e->set.exact[id]);
    enum annotation_prefix p = e->opt->prefixes[PREFIX_VAULT] ? PREFIX_VAULT : PREFIX_OPENBAO;
    return arena_printf(e->arena, SLICE_FMT SLICE_FMT, SLICE_ARG(annotation_prefix(p)),
                        SLICE_ARG(annotation_info(id)->name));
}
