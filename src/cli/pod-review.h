#ifndef SRC_CLI_POD_REVIEW_H
#define SRC_CLI_POD_REVIEW_H

/*
 * One pod (or pod template) through the engine, without a server: wraps it into a review as the API
 * server would send it, and applies the answer's patch.
 *
 * A struct pod_review keeps engine memory, indices and buffers between pods.  One owner, one thread.
 */

#include <stdbool.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "cli/yaml-read.h"
#include "inject/inject.h"
#include "json/cursor.h"

#define POD_REVIEW_MEMORY_MAX ((size_t)256 << 20)

struct pod_review {
    const struct inject_options *options; /* borrowed */
    struct inject_scratch *scratch;
    struct json_index pod;   /* the pod with the service account's volume */
    struct json_index patch; /* of whatever patch is applied */
    struct buf with_account; /* text of pod */
    struct buf account;      /* patch that adds the service account's volume */
    struct buf body, answer;
    struct arena arena;
};

/* What the pod is and where it comes from. */
struct pod_source {
    const struct json_index *ix;
    json_ref pod; /* an object with metadata and spec */
    bool is_pod;  /* else a template, which becomes a pod */
    struct slice namespace, name;
};

struct pod_result {
    struct inject_decision decision; /* valid until the next pod */
    bool has_account;                /* the service account's volume was added */
};

/* -1 with ERROR_NOMEM. pod_review_done() is fine after a failure. */
int pod_review_init(struct pod_review *r, const struct inject_options *options, struct error *err)
    __attribute__((warn_unused_result));
void pod_review_done(struct pod_review *r);

/*
 * Decides about the pod.  When it is mutated the new pod (template) is appended to *out.  -1 when the
 * engine cannot read the review or a patch does not apply; out is then as before.
 */
int pod_review_run(struct pod_review *r, const struct pod_source *source, struct buf *out,
                   struct pod_result *ret, struct error *err) __attribute__((warn_unused_result));

/* Appends the value at target after the JSON Patch in patch_text. */
int pod_review_apply(struct pod_review *r, struct slice patch_text, const struct json_index *ix,
                     json_ref target, struct buf *out, struct error *err)
    __attribute__((warn_unused_result));

#endif
