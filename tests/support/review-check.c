#include "support/review-check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base64.h"
#include "base/text.h"
#include "json/cursor.h"

#define TEXT_MAX ((size_t)64 << 20)
#define ADDED_TEXT_MAX 1024 /* bytes of a denial in which no value stands as upstream prints it */

/* Upstream's own texts with the value as it came: neither cut nor escaped. */
static const struct slice verbatim[] = {
    SLICE_INIT("failed to apply JSON patch: Unexpected kind: "),
    SLICE_INIT("invalid default template type: "),
    SLICE_INIT("invalid value "),
};

/* Members whose value is replaced when they are there. */
static const struct slice replaced[] = {
    SLICE_INIT("\"vault.hashicorp.com/agent-inject-status\""),
    SLICE_INIT("\"shareProcessNamespace\""),
};

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

void review_check_init(struct review_check *c)
{
    promise(review_run_init(&c->run) == 0 && review_run_init(&c->again) == 0,
            "memory for two runs");
    json_index_init(&c->answer);
    json_index_init(&c->patched);
    buf_init(&c->text, TEXT_MAX);
}

void review_check_done(struct review_check *c)
{
    review_run_done(&c->run);
    review_run_done(&c->again);
    json_index_done(&c->answer);
    json_index_done(&c->patched);
    buf_done(&c->text);
}

static bool is_verbatim(struct slice message)
{
    for (size_t i = 0; i < COUNT(verbatim); i++) {
        if (slice_contains(message, verbatim[i]))
            return true;
    }
    return false;
}

static void check_error(const struct review_run *r)
{
    promise(r->err.code == ERROR_SYNTAX || r->err.code == ERROR_SHAPE || r->err.code == ERROR_LIMIT,
            "a review is refused for its syntax, its shape or its size");
    promise(r->err.msg[0] != '\0' && promise_is_line(slice_of(r->err.msg)),
            "a refusal is one line");
}

static void check_texts(const struct inject_decision *d)
{
    promise(d->warning_count <= INJECT_WARNINGS_MAX, "the number of warnings is limited");
    for (unsigned i = 0; i < d->warning_count; i++) {
        promise(d->warnings[i].len > 0 && d->warnings[i].len <= INJECT_WARNING_MAX,
                "a warning is short");
        promise(promise_is_line(d->warnings[i]), "a warning is one line");
        promise(reason_info(d->warning_reasons[i])->kind == REASON_WARN, "a warning has a reason");
    }
    promise((d->outcome == INJECT_DENIED) == slice_is_present(d->message),
            "a denial has a message, and nothing else has");
    if (slice_is_present(d->message) && !is_verbatim(d->message))
        promise(promise_is_line(d->message) && d->message.len < ADDED_TEXT_MAX,
                "a denial is one short line");
}

static void check_reason(const struct inject_decision *d)
{
    static const enum reason_kind kinds[] = {
        [INJECT_SKIPPED] = REASON_SKIP,
        [INJECT_MUTATED] = REASON_INJECT,
        [INJECT_DENIED] = REASON_DENY,
    };
    promise(reason_info(d->reason)->kind == kinds[d->outcome], "the reason fits the outcome");
    promise(d->reason != REASON_SELF_CHECK, "the engine's own check never fails");
    promise((d->outcome == INJECT_MUTATED) == (d->patch.len > 0), "a mutation has a patch");
}

/* The member's value is the string `text`. */
static bool says(const struct json_index *ix, json_ref object, const char *name, struct slice text)
{
    json_ref ref = json_member(ix, object, slice_of(name));
    return json_is(ix, ref, JSON_STRING) && json_string_is(ix, ref, text);
}

static void check_patch_member(struct review_check *c, json_ref response)
{
    const struct inject_decision *d = &c->run.decision;
    json_ref patch = json_member(&c->answer, response, SLICE("patch"));
    promise((patch != JSON_ABSENT) == (d->outcome == INJECT_MUTATED), "a mutation sends its patch");
    if (patch == JSON_ABSENT)
        return;
    buf_clear(&c->text);
    promise(json_is(&c->answer, patch, JSON_STRING) &&
                base64_decode(&c->text, json_escaped(&c->answer, patch)) &&
                slice_equal(buf_slice(&c->text), d->patch),
            "the patch that is sent is the patch that was decided");
    promise(says(&c->answer, response, "patchType", SLICE("JSONPatch")), "the patch has its type");
}

