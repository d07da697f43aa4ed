#ifndef SRC_CLI_CONFIG_COMMENT_H
#define SRC_CLI_CONFIG_COMMENT_H

/*
 * The agent configuration in words: behind each VAULT_CONFIG value of a YAML text as yaml_write() makes
 * it, comment lines with the decoded configuration.  What does not decode stays alone.
 */

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"

/* Appends yaml with its comments. -1 with ERROR_NOMEM. */
int config_comment_put(struct buf *out, struct slice yaml, struct error *err)
    __attribute__((warn_unused_result));

#endif
