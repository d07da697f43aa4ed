#include "support/review-run.h"

#include "json/patch.h"

#define PATCHED_MAX ((size_t)64 << 20)

int review_run_init(struct review_run *r)
{
    *r = (struct review_run){ .scratch = inject_scratch_new() };
    buf_init(&r->answer, INJECT_ANSWER_MAX);
    buf_init(&r->patched, PATCHED_MAX);
    json_index_init(&r->body);
    json_index_init(&r->patch);
    arena_init(&r->arena, PATCHED_MAX);
    return r->scratch ? 0 : -1;
}

void review_run_done(struct review_run *r)
{
    inject_scratch_free(r->scratch);
    buf_done(&r->answer);
    buf_done(&r->patched);
    json_index_done(&r->body);
    json_index_done(&r->patch);
    arena_done(&r->arena);
}

int review_run(struct review_run *r, const struct inject_options *opt, struct slice body)
{
    r->err = (struct error)ERROR_INIT;
    r->rc = inject_review(r->scratch, opt, body, &r->answer, &r->decision, &r->err);
    return r->rc;
}

int review_run_apply(struct review_run *r, struct slice body)
{
    buf_clear(&r->patched);
    arena_clear(&r->arena);
    if (json_scan(&r->body, body, &r->err) < 0)
        return -1;
    json_ref request = json_member(&r->body, JSON_ROOT, SLICE("request"));
    r->object = json_member(&r->body, request, SLICE("object"));
    if (!slice_is_present(r->decision.patch)) {
        struct slice raw = json_raw(&r->body, r->object);
        buf_put_slice(&r->patched, slice_is_present(raw) ? raw : SLICE("null"));
        return buf_check(&r->patched, "the object", &r->err);
    }
    if (json_scan(&r->patch, r->decision.patch, &r->err) < 0)
        return -1;
    return json_patch_apply(&r->patch, JSON_ROOT, &r->body, r->object, &r->arena, &r->patched,
                            &r->err);
}
