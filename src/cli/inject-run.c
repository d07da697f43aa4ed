#include "cli/inject-run.h"

#include "cli/manifest.h"
#include "cli/note.h"

int inject_run_init(struct inject_run *run, const struct inject_options *options,
                    struct inject_output *output, struct error *err)
{
    *run = (struct inject_run){ .output = output };
    buf_init(&run->changed, YAML_JSON_MAX);
    buf_init(&run->notes, MANIFEST_NOTES_MAX);
    return pod_review_init(&run->review, options, err);
}

void inject_run_done(struct inject_run *run)
{
    pod_review_done(&run->review);
    buf_done(&run->notes);
    buf_done(&run->changed);
}

static bool is_review(const struct document *doc)
{
    const struct json_index *ix = &doc->index;
    json_ref kind = json_member(ix, JSON_ROOT, SLICE("kind"));
    return json_member(ix, JSON_ROOT, SLICE("request")) != JSON_ABSENT ||
           json_string_is(ix, kind, SLICE("AdmissionReview")) ||
           (doc->is_json && !json_is(ix, kind, JSON_STRING));
}

static void note_review(struct inject_run *run, const struct inject_decision *d)
{
    struct note_subject subject = {
        .kind = d->kind.len > 0 ? d->kind : SLICE("Pod"),
        .namespace = d->namespace,
        .name = d->name.len > 0 ? d->name : d->generate_name,
    };
    note_decision(&run->notes, &subject, d);
}

static int print_review_diff(struct inject_run *run, const struct document *doc, struct slice patch,
                             struct slice label, struct error *err)
{
    const struct json_index *ix = &doc->index;
    json_ref request = json_member(ix, JSON_ROOT, SLICE("request"));
    json_ref pod = json_member(ix, request, SLICE("object"));
    buf_clear(&run->changed);
    if (pod_review_apply(&run->review, patch, ix, pod, &run->changed, err) < 0)
        return error_wrap(err, "apply the patch");
    return inject_output_pod_diff(run->output, ix, pod, buf_slice(&run->changed), label, err);
}

static int run_review(struct inject_run *run, const struct document *doc, struct slice label,
                      struct error *err)
{
    struct inject_decision decision;
    if (!doc->is_json)
        return error_set(err, ERROR_SYNTAX, "an AdmissionReview is read as JSON only%s%s",
                         doc->json_error.code != ERROR_NONE ? ": " : "", doc->json_error.msg);
    if (doc->source.len > run->body_limit)
        return error_set(err, ERROR_LIMIT, "the review is larger than %zu bytes (-body-limit)",
                         run->body_limit);
    if (inject_review(run->review.scratch, run->review.options, doc->source, &run->review.answer,
                      &decision, err) < 0)
        return -1;
    note_review(run, &decision);
    if (!run->output->is_diff)
        return inject_output_answer(run->output, buf_slice(&run->review.answer), err);
    return decision.outcome == INJECT_MUTATED
               ? print_review_diff(run, doc, decision.patch, label, err)
               : 0;
}

static int run_manifest(struct inject_run *run, const struct document *doc, struct slice label,
                        bool *ret_denied, struct error *err)
{
    struct manifest_result result;
    if (!json_is(&doc->index, json_member(&doc->index, JSON_ROOT, SLICE("kind")), JSON_STRING))
        return error_set(err, ERROR_SHAPE,
                         "line %u: this is no manifest: it has no kind, such as kind: Deployment",
                         doc->line);
    buf_clear(&run->changed);
    if (manifest_inject(&run->review, doc, run->namespace, &run->changed, &run->notes, &result,
                        err) < 0)
        return -1;
    *ret_denied = result.is_denied;
    if (result.is_denied)
        return 0;
    struct slice changed = result.is_changed ? buf_slice(&run->changed) : SLICE_ABSENT;
    return inject_output_manifest(run->output, doc, changed, label, err);
}

int inject_run_document(struct inject_run *run, const struct document *doc, struct slice label,
                        bool *ret_denied, struct error *err)
{
    buf_clear(&run->notes);
    *ret_denied = false;
    if (is_review(doc))
        return run_review(run, doc, label, err);
    return run_manifest(run, doc, label, ret_denied, err);
}
