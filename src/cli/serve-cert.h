#ifndef SRC_CLI_SERVE_CERT_H
#define SRC_CLI_SERVE_CERT_H

/* The certificate keeper of the daemon, made from the options. */

#include "cert/keeper.h"
#include "cli/option-values.h"

struct serve_cert {
    struct cert_keeper *keeper;
    bool is_vault;        /* the source */
    struct buf texts;     /* what the keeper borrows */
    struct slice own_out; /* file for self-signed certificates; empty: none */
};

/*
 * Makes sources and keeper; a local source has given its certificate then, with a line in the log.  Options
 * without an effect are told as warnings of the log.  -1 with ERROR_USAGE for options that contradict each
 * other or what is around; serve_cert_done() frees either way, before the store.
 */
int serve_cert_init(struct serve_cert *s, const struct options *opt, struct cert_store *store,
                    struct error *err) __attribute__((warn_unused_result));
void serve_cert_done(struct serve_cert *s);

#endif
