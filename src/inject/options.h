#ifndef SRC_INJECT_OPTIONS_H
#define SRC_INJECT_OPTIONS_H

/*
 * struct inject_options: what the operator decided, the same for every review.
 *
 * Immutable once the first review was read, hence shared by threads.  Slices are borrowed from whoever
 * filled them in (the option parser's memory) and must outlive the engine.  Values stay text where
 * upstream parses them per pod: a bad number denies pods, it does not stop the server.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

struct profile;

/* The annotation prefixes, in order of preference for messages. */
enum annotation_prefix {
    PREFIX_VAULT,   /* vault.hashicorp.com/ */
    PREFIX_OPENBAO, /* openbao.org/ */
    PREFIX__COUNT
};

struct inject_options {
    const struct profile *profile; /* NULL: vault-k8s */
    bool prefixes[PREFIX__COUNT];  /* which are read */

    struct slice vault_address;
    struct slice vault_image;
    struct slice vault_auth_type;
    struct slice vault_auth_path;
    struct slice vault_namespace;
    struct slice vault_cacert_bytes; /* as given: base64 or text */
    struct slice proxy_address;

    struct slice run_as_user;
    struct slice run_as_group;
    bool run_as_same_user;
    bool set_security_context;
    bool revoke_on_shutdown;

    struct slice cpu_request, cpu_limit;
    struct slice memory_request, memory_limit;
    struct slice ephemeral_request, ephemeral_limit;

    struct slice default_template; /* "map" or "json" */
    bool exit_on_retry_failure;
    struct slice static_secret_render_interval;
    int64_t max_connections_per_host;
    struct slice auth_min_backoff, auth_max_backoff;
    struct slice disable_idle_connections, disable_keep_alives; /* comma lists */

    bool verify_patch; /* apply each patch in full and scan the result before sending it */
};

/* Upstream's built-in defaults (vault-k8s 1.7.6), profile vault-k8s, both prefixes, no Vault address. */
void inject_options_init(struct inject_options *opt);

/*
 * What the server refuses at start: no Vault address, a default template other than "map" or "json"
 * (case-sensitive), back-offs that are no durations, no prefix at all, text that is not UTF-8.  -1 with ERROR_USAGE.
 */
int inject_options_check(const struct inject_options *opt, struct error *err)
    __attribute__((warn_unused_result));

#endif
