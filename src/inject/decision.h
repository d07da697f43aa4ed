#ifndef SRC_INJECT_DECISION_H
#define SRC_INJECT_DECISION_H

/*
 * struct inject_decision: what the engine decided about one review, as data.
 */

#include <stdbool.h>

#include "base/str.h"
#include "inject/reason.h"

#define INJECT_WARNING_MAX 120 /* characters; the API server cuts longer ones */
#define INJECT_WARNINGS_MAX 32

enum inject_outcome {
    INJECT_SKIPPED, /* allowed, no patch */
    INJECT_MUTATED, /* allowed, with a patch */
    INJECT_DENIED,
};

/*
 * What was decided, for log line, metrics and command line.  Slices are borrowed from the review's
 * bytes or from the scratch memory: valid until the scratch is used again or freed.  uid, namespace,
 * name ... are raw user data: print them through text_put_printable() or a JSON writer.
 */
struct inject_decision {
    enum inject_outcome outcome;
    enum reason_id reason;
    struct slice uid, namespace, name, generate_name, kind, operation;
    bool dry_run;
    bool has_init;    /* vault-agent-init was added */
    bool has_sidecar; /* vault-agent was added */
    unsigned secrets;
    unsigned operations;
    struct slice message; /* of a denial, as sent; else absent */
    struct slice patch;   /* the JSON Patch as text; absent without one */
    const struct slice *warnings;
    const enum reason_id *warning_reasons; /* of the same length */
    unsigned warning_count;
    char config_hash[17]; /* first 16 hex digits of the agent configuration's SHA-256, or "" */
};

#endif
