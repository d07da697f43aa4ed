#ifndef SRC_CERT_SOURCE_H
#define SRC_CERT_SOURCE_H

/*
 * Where serving certificates come from: Vault, files, or ourselves.
 *
 * A source belongs to one thread, except for cert_source_cancel().  What it gives was checked and can be
 * served as it is.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/error.h"
#include "base/str.h"
#include "cert/bundle.h"
#include "cert/hosts.h"
#include "vault/vault.h"

#define CERT_ANCHOR_MAX ((size_t)64 << 10)

/* A certificate, and what a client must trust for it. */
struct cert_issue {
    struct cert_bundle *bundle; /* a reference; NULL: nothing */
    struct buf anchor;          /* PEM in our own writing; empty when not known */
    int64_t anchor_ends;        /* seconds since the epoch */
    int64_t issued;             /* when we got it */
    bool is_own;                /* self-signed: nobody else needs the anchor */
    struct buf notes; /* lines for the log: what the issuer warned of, or what is doubtful */
};

void cert_issue_init(struct cert_issue *i);
void cert_issue_done(struct cert_issue *i);

struct cert_source;

/* What kinds of source do; `changed`, `tend` and `cancel` may be NULL. */
struct cert_source_kind {
    const char *name; /* as in -cert-source */
    bool is_local;    /* issues at once or never: the program cannot start without */
    bool renews;      /* before the end of a certificate; otherwise only when it changed */
    int (*issue)(struct cert_source *s, int64_t now, struct cert_issue *ret,
                 enum vault_failure *ret_failure, struct error *err);
    bool (*changed)(struct cert_source *s); /* since the last issue; cheap */
    int (*tend)(struct cert_source *s, enum vault_failure *ret_failure, struct error *err);
    void (*cancel)(struct cert_source *s); /* any thread: a call in progress ends soon */
    int64_t (*retry_after)(const struct cert_source *s); /* microseconds; 0: no wish */
    void (*free)(struct cert_source *s);
};

/* The head of every source. */
struct cert_source {
    const struct cert_source_kind *kind;
};

void cert_source_free(struct cert_source *s);
DEFINE_CLEANUP(cert_source_free, struct cert_source *);

/* All of them copy what they are given. */
struct cert_vault_settings {
    struct vault_settings vault;
    struct slice pki_path, pki_role;
    int64_t ttl; /* seconds */
    struct slice hosts;
    bool whole_chain; /* anchor: all of the chain and not the issuing CA alone */
};
int cert_source_vault(const struct cert_vault_settings *settings, struct cert_source **ret,
                      struct error *err) __attribute__((warn_unused_result));

struct cert_files_settings {
    struct slice cert_path, key_path;
    struct slice ca_path; /* what clients must trust; absent or empty: what the chain says */
    struct slice hosts;   /* what clients ask for: notes say what is missing; may be empty */
};
int cert_source_files(const struct cert_files_settings *settings, struct cert_source **ret,
                      struct error *err) __attribute__((warn_unused_result));

int cert_source_self_signed(struct slice hosts, struct cert_source **ret, struct error *err)
    __attribute__((warn_unused_result));

#endif