static void check_response(struct review_check *c, json_ref response)
{
    const struct json_index *ix = &c->answer;
    const struct inject_decision *d = &c->run.decision;
    json_ref allowed = json_member(ix, response, SLICE("allowed"));
    json_ref status = json_member(ix, response, SLICE("status"));
    json_ref warnings = json_member(ix, response, SLICE("warnings"));
    json_ref audit = json_member(ix, response, SLICE("auditAnnotations"));
    promise(says(ix, response, "uid", d->uid), "the uid is echoed");
    promise(json_is(ix, allowed, d->outcome == INJECT_DENIED ? JSON_FALSE : JSON_TRUE),
            "allowed is what was decided");
    promise((status != JSON_ABSENT) == (d->outcome == INJECT_DENIED), "a denial has a status");
    if (status != JSON_ABSENT)
        promise(says(ix, status, "message", d->message), "the message is sent");
    promise(json_count(ix, warnings) == d->warning_count, "all warnings are sent");
    promise(says(ix, audit, "reason", reason_info(d->reason)->word), "the reason is sent");
    check_patch_member(c, response);
}

static void check_answer(struct review_check *c)
{
    struct error err = ERROR_INIT;
    promise(json_scan(&c->answer, buf_slice(&c->run.answer), &err) == 0, "the answer is JSON");
    check_texts(&c->run.decision);
    check_reason(&c->run.decision);
    check_response(c, json_member(&c->answer, JSON_ROOT, SLICE("response")));
}

static bool is_replaced(struct slice name)
{
    for (size_t i = 0; i < COUNT(replaced); i++) {
        if (slice_equal(replaced[i], name))
            return true;
    }
    return false;
}

/* Pod before and after; a value is kept when it has its bytes, or when all parts of it are kept. */
struct kept {
    const struct json_index *before, *after;
};

static bool is_kept(const struct kept *k, json_ref before, json_ref after);

static bool is_member_kept(const struct kept *k, json_ref before, json_ref after)
{
    struct slice name = json_raw(k->before, before);
    return slice_equal(name, json_raw(k->after, after)) &&
           (is_replaced(name) || is_kept(k, before + 1, after + 1));
}

/* Each part of `before` stands in `after`, in the same order. */
static bool are_parts_kept(const struct kept *k, json_ref before, json_ref after)
{
    bool is_object = json_is(k->before, before, JSON_OBJECT);
    json_ref at = before + 1, end = json_end(k->before, before);
    for (json_ref new = after + 1; at < end &&new < json_end(k->after, after);) {
        bool found = is_object ? is_member_kept(k, at, new) : is_kept(k, at, new);
        if (found)
            at = k->before->nodes[at + is_object].next;
        new = k->after->nodes[new + is_object].next;
    }
    return at >= end;
}

static bool is_kept(const struct kept *k, json_ref before, json_ref after)
{
    enum json_kind kind = json_node(k->before, before)->kind;
    if (slice_equal(json_raw(k->before, before), json_raw(k->after, after)))
        return true;
    if (kind == JSON_NULL)
        return json_node(k->after, after)->kind >= JSON_ARRAY;
    return kind >= JSON_ARRAY && json_node(k->after, after)->kind == kind &&
           are_parts_kept(k, before, after);
}

static void check_patch(struct review_check *c, struct slice body)
{
    struct review_run *r = &c->run;
    struct error err = ERROR_INIT;
    struct kept k = { &r->body, &c->patched };
    promise(review_run_apply(r, body) == 0, "the patch applies");
    promise(json_count(&r->patch, JSON_ROOT) == r->decision.operations, "operations are counted");
    json_each_element (&r->patch, JSON_ROOT, op)
        promise(says(&r->patch, op, "op", SLICE("add")), "an operation adds");
    promise(json_scan(&c->patched, buf_slice(&r->patched), &err) == 0, "the patched pod is JSON");
    promise(is_kept(&k, r->object, JSON_ROOT), "what was there is there");
}

/* The patched pod comes back, as it does when another webhook changed it. */
static void check_once(struct review_check *c, const struct inject_options *opt)
{
    struct review_run *r = &c->again;
    buf_clear(&c->text);
    buf_put_lit(&c->text, "{\"request\":{\"uid\":\"again\",\"namespace\":\"apps\",\"object\":");
    buf_put_slice(&c->text, buf_slice(&c->run.patched));
    buf_put_lit(&c->text, "}}");
    promise(review_run(r, opt, buf_slice(&c->text)) == 0 &&
                r->decision.reason == REASON_ALREADY_INJECTED,
            "a pod is injected once");
}

void review_check(struct review_check *c, const struct inject_options *opt, struct slice body)
{
    int rc = review_run(&c->run, opt, body);
    promise(review_run(&c->again, opt, body) == rc, "the same review has the same result");
    if (rc < 0) {
        check_error(&c->run);
        return;
    }
    promise(slice_equal(buf_slice(&c->run.answer), buf_slice(&c->again.answer)),
            "the same review has the same answer");
    check_answer(c);
    if (c->run.decision.outcome == INJECT_MUTATED) {
        check_patch(c, body);
        check_once(c, opt);
    }
}
