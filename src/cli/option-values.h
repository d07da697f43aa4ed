#ifndef SRC_CLI_OPTION_VALUES_H
#define SRC_CLI_OPTION_VALUES_H

/*
 * struct options: everything that flags and environment decide, parsed and checked.
 *
 * Data only, the target of the option table; made by options.h.  Slices are borrowed from argv, the
 * environment and static text, which must outlive the struct.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"
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

/* Where the serving certificate comes from, and where its anchor goes; see cli/cert-choice.h. */
struct cert_options {
    struct slice source, fallback, publish; /* words; empty: depends on the rest */
    struct slice webhook_name;
    struct slice kube_dir;
    struct slice pki_address, pki_path, pki_role, pki_namespace, pki_ca_file, pki_server_name;
    struct slice pki_auth_path, pki_auth_role, pki_jwt_file, pki_token_file;
    int64_t pki_ttl, publish_settle; /* microseconds */
};

/* What only the daemon needs.  Texts are kept as given; the members under "derived" are for use. */
struct server_settings {
    struct slice listen;                                        /* "host:port" or ":port" */
    struct slice telemetry_path;                                /* empty: no metrics on this port */
    struct slice tls_cert_file, tls_key_file, tls_ca_cert_file; /* empty: not given */
    struct slice tls_auto;            /* name of a MutatingWebhookConfiguration */
    struct slice tls_auto_hosts;      /* comma list of names and addresses */
    struct slice tls_self_signed_out; /* file that gets a self-made certificate; empty: none */
    struct slice tls_min_version;
    struct slice tls_cipher_suites;
    struct slice log_level;
    struct slice log_format;
    struct slice namespace; /* where this program runs */
    struct slice pod_name;
    bool use_leader_elector;        /* accepted, no effect */
    double lease_renewal_threshold; /* accepted, no effect, as in vault-k8s */
    int64_t body_limit;             /* bytes of a request body */

    struct slice plain_listen; /* "host:port" or ":port"; empty: no plain-HTTP port */
    int64_t workers;           /* 0: as many as there are CPUs to use */
    int64_t connections_per_worker;
    int64_t connections_per_source;                           /* 0: no limit */
    int64_t requests_per_connection;                          /* 0: no limit */
    int64_t in_flight_limit;                                  /* of each worker */
    int64_t bodies_limit;                                     /* bytes; 0: no limit */
    int64_t header_limit;                                     /* bytes of a request's head */
    int64_t handshake_timeout, request_timeout, idle_timeout; /* microseconds, as all below */
    int64_t connection_age;                                   /* 0: no limit */
    int64_t drain_period, stop_timeout;
    struct cert_options cert;

    /* derived by the checks */
    enum setting_log_level level;
    bool log_json;
    bool tls13_only;
    bool tls_suites_given; /* false: the server's own choice */
    uint32_t
        tls_suites; /* suites to offer, bits 1 << enum tls_suite_id; insecure ones are left out */
};

struct options {
    unsigned command; /* bit of the command that runs */
    struct inject_options inject;
    struct server_settings server;
    struct slice profile;             /* text of -profile */
    struct slice annotation_prefixes; /* text of -annotation-prefixes */
    struct buf warnings;              /* one per line, printable; see options.h */
    bool help;                        /* -h or -help was met: nothing else was checked */
    int rest;                         /* index in argv of the first argument behind the options */
};

#endif
