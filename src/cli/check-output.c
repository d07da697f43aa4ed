#include "cli/check-output.h"

#include "cli/note.h"

static const struct {
    struct slice word, json;
} states[] = {
    [CHECK_OK] = { SLICE_INIT("ok  "), SLICE_INIT("ok") },
    [CHECK_FAILED] = { SLICE_INIT("FAIL"), SLICE_INIT("failed") },
    [CHECK_SKIPPED] = { SLICE_INIT("skip"), SLICE_INIT("skipped") },
};

void check_output_init(struct check_output *o, FILE *to, enum check_format format)
{
    *o = (struct check_output){ .to = to, .format = format };
    buf_init(&o->text, CHECK_OUTPUT_MAX);
    o->json = json_writer(&o->text);
    if (format != CHECK_FORMAT_JSON)
        return;
    json_open(&o->json, '{');
    json_put_name(&o->json, SLICE("checks"));
    json_open(&o->json, '[');
}

static void print_text(struct check_output *o, const struct check_finding *f)
{
    struct buf line;
    buf_init(&line, CHECK_OUTPUT_MAX);
    buf_put_slice(&line, states[f->state].word);
    buf_printf(&line, "  %-12s ", f->name);
    if (f->state != CHECK_SKIPPED)
        buf_printf(&line, "%s: ", f->what);
    note_put_line(&line, buf_slice(&f->detail));
    if (f->advice.len > 0) {
        buf_put_lit(&line, "\n      what to do:  ");
        note_put_line(&line, buf_slice(&f->advice));
    }
    buf_put_char(&line, '\n');
    (void)fwrite(buf_slice(&line).ptr, 1, line.len, o->to);
    buf_done(&line);
}

/* Made printable, so that whatever another server said is valid UTF-8. */
static void member_text(struct json_writer *w, struct slice name, struct slice text)
{
    struct buf clean;
    buf_init(&clean, CHECK_OUTPUT_MAX);
    note_put_line(&clean, text);
    json_member_string(w, name, buf_slice(&clean));
    buf_done(&clean);
}

static void put_json(struct json_writer *w, const struct check_finding *f)
{
    json_open(w, '{');
    json_member_string(w, SLICE("name"), slice_of(f->name));
    json_member_string(w, SLICE("what"), slice_of(f->what));
    json_member_string(w, SLICE("state"), states[f->state].json);
    member_text(w, SLICE("detail"), buf_slice(&f->detail));
    if (f->advice.len > 0)
        member_text(w, SLICE("advice"), buf_slice(&f->advice));
    json_close(w, '}');
}

void check_output_finding(void *arg, const struct check_finding *finding)
{
    struct check_output *o = arg;
    if (o->format == CHECK_FORMAT_JSON)
        put_json(&o->json, finding);
    else
        print_text(o, finding);
}

void check_output_done(struct check_output *o, const struct check_totals *totals)
{
    if (o->format == CHECK_FORMAT_JSON) {
        json_close(&o->json, ']');
        json_member_int(&o->json, SLICE("ok"), totals->ok);
        json_member_int(&o->json, SLICE("failed"), totals->failed);
        json_member_int(&o->json, SLICE("skipped"), totals->skipped);
        json_close(&o->json, '}');
        buf_put_char(&o->text, '\n');
        (void)fwrite(buf_slice(&o->text).ptr, 1, o->text.len, o->to);
    } else {
        (void)fprintf(o->to, "%u ok, %u failed, %u skipped\n", totals->ok, totals->failed,
                      totals->skipped);
    }
    buf_done(&o->text);
}
