#include "inject/inject.h"

#include <stdlib.h>

#include "base/base64.h"
#include "base/num.h"
#include "inject/advice.h"
#include "inject/answer.h"
#include "inject/mutation.h"
#include "inject/patch-check.h"
#include "inject/plan.h"
#include "inject/recall.h"
#include "inject/validate.h"
#include "json/scan.h"

#define CONTAINER_DEPTH 16 /* at most so deep below the root stands a container, in pod and patch */
#define SCRATCH_KEEP ((size_t)1 << 20)  /* bytes of one buffer kept between reviews */
#define INDEX_KEEP ((size_t)8 << 20)    /* the same of an index: 16 for each value and name */
#define ANSWER_MARGIN ((size_t)1 << 10) /* everything but patch and warnings */

struct inject_scratch {
    struct json_index index; /* of the review */
    struct json_index side_index;
    struct arena arena;
    struct buf text;
    struct buf patch;
    struct buf verified; /* the patched pod, with verify_patch */
    struct mutation_memory mutation;
    struct evaluation evaluation;
    struct recall recall;
};

struct inject_scratch *inject_scratch_new(void)
{
    struct inject_scratch *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    json_index_init(&s->index);
    json_index_init(&s->side_index);
    json_index_init(&s->mutation.container_index);
    s->mutation.container_index.max_depth = JSON_DEPTH_MAX - CONTAINER_DEPTH;
    s->index.max_nodes = INJECT_NODES_MAX;
    s->side_index.max_nodes = INJECT_NODES_MAX;
    s->mutation.container_index.max_nodes = INJECT_NODES_MAX;
    arena_init(&s->arena, INJECT_SCRATCH_MAX);
    buf_init(&s->text, INJECT_SCRATCH_MAX);
    buf_init(&s->patch, INJECT_SCRATCH_MAX);
    buf_init(&s->verified, INJECT_SCRATCH_MAX);
    buf_init(&s->mutation.config[AGENT_INIT], INJECT_SCRATCH_MAX);
    buf_init(&s->mutation.config[AGENT_SIDECAR], INJECT_SCRATCH_MAX);
    buf_init(&s->mutation.parts.text, INJECT_SCRATCH_MAX);
    buf_init(&s->mutation.container, INJECT_SCRATCH_MAX);
    buf_init(&s->mutation.patched, INJECT_SCRATCH_MAX);
    recall_init(&s->recall, INJECT_SCRATCH_MAX);
    return s;
}

void inject_scratch_free(struct inject_scratch *s)
{
    if (!s)
        return;
    json_index_done(&s->index);
    json_index_done(&s->side_index);
    json_index_done(&s->mutation.container_index);
    arena_done(&s->arena);
    buf_done(&s->text);
    buf_done(&s->patch);
    buf_done(&s->verified);
    buf_done(&s->mutation.config[AGENT_INIT]);
    buf_done(&s->mutation.config[AGENT_SIDECAR]);
    buf_done(&s->mutation.parts.text);
    buf_done(&s->mutation.container);
    buf_done(&s->mutation.patched);
    recall_done(&s->recall);
    free(s);
}

/* What one huge review needed is not kept for ever by each worker. */
static void trim(struct inject_scratch *s)
{
    struct buf *const buffers[] = { &s->text,
                                    &s->patch,
                                    &s->verified,
                                    &s->mutation.config[AGENT_INIT],
                                    &s->mutation.config[AGENT_SIDECAR],
                                    &s->mutation.parts.text,
                                    &s->mutation.container,
                                    &s->mutation.patched };
    struct json_index *const indices[] = { &s->index, &s->side_index,
                                           &s->mutation.container_index };
    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++) {
        if (buffers[i]->cap > SCRATCH_KEEP)
            buf_trim(buffers[i], SCRATCH_KEEP);
    }
    for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
        if (indices[i]->cap > INDEX_KEEP / sizeof(struct json_node))
            json_index_done(indices[i]);
    }
    recall_trim(&s->recall, SCRATCH_KEEP);
    arena_clear(&s->arena);
}

