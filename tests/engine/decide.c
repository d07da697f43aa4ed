/*
 * decide [-v] ROOT...: gives each case to the engine and prints an object for each, the record
 * separator (0x1e) behind it: what was decided, the answer as sent, and the pod after the patch.  -v is
 * the server's -verify-patch.
 *
 * All cases run in one process, so that a checker needs to start only once.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inject/reason.h"
#include "json/write.h"
#include "support/case.h"
#include "support/review-run.h"

#define RECORD_MAX ((size_t)128 << 20)
#define RECORD_SEPARATOR '\x1e'

static const char *const outcomes[] = {
    [INJECT_SKIPPED] = "skipped",
    [INJECT_MUTATED] = "mutated",
    [INJECT_DENIED] = "denied",
};

static void put_warnings(struct json_writer *w, const struct inject_decision *d)
{
    json_put_name(w, SLICE("warnings"));
    json_open(w, '[');
    for (unsigned i = 0; i < d->warning_count; i++) {
        json_open(w, '{');
        json_member_string(w, SLICE("reason"), reason_info(d->warning_reasons[i])->word);
        json_member_string(w, SLICE("text"), d->warnings[i]);
        json_close(w, '}');
    }
    json_close(w, ']');
}

static void put_decision(struct json_writer *w, const struct review_run *r)
{
    const struct inject_decision *d = &r->decision;
    json_member_string(w, SLICE("outcome"), slice_of(outcomes[d->outcome]));
    json_member_string(w, SLICE("reason"), reason_info(d->reason)->word);
    json_member_bool(w, SLICE("init"), d->has_init);
    json_member_bool(w, SLICE("sidecar"), d->has_sidecar);
    json_member_int(w, SLICE("secrets"), d->secrets);
    json_member_int(w, SLICE("operations"), d->operations);
    json_member_string(w, SLICE("configHash"), slice_of(d->config_hash));
    put_warnings(w, d);
    json_member_raw(w, SLICE("answer"), buf_slice(&r->answer));
    json_member_raw(w, SLICE("patched"), buf_slice(&r->patched));
}

static void put_error(struct json_writer *w, const char *kind, const struct error *err)
{
    json_member_string(w, SLICE("error"), slice_of(kind));
    json_member_int(w, SLICE("httpStatus"), error_info(err->code)->http_status);
    json_member_string(w, SLICE("message"), slice_of(err->msg));
}

/* One case; the record goes to out. */
static void decide(const struct test_case *c, struct review_run *r, struct buf *out)
{
    struct json_writer w = json_writer(out);
    json_open(&w, '{');
    json_member_string(&w, SLICE("case"), c->path);
    if (c->is_refused)
        put_error(&w, "settings", &c->refusal);
    else if (review_run(r, &c->options.inject, c->body) < 0)
        put_error(&w, "review", &r->err);
    else if (review_run_apply(r, c->body) < 0)
        put_error(&w, "patch", &r->err);
    else
        put_decision(&w, r);
    json_close(&w, '}');
    buf_put_char(out, RECORD_SEPARATOR);
}

static int decide_all(struct case_list *list, bool verify)
{
    struct review_run r;
    struct buf record;
    int status = EXIT_FAILURE;
    buf_init(&record, RECORD_MAX);
    if (review_run_init(&r) == 0) {
        status = EXIT_SUCCESS;
        for (size_t i = 0; i < list->count; i++) {
            list->at[i].options.inject.verify_patch |= verify;
            buf_clear(&record);
            decide(&list->at[i], &r, &record);
            struct slice text = buf_slice(&record);
            if (fwrite(text.ptr, 1, text.len, stdout) != text.len)
                status = EXIT_FAILURE;
        }
    }
    review_run_done(&r);
    buf_done(&record);
    return fflush(stdout) == 0 ? status : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct error err = ERROR_INIT;
    struct case_list list;
    bool verify = argc > 1 && strcmp(argv[1], "-v") == 0;
    int first = verify ? 2 : 1;
    if (case_list_read(&list, (const char *const *)argv + first, (size_t)(argc - first), &err) <
        0) {
        (void)fprintf(stderr, "decide: %s\n", err.msg);
        return EXIT_FAILURE;
    }
    int status = decide_all(&list, verify);
    case_list_done(&list);
    return status;
}
