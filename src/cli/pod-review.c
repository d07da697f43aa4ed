#include "cli/pod-review.h"

#include "cli/service-account.h"
#include "json/patch.h"
#include "json/write.h"

#define REVIEW_UID "keyhook-inject"

int pod_review_init(struct pod_review *r, const struct inject_options *options, struct error *err)
{
    *r = (struct pod_review){ .options = options };
    json_index_init(&r->pod);
    json_index_init(&r->patch);
    buf_init(&r->with_account, YAML_JSON_MAX);
    buf_init(&r->account, YAML_JSON_MAX);
    buf_init(&r->body, YAML_JSON_MAX);
    buf_init(&r->answer, INJECT_ANSWER_MAX);
    arena_init(&r->arena, POD_REVIEW_MEMORY_MAX);
    r->scratch = inject_scratch_new();
    return r->scratch ? 0 : error_nomem(err);
}

void pod_review_done(struct pod_review *r)
{
    if (r->scratch)
        inject_scratch_free(r->scratch);
    arena_done(&r->arena);
    buf_done(&r->answer);
    buf_done(&r->body);
    buf_done(&r->account);
    buf_done(&r->with_account);
    json_index_done(&r->patch);
    json_index_done(&r->pod);
}

int pod_review_apply(struct pod_review *r, struct slice patch_text, const struct json_index *ix,
                     json_ref target, struct buf *out, struct error *err)
{
    if (json_scan(&r->patch, patch_text, err) < 0)
        return error_wrap(err, "the patch");
    arena_clear(&r->arena);
    return json_patch_apply(&r->patch, JSON_ROOT, ix, target, &r->arena, out, err);
}

static void put_pod(struct json_writer *w, const struct pod_source *s, const struct json_index *ix,
                    json_ref pod)
{
    static const struct slice members[] = { SLICE_INIT("metadata"), SLICE_INIT("spec") };
    json_put_name(w, SLICE("object"));
    if (s->is_pod) {
        json_put_raw(w, json_raw(ix, pod));
        return;
    }
    json_open(w, '{');
    json_member_string(w, SLICE("apiVersion"), SLICE("v1"));
    json_member_string(w, SLICE("kind"), SLICE("Pod"));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_ref value = json_member(ix, pod, members[i]);
        if (value != JSON_ABSENT)
            json_member_raw(w, members[i], json_raw(ix, value));
    }
    json_close(w, '}');
}

static void put_review(struct buf *out, const struct pod_source *s, const struct json_index *ix,
                       json_ref pod)
{
    struct json_writer w = json_writer(out);
    json_open(&w, '{');
    json_member_string(&w, SLICE("apiVersion"), SLICE("admission.k8s.io/v1"));
    json_member_string(&w, SLICE("kind"), SLICE("AdmissionReview"));
    json_put_name(&w, SLICE("request"));
    json_open(&w, '{');
    json_member_string(&w, SLICE("uid"), SLICE(REVIEW_UID));
    json_member_raw(&w, SLICE("kind"),
                    SLICE("{\"group\":\"\",\"version\":\"v1\",\"kind\":\"Pod\"}"));
    json_member_raw(&w, SLICE("resource"),
                    SLICE("{\"group\":\"\",\"version\":\"v1\",\"resource\":\"pods\"}"));
    if (slice_is_present(s->name))
        json_member_string(&w, SLICE("name"), s->name);
    json_member_string(&w, SLICE("namespace"), s->namespace);
    json_member_string(&w, SLICE("operation"), SLICE("CREATE"));
    put_pod(&w, s, ix, pod);
    json_member_bool(&w, SLICE("dryRun"), false);
    json_close(&w, '}');
    json_close(&w, '}');
}

static int decide(struct pod_review *r, const struct pod_source *s, const struct json_index *ix,
                  json_ref pod, struct inject_decision *ret, struct error *err)
{
    buf_clear(&r->body);
    put_review(&r->body, s, ix, pod);
    if (buf_check(&r->body, "the review", err) < 0)
        return -1;
    return inject_review(r->scratch, r->options, buf_slice(&r->body), &r->answer, ret, err);
}

/* Adds the service account's volume and decides again, since the pod asks for injection. */
static int decide_with_account(struct pod_review *r, const struct pod_source *s,
                               struct inject_decision *ret, struct error *err)
{
    buf_clear(&r->with_account);
    if (pod_review_apply(r, buf_slice(&r->account), s->ix, s->pod, &r->with_account, err) < 0 ||
        json_scan(&r->pod, buf_slice(&r->with_account), err) < 0)
        return error_wrap(err, "add the service account volume");
    return decide(r, s, &r->pod, JSON_ROOT, ret, err);
}

int pod_review_run(struct pod_review *r, const struct pod_source *s, struct buf *out,
                   struct pod_result *ret, struct error *err)
{
    struct pod_result result = { .has_account = false };
    if (decide(r, s, s->ix, s->pod, &result.decision, err) < 0)
        return -1;
    buf_clear(&r->account);
    if (result.decision.outcome != INJECT_SKIPPED)
        result.has_account = service_account_patch(s->ix, s->pod, &r->account);
    if (buf_check(&r->account, "the service account volume's patch", err) < 0)
        return -1;
    if (result.has_account && decide_with_account(r, s, &result.decision, err) < 0)
        return -1;
    const struct json_index *ix = result.has_account ? &r->pod : s->ix;
    json_ref pod = result.has_account ? JSON_ROOT : s->pod;
    if (result.decision.outcome == INJECT_MUTATED &&
        pod_review_apply(r, result.decision.patch, ix, pod, out, err) < 0)
        return error_wrap(err, "apply the patch");
    *ret = result;
    return 0;
}
