#ifndef SRC_CLI_OPTIONS_H
#define SRC_CLI_OPTIONS_H

/*
 * struct options: everything that flags and environment decide, parsed and checked.
 *
 * Precedence, as in vault-k8s: built-in default < flag < non-empty environment variable.  Flags follow
 * Go's flag package: one or two dashes, "-name=value" or "-name value"; a boolean takes "=value" only.
 * Slices are borrowed from argv, the environment and static text, which must outlive the struct.
 * Filled by options_load() or options_parse(), then immutable; options_done() frees the warnings.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/str.h"
#include "cli/command.h"
#include "inject/options.h"

#define OPTIONS_BODY_LIMIT_MIN ((int64_t)64 << 10)
#define OPTIONS_BODY_LIMIT_MAX ((int64_t)64 << 20)
#define OPTIONS_WARNINGS_MAX ((size_t)64 << 10) /* bytes of all warnings together */

enum setting_log_level {
    SETTING_LOG_TRACE,
    SETTING_LOG_DEBUG,
    SETTING_LOG_INFO,
    SETTING_LOG_WARN,
    SETTING_LOG_ERROR,
};

/* What only the daemon needs.  Texts are kept as given; the members under "derived" are for use. */
struct server_settings {
    struct slice listen;                                        /* "host:port" or ":port" */
    struct slice telemetry_path;                                /* empty: no metrics on this port */
    struct slice tls_cert_file, tls_key_file, tls_ca_cert_file; /* empty: not given */
    struct slice tls_auto;       /* name of a MutatingWebhookConfiguration */
    struct slice tls_auto_hosts; /* comma list of names and addresses */
    struct slice tls_self_signed_out; /* file for the certificate made here; empty: none */
    struct slice tls_min_version;
    struct slice tls_cipher_suites;
    struct slice log_level;
    struct slice log_format;
    struct slice namespace; /* where this program runs */
    struct slice pod_name;
    bool use_leader_elector;        /* accepted, no effect */
    double lease_renewal_threshold; /* accepted, no effect, as in vault-k8s */
    int64_t body_limit;             /* bytes of a request body */

    /* derived by the checks */
    enum setting_log_level level;
    bool log_json;
    bool tls13_only;
    bool tls_suites_given; /* false: the server's own choice */
    uint32_t
        tls_suites; /* suites to offer, bits 1 << enum tls_suite_id; insecure ones are left out */
};

struct options {
    struct inject_options inject;
    struct server_settings server;
    struct slice profile;             /* text of -profile */
    struct slice annotation_prefixes; /* text of -annotation-prefixes */
    struct buf warnings;              /* one per line, printable; see options_next_warning() */
    bool help;                        /* -h or -help was met: nothing else was checked */
    int rest;                         /* index in argv of the first argument behind the options */
};

/*
 * The usual start of a command.  Parses argv for ctx->command (shared options and the command's own
 * ones, which go to own_target).  True: go on; the caller prints the warnings (serve: into its log).
 * False: help or an error was printed to ctx->out or ctx->err; return *ret_status.  Either way the
 * caller owns *opt and calls options_done().
 */
bool options_load(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, int *ret_status) __attribute__((warn_unused_result));

/* The same without printing: 0, or -1 with ERROR_USAGE or ERROR_NOMEM. */
int options_parse(struct options *opt, const struct command_context *ctx, int argc, char **argv,
                  void *own_target, struct error *err) __attribute__((warn_unused_result));

void options_done(struct options *opt);

/* Cuts the next warning off *rest, which starts as buf_slice(&opt->warnings); false after the last. */
bool options_next_warning(struct slice *rest, struct slice *ret);

/* Prints "keyhook: warning: ..." lines. */
void options_print_warnings(const struct options *opt, FILE *to);

#endif
