#include "cli/note.h"

#include "base/text.h"

#define NOTE_TEXT_MAX 4096 /* bytes of a message on a line */

void note_put_line(struct buf *out, struct slice text)
{
    size_t clean = 0;
    if (text.len > NOTE_TEXT_MAX)
        text.len = NOTE_TEXT_MAX;
    for (size_t i = 0; i <= text.len; i++) {
        bool is_kept = i < text.len && (text.ptr[i] == '\'' || text.ptr[i] == '\\');
        if (i < text.len && !is_kept)
            continue;
        text_put_printable(out, (struct slice){ text.ptr + clean, i - clean }, NOTE_TEXT_MAX);
        if (is_kept)
            buf_put_char(out, text.ptr[i]);
        clean = i + 1;
    }
}

static void put_subject(struct buf *out, const struct note_subject *s)
{
    text_put_printable(out, s->kind, TEXT_VALUE_MAX);
    buf_put_char(out, ' ');
    text_put_printable(out, s->namespace, TEXT_VALUE_MAX);
    buf_put_char(out, '/');
    if (s->name.len > 0)
        note_put_line(out, s->name);
    else
        buf_put_lit(out, "(no name)");
    buf_put_lit(out, ": ");
}

void note_text(struct buf *out, const struct note_subject *subject, struct slice text)
{
    put_subject(out, subject);
    note_put_line(out, text);
    buf_put_char(out, '\n');
}

static const char *containers_text(const struct inject_decision *d)
{
    if (d->has_init && d->has_sidecar)
        return "init + sidecar";
    if (d->has_init)
        return "init";
    return d->has_sidecar ? "sidecar" : "no agent";
}

static void put_outcome(struct buf *out, const struct inject_decision *d)
{
    switch (d->outcome) {
    case INJECT_MUTATED:
        buf_printf(out, "injected (%s, %u secret%s)", containers_text(d), d->secrets,
                   d->secrets == 1 ? "" : "s");
        break;
    case INJECT_DENIED:
        buf_put_lit(out, "denied: ");
        note_put_line(out, d->message);
        break;
    case INJECT_SKIPPED:
    default:
        buf_printf(out, "unchanged (%s)", reason_info(d->reason)->help);
        break;
    }
}

void note_decision(struct buf *out, const struct note_subject *subject,
                   const struct inject_decision *decision)
{
    for (unsigned i = 0; i < decision->warning_count; i++) {
        put_subject(out, subject);
        buf_put_lit(out, "warning: ");
        note_put_line(out, decision->warnings[i]);
        buf_put_char(out, '\n');
    }
    put_subject(out, subject);
    put_outcome(out, decision);
    buf_put_char(out, '\n');
}
