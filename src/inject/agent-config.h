#ifndef SRC_INJECT_AGENT_CONFIG_H
#define SRC_INJECT_AGENT_CONFIG_H

/*
 * The agent's configuration file, as compact JSON (the text behind VAULT_CONFIG).
 *
 * Members and their order follow vault-k8s 1.7.6; the agent treats unknown members of a template as
 * an error, so nothing may be added there.
 */

#include "inject/plan.h"

/*
 * Appends the configuration of one of the agent's containers to out.  0, or -1 with a denial in e (a
 * secret path that would break out of the default template, a number that JSON cannot carry).
 */
int agent_config_write(struct evaluation *e, const struct plan *plan, enum agent_role role,
                       struct buf *out) __attribute__((warn_unused_result));

/*
 * Appends the sidecar's configuration to out, made from the init container's of the same plan: only
 * exit_after_auth differs, as both or neither have listener and cache.
 */
void agent_config_derive(struct slice init_config, struct buf *out);

/* The file that a secret is rendered to. Absent when the arena is exhausted. */
struct slice agent_config_destination(struct arena *arena, const struct secret *s);

/* The file that the token is written to by agent-inject-token. */
struct slice agent_config_token_file(struct arena *arena, const struct settings *s);

#endif