/* What the second agent-inject says; a wrong value is denied under either prefix. */
static int read_twin(struct evaluation *e, bool *ret_opts_in)
{
    const struct annotation_entry *twin = e->set.inject_twin;
    *ret_opts_in = false;
    if (!twin || twin->value.len == 0 || num_bool(twin->value, ret_opts_in))
        return 0;
    struct slice name = evaluation_entry_name(e, twin), shown = evaluation_show(e, twin->value);
    return evaluation_deny(e, REASON_BAD_BOOL,
                           "annotation " SLICE_FMT ": '" SLICE_FMT
                           "' is not a boolean; use true or false",
                           SLICE_ARG(name), SLICE_ARG(shown));
}

/* Two spellings that disagree, of which at least one opts in: the pod must not guess. */
static int check_conflict(struct evaluation *e)
{
    const struct annotation_entry *c = e->set.conflict;
    if (!c)
        return 0;
    struct slice name = evaluation_show(e, c->name);
    return evaluation_deny(e, REASON_PREFIX_CONFLICT,
                           "annotation " SLICE_FMT " stands under both vault.hashicorp.com/ and "
                           "openbao.org/ with different values; keep one",
                           SLICE_ARG(name));
}

static int check_namespace(struct evaluation *e)
{
    struct slice ns = e->review->namespace;
    e->step = STEP_NAMESPACE;
    if (!slice_equal(ns, SLICE("kube-system")) && !slice_equal(ns, SLICE("kube-public")))
        return 0;
    return evaluation_deny(e, REASON_SYSTEM_NAMESPACE,
                           "cannot inject into system namespaces: " SLICE_FMT, SLICE_ARG(ns));
}

/* What the server lacks denies before anything of the pod is looked at. */
static int check_defaults(struct evaluation *e)
{
    e->step = STEP_DEFAULTS;
    if (e->opt->vault_address.len == 0)
        return evaluation_deny(e, REASON_NO_ADDRESS, "Vault address required");
    if (e->opt->vault_auth_path.len == 0)
        return evaluation_deny(e, REASON_NO_AUTH_PATH, "Vault Auth Path required");
    if (e->review->namespace.len == 0)
        return evaluation_deny(e, REASON_NO_NAMESPACE, "kubernetes namespace required");
    return 0;
}

/* 1: inject, 0: leave the pod alone (*ret_reason says why), -1: denied. */
static int should_inject(struct evaluation *e, enum reason_id *ret_reason)
{
    bool twin_opts_in;
    *ret_reason = REASON_NOT_REQUESTED;
    if (!evaluation_has(e, ANN_INJECT))
        return 0;
    if (evaluation_run(e, STEP_OPT_IN) < 0 || read_twin(e, &twin_opts_in) < 0)
        return -1;
    if (!e->settings.inject && !twin_opts_in)
        return 0;
    *ret_reason = REASON_NOT_PENDING;
    if (e->pod->phase.len > 0 && !slice_equal(e->pod->phase, SLICE("Pending")))
        return 0;
    *ret_reason = REASON_ALREADY_INJECTED;
    if (slice_equal(e->settings.status, SLICE("injected")))
        return 0;
    return check_conflict(e) < 0 ? -1 : 1;
}

/* Our own mistake denies: half a patch is never sent.  The text of a sound one is kept in s->recall. */
static int check_patch(struct evaluation *e, struct inject_scratch *s, const struct patch *p)
{
    struct error err = ERROR_INIT;
    bool is_known = recall_knows_patch(&s->recall, buf_slice(&s->patch));
    const struct patch_check check = { &s->side_index, &s->arena, &s->verified,
                                       .text_is_sound = is_known, .apply = e->opt->verify_patch };
    if (patch_check(&check, p, buf_slice(&s->patch), e->pod->object, &err) == 0) {
        if (!is_known)
            recall_keep_patch(&s->recall, &s->patch);
        return 0;
    }
    if (err.code == ERROR_NOMEM)
        return evaluation_fail(e, REASON_SELF_CHECK, &err);
    return evaluation_deny(e, REASON_SELF_CHECK, "%s; this is a defect of Keyhook", err.msg);
}

