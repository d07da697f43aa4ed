#include "cli/pki-settings.h"

#include <unistd.h>

#define US_PER_SECOND 1000000
#define PROJECTED_TOKEN "/var/run/secrets/keyhook/vault/token"
#define POD_TOKEN "/var/run/secrets/kubernetes.io/serviceaccount/token"

static struct slice choose_jwt_file(const struct cert_options *cert)
{
    if (cert->pki_jwt_file.len > 0)
        return cert->pki_jwt_file;
    return access(PROJECTED_TOKEN, F_OK) == 0 ? SLICE(PROJECTED_TOKEN) : SLICE(POD_TOKEN);
}

static struct slice if_given(struct slice text)
{
    return text.len > 0 ? text : SLICE_ABSENT;
}

void pki_settings(const struct server_settings *set, const struct cert_choice *choice,
                  struct cert_vault_settings *ret)
{
    const struct cert_options *cert = &set->cert;
    *ret = (struct cert_vault_settings){
        .vault = { .address = choice->pki_address,
                   .ca_file = if_given(cert->pki_ca_file),
                   .server_name = if_given(cert->pki_server_name),
                   .namespace = if_given(cert->pki_namespace),
                   .auth_path = cert->pki_auth_path,
                   .auth_role = cert->pki_auth_role,
                   .jwt_file = choose_jwt_file(cert),
                   .token_file = if_given(cert->pki_token_file),
                   .plain_ok = slice_has_prefix(choice->pki_address, SLICE("http://")) },
        .pki_path = cert->pki_path,
        .pki_role = cert->pki_role,
        .ttl = cert->pki_ttl / US_PER_SECOND,
        .hosts = set->tls_auto_hosts,
        .whole_chain = choice->whole_chain,
    };
}
