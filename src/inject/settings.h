#ifndef SRC_INJECT_SETTINGS_H
#define SRC_INJECT_SETTINGS_H

/*
 * struct settings: what one pod asked for, after defaults; typed, but not yet a plan.
 *
 * Filled through the annotation table by evaluation.c.  Slices are borrowed from the review, the
 * options or the request's arena.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

#define SECRETS_MAX 1000u    /* of one pod */
#define PARAMETERS_MAX 1000u /* of one family in one pod */

enum share_processes { SHARE_UNSET, SHARE_FALSE, SHARE_TRUE };

enum template_type { TEMPLATE_MAP, TEMPLATE_JSON };

/* The volume with the pod's service account token, as found on the pod. */
struct token_volume {
    struct slice name;
    struct slice mount_path;
    struct slice token_path; /* below the mount path */
};

/* One secret that the agent renders to a file. */
struct secret {
    struct slice raw;  /* the suffix as written */
    struct slice name; /* of the file, unless `file` is given */
    struct slice path; /* in Vault; "" when none was given */
    struct slice template;
    struct slice template_file;
    struct slice file;
    struct slice perms;
    struct slice command;
    struct slice left_delimiter;
    struct slice right_delimiter;
    struct slice mount_path;
    bool error_on_missing_key;
};

/* A name and its value: auth-config and telemetry parameters. */
struct parameter {
    struct slice name;
    struct slice value;
};

struct settings {
    bool inject;
    struct slice status;
    bool init_first;
    bool pre_populate;
    bool pre_populate_only;
    bool revoke_on_shutdown;
    uint64_t revoke_grace;

    struct slice containers; /* comma list; absent: all */
    struct slice image;
    struct slice configmap;
    struct slice extra_secret;
    struct slice copy_volume_mounts;
    struct slice request_namespace;
    struct token_volume token;

    int64_t run_as_user;
    int64_t run_as_group;
    bool run_as_same_user;
    bool set_security_context;
    enum share_processes share_processes;

    struct slice limits_cpu, limits_memory, limits_ephemeral;
    struct slice requests_cpu, requests_memory, requests_ephemeral;
    struct slice json_patch, init_json_patch;

    enum template_type default_template;
    struct slice secret_volume_path;
    bool inject_token;

    struct slice address;
    struct slice auth_type;
    struct slice auth_path;
    struct slice role;
    struct slice auth_min_backoff, auth_max_backoff;
    bool auth_exit_on_error;
    struct slice namespace;
    struct slice proxy_address;
    struct slice tls_secret;
    bool tls_skip_verify;
    struct slice tls_server_name;
    struct slice ca_cert, ca_path;
    struct slice client_cert, client_key;
    struct slice client_max_retries, client_timeout, go_max_procs;
    struct slice log_level, log_format;

    bool cache_enable;
    struct slice cache_use_auto_auth_token;
    struct slice cache_listener_port;
    bool cache_exit_on_error;
    bool enable_quit;
    bool exit_on_retry_failure;
    struct slice static_secret_render_interval;
    int64_t max_connections_per_host;
    double lease_renewal_threshold;
    struct slice disable_idle_connections, disable_keep_alives;

    struct secret *secrets; /* sorted by raw name */
    unsigned secret_count;
    struct parameter *auth_config; /* sorted by name, names with underscores */
    unsigned auth_config_count;
    struct parameter *telemetry; /* sorted by name, names with underscores */
    unsigned telemetry_count;
};

#endif