static void describe(const struct evaluation *e, const struct plan *plan, struct inject_scratch *s,
                     const struct patch *p, struct inject_decision *d)
{
    const struct buf *config = &s->mutation.config[plan->has_sidecar ? AGENT_SIDECAR : AGENT_INIT];
    d->outcome = INJECT_MUTATED;
    d->reason = plan->has_init || plan->has_sidecar ? REASON_INJECTED : REASON_INJECTED_NO_AGENT;
    d->has_init = plan->has_init;
    d->has_sidecar = plan->has_sidecar;
    d->secrets = e->settings.secret_count;
    d->operations = p->count;
    d->patch = recall_patch(&s->recall);
    if (config->len > 0)
        memcpy(d->config_hash, recall_hash(&s->recall, buf_slice(config)), RECALL_HASH_DIGITS + 1);
}

/* From the annotations to the finished patch; fills the decision of a mutated pod. */
static int mutate(struct evaluation *e, struct inject_scratch *s, struct inject_decision *d)
{
    struct plan plan;
    struct patch p;
    if (check_namespace(e) < 0 || check_defaults(e) < 0 || evaluation_run(e, STEP_DEFAULTS) < 0 ||
        evaluation_run(e, STEP_BUILD) < 0)
        return -1;
    advise_on_names(e);
    e->step = STEP_VALIDATE;
    if (validate_settings(e) < 0 || plan_make(e, &plan) < 0)
        return -1;
    advise_on_plan(e, &plan);
    buf_clear(&s->patch);
    if (mutation_write(e, &plan, &s->mutation, &p, &s->patch) < 0 ||
        evaluation_check(e, &s->patch, "the patch") < 0 || check_patch(e, s, &p) < 0)
        return -1;
    describe(e, &plan, s, &p, d);
    return 0;
}

/* 0 with a decision (also a denial), -1 with e->err. */
static int decide(struct evaluation *e, struct pod *pod, struct inject_scratch *s,
                  struct inject_decision *d)
{
    struct error err = ERROR_INIT;
    e->step = STEP_DECODE;
    int rc = 0;
    if (pod_read(&s->index, e->review->object, &s->arena, pod, &err) < 0)
        rc = evaluation_fail(e, REASON_POD_UNREADABLE, &err);
    else
        rc = evaluation_init(e);
    if (rc == 0) {
        rc = should_inject(e, &d->reason);
        if (rc > 0)
            rc = mutate(e, s, d);
    }
    /* A warning or a telemetry value that found no memory would make it another answer. */
    if (s->arena.starved || e->err.code == ERROR_NOMEM)
        return error_nomem(&e->err);
    if (rc == 0)
        return 0;
    if (!e->denied)
        return -1;
    d->outcome = INJECT_DENIED;
    d->reason = e->reason;
    d->message = e->message;
    return 0;
}

static void identify(const struct review *r, const struct pod *pod, const struct evaluation *e,
                     struct inject_decision *d)
{
    d->uid = r->uid;
    d->namespace = r->namespace;
    d->name = r->name.len > 0 || !pod->name.ptr ? r->name : pod->name;
    d->generate_name = pod->generate_name.ptr ? pod->generate_name : SLICE("");
    d->kind = r->object_kind;
    d->operation = r->operation;
    d->dry_run = r->dry_run;
    d->warnings = e->warnings;
    d->warning_reasons = e->warning_reasons;
    d->warning_count = e->warning_count;
}

int inject_review(struct inject_scratch *s, const struct inject_options *opt, struct slice body,
                  struct buf *answer, struct inject_decision *ret, struct error *err)
{
    struct review review;
    struct pod pod = { .object = JSON_ABSENT };
    struct inject_decision d = { .outcome = INJECT_SKIPPED };
    struct evaluation *e = &s->evaluation;
    buf_clear(answer);
    trim(s);
    if (json_scan(&s->index, body, err) < 0 || review_read(&s->index, &s->arena, &review, err) < 0)
        return -1;
    *e = (struct evaluation){ .opt = opt,
                              .review = &review,
                              .pod = &pod,
                              .arena = &s->arena,
                              .side_index = &s->side_index,
                              .text = &s->text };
    if (decide(e, &pod, s, &d) < 0) {
        *err = e->err;
        return -1;
    }
    identify(&review, &pod, e, &d);
    (void)buf_reserve(answer, base64_encoded_len(d.patch.len) + ANSWER_MARGIN);
    answer_write(&review, &d, &s->recall, answer);
    if (buf_check(answer, "the answer", err) < 0)
        return -1;
    *ret = d;
    return 0;
}
