#ifndef SRC_INJECT_TELEMETRY_H
#define SRC_INJECT_TELEMETRY_H

/*
 * The telemetry stanza of the agent configuration, from agent-telemetry-* annotations.
 *
 * Each value is JSON when it reads as JSON, else text; names are matched without regard to case; a
 * value of the wrong type drops the whole stanza (vault-k8s 1.7.6, quirk K06).
 */

#include "inject/evaluation.h"
#include "json/write.h"

/*
 * Writes "telemetry": {...} as the next member, or nothing when the pod has no such annotation or a
 * value has the wrong type.  Uses e->side_index.
 */
void telemetry_write(struct evaluation *e, struct json_writer *w);

/* The parameter whose value drops the stanza, or NULL.  For warnings. */
const struct parameter *telemetry_fault(struct evaluation *e);

/* True when the name (with underscores) is a field of the stanza. */
bool telemetry_knows(struct slice name);

#endif
