#ifndef SRC_CLI_SERVE_TLS_H
#define SRC_CLI_SERVE_TLS_H

#include "cli/option-values.h"
#include "server/tls-priority.h"

/* What the options say about TLS versions and suites, in the server's words. */
struct tls_choice serve_tls_choice(const struct server_settings *set);

#endif
