#ifndef SRC_CLI_OPTION_CHECK_H
#define SRC_CLI_OPTION_CHECK_H

/*
 * The checks of the shared options: what vault-k8s refuses at start is refused, what is accepted
 * without being right becomes a warning.  Targets are struct options.  See option_check_fn.
 */

#include "cli/option.h"

/* Refusals of vault-k8s, and values derived from texts. */
option_check_fn check_vault_address, check_default_template, check_duration, check_log_level,
    check_log_format, check_tls_min_version, check_tls_suites, check_tls_cert_file,
    check_tls_key_file, check_telemetry_path;

/* Keyhook's own options. */
option_check_fn check_prefixes, check_profile, check_listen, check_cert_source, check_cert_fallback,
    check_publish, check_pki_address;

/* Warnings only. */
option_check_fn check_id, check_quantity, check_leader_elector, check_lease_threshold,
    check_self_signed;

#endif
