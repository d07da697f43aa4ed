#ifndef SRC_CLI_PKI_SETTINGS_H
#define SRC_CLI_PKI_SETTINGS_H

/* What the Vault source is told, from the options; everything is borrowed from them. */

#include "cert/source.h"
#include "cli/cert-choice.h"

/* Looks at the file system for the token to log in with, when none is named. */
void pki_settings(const struct server_settings *set, const struct cert_choice *choice,
                  struct cert_vault_settings *ret);

#endif
