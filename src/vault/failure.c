#include "vault/client.h"

#define SECOND ((int64_t)1000000)

/* clang-format off */
static const struct vault_failure_info infos[] = {
    [VAULT_OK]          = { "ok", "", 0, 0 },
    [VAULT_SEALED]      = { "sealed", "unseal or initialise Vault; the rest follows by itself", 1 * SECOND, 15 * SECOND },
    [VAULT_STANDBY]     = { "standby", "Vault has no active node now; this ends by itself after an election", 1 * SECOND, 10 * SECOND },
    [VAULT_UNREACHABLE] = { "unreachable", "check the address, the network policy, and whether Vault runs", 1 * SECOND, 15 * SECOND },
    [VAULT_UNTRUSTED]   = { "untrusted", "check the CA file and the name in the certificate of Vault", 2 * SECOND, 60 * SECOND },
    [VAULT_THROTTLED]   = { "throttled", "a rate limit quota of Vault was reached; raise it, or wait", 2 * SECOND, 60 * SECOND },
    [VAULT_LOGIN]       = { "login", "check the mount path, that the role exists and binds this service account, namespace and audience, and that Vault reaches TokenReview", 1 * SECOND, 30 * SECOND },
    [VAULT_FORBIDDEN]   = { "forbidden", "give the role a policy with update on <mount>/sign/<role>", 2 * SECOND, 60 * SECOND },
    [VAULT_NOT_FOUND]   = { "not_found", "check the mount path of the PKI or auth engine and the namespace", 2 * SECOND, 60 * SECOND },
    [VAULT_BAD_REQUEST] = { "bad_request", "compare the PKI role with the request: allowed names, key type ec, lifetime", 2 * SECOND, 60 * SECOND },
    [VAULT_CLOCK]       = { "clock", "set the clock here or at Vault right", 2 * SECOND, 30 * SECOND },
    [VAULT_SERVER]      = { "server", "look into the log of Vault", 1 * SECOND, 30 * SECOND },
    [VAULT_PROTOCOL]    = { "protocol", "check that the address is that of Vault and not of a proxy or another server", 2 * SECOND, 60 * SECOND },
    [VAULT_LOCAL]       = { "local", "check the files of this pod: tokens and CA, or certificate and key", 1 * SECOND, 30 * SECOND },
};
/* clang-format on */

const struct vault_failure_info *vault_failure_info(enum vault_failure f)
{
    return &infos[f];
}

/* clang-format off */
static const struct { unsigned status; const char *text; enum vault_failure failure; } rows[] = {
    { 307, NULL,             VAULT_STANDBY },
    { 400, NULL,             VAULT_BAD_REQUEST },
    { 403, NULL,             VAULT_FORBIDDEN },
    { 404, NULL,             VAULT_NOT_FOUND },
    { 405, NULL,             VAULT_NOT_FOUND },
    { 412, NULL,             VAULT_STANDBY },
    { 429, NULL,             VAULT_THROTTLED },
    { 472, NULL,             VAULT_STANDBY },
    { 473, NULL,             VAULT_STANDBY },
    { 500, "node not active", VAULT_STANDBY },
    { 501, NULL,             VAULT_SEALED },
    { 503, "no active",      VAULT_STANDBY },
    { 503, "sealed",         VAULT_SEALED },
    { 503, "not initialized", VAULT_SEALED },
};
/* clang-format on */

enum vault_failure vault_failure_of(unsigned status, struct slice text, bool is_login)
{
    if (status >= 200 && status < 300)
        return VAULT_OK;
    if (is_login && (status == 400 || status == 403))
        return VAULT_LOGIN;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status &&
            (!rows[i].text || slice_contains(text, slice_of(rows[i].text))))
            return rows[i].failure;
    return status >= 500 ? VAULT_SERVER : VAULT_PROTOCOL;
}
