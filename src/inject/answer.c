#include "inject/answer.h"

#include "json/write.h"

static const struct slice outcomes[] = {
    [INJECT_SKIPPED] = SLICE_INIT("skipped"),
    [INJECT_MUTATED] = SLICE_INIT("injected"),
    [INJECT_DENIED] = SLICE_INIT("denied"),
};

/* Both are filled in only when both are missing; a lone missing one stays missing (K19). */
static void write_type(const struct review *r, struct json_writer *w)
{
    bool untyped = r->kind.len == 0 && r->api_version.len == 0;
    if (untyped)
        json_put_raw(w,
                     SLICE("\"kind\":\"AdmissionReview\",\"apiVersion\":\"admission.k8s.io/v1\""));
    if (r->kind.len > 0)
        json_member_string(w, SLICE("kind"), r->kind);
    if (r->api_version.len > 0)
        json_member_string(w, SLICE("apiVersion"), r->api_version);
}

static void write_status(const struct inject_decision *d, struct json_writer *w)
{
    const struct reason *reason = reason_info(d->reason);
    json_put_name(w, SLICE("status"));
    json_open(w, '{');
    json_put_raw(w, SLICE("\"metadata\":{},\"status\":\"Failure\""));
    json_member_string(w, SLICE("message"), d->message);
    json_member_string(w, SLICE("reason"), reason->status_reason);
    json_member_int(w, SLICE("code"), reason->code);
    json_close(w, '}');
}

static void write_patch(struct recall *recall, struct json_writer *w)
{
    json_put_raw(w, SLICE("\"patchType\":\"JSONPatch\""));
    json_put_name(w, SLICE("patch"));
    buf_put_char(w->out, '"');
    recall_put_encoded(recall, w->out);
    buf_put_char(w->out, '"');
    w->comma = true;
}

static void write_audit(const struct inject_decision *d, struct json_writer *w)
{
    json_put_name(w, SLICE("auditAnnotations"));
    json_open(w, '{');
    json_member_string(w, SLICE("decision"), outcomes[d->outcome]);
    json_member_string(w, SLICE("reason"), reason_info(d->reason)->word);
    if (d->outcome == INJECT_MUTATED) {
        json_put_name(w, SLICE("secrets"));
        buf_put_char(w->out, '"');
        buf_put_int(w->out, d->secrets);
        buf_put_char(w->out, '"');
        w->comma = true;
    }
    if (d->config_hash[0] != '\0')
        json_member_string(w, SLICE("config-sha256"), slice_of(d->config_hash));
    json_close(w, '}');
}

static void write_warnings(const struct inject_decision *d, struct json_writer *w)
{
    if (d->warning_count == 0)
        return;
    json_put_name(w, SLICE("warnings"));
    json_open(w, '[');
    for (unsigned i = 0; i < d->warning_count; i++)
        json_put_string(w, d->warnings[i]);
    json_close(w, ']');
}

void answer_write(const struct review *review, const struct inject_decision *decision,
                  struct recall *recall, struct buf *out)
{
    struct json_writer w = json_writer(out);
    json_open(&w, '{');
    write_type(review, &w);
    json_put_name(&w, SLICE("response"));
    json_open(&w, '{');
    json_member_raw(&w, SLICE("uid"), review->uid_json);
    json_member_bool(&w, SLICE("allowed"), decision->outcome != INJECT_DENIED);
    if (decision->outcome == INJECT_DENIED)
        write_status(decision, &w);
    if (decision->outcome == INJECT_MUTATED)
        write_patch(recall, &w);
    write_audit(decision, &w);
    write_warnings(decision, &w);
    json_close(&w, '}');
    json_close(&w, '}');
}
