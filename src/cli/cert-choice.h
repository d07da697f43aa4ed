#ifndef SRC_CLI_CERT_CHOICE_H
#define SRC_CLI_CERT_CHOICE_H

/* Which certificate source the options mean, and whether its anchor is published. Pure. */

#include <stdbool.h>

#include "base/error.h"
#include "cli/cert-words.h"
#include "cli/option-values.h"

struct cert_choice {
    enum cert_source_id source;
    bool publishes;
    bool whole_chain;     /* is published */
    bool has_fallback;    /* self-signed */
    struct slice webhook; /* name; empty: none */
    struct slice pki_address;
};

/*
 * From -cert-source, or the options that are given; -webhook-name and -tls-auto mean the same.  -1 with
 * ERROR_USAGE for options that contradict each other or lack a companion.  Options without an effect give
 * warnings, one line each.
 */
int cert_choose(const struct options *opt, struct cert_choice *ret, struct buf *warnings,
                struct error *err) __attribute__((warn_unused_result));

#endif
