#include "kube/client.h"

/* clang-format off */
static const struct kube_failure_info infos[] = {
    [KUBE_OK]           = { "ok", "", false },
    [KUBE_UNREACHABLE]  = { "unreachable", "check the API server, the network policy of this namespace, and NO_PROXY if there is a proxy", false },
    [KUBE_UNTRUSTED]    = { "untrusted", "check that the CA file is that of the API server", true },
    [KUBE_UNAUTHORIZED] = { "unauthorized", "check that the service-account token is mounted, not expired, and of this cluster", true },
    [KUBE_FORBIDDEN]    = { "forbidden", "grant get, patch and watch on this mutatingwebhookconfiguration (create on events for Events) to the service account", true },
    [KUBE_NOT_FOUND]    = { "not_found", "check the name of the MutatingWebhookConfiguration; the rest follows when it is there", false },
    [KUBE_CONFLICT]     = { "conflict", "somebody else wrote at the same time; it is read again and tried again", false },
    [KUBE_EXPIRED]      = { "expired", "the watch is started again by itself", false },
    [KUBE_INVALID]      = { "invalid", "read the API server's words: the object or a policy on it refuses the change", true },
    [KUBE_THROTTLED]    = { "throttled", "the API server is overloaded or limits this service account; look at its flow control", false },
    [KUBE_SERVER]       = { "server", "look into the log of the API server and of etcd", false },
    [KUBE_PROTOCOL]     = { "protocol", "check that the address is that of the API server and not of a proxy or another server", false },
    [KUBE_LOCAL]        = { "local", "check the token file of this pod", false },
};

static const struct { unsigned status; enum kube_failure failure; } rows[] = {
    { 400, KUBE_INVALID },
    { 401, KUBE_UNAUTHORIZED },
    { 403, KUBE_FORBIDDEN },
    { 404, KUBE_NOT_FOUND },
    { 409, KUBE_CONFLICT },
    { 410, KUBE_EXPIRED },
    { 413, KUBE_INVALID },
    { 415, KUBE_INVALID },
    { 422, KUBE_INVALID },
    { 429, KUBE_THROTTLED },
};
/* clang-format on */

const struct kube_failure_info *kube_failure_info(enum kube_failure f)
{
    return &infos[f];
}

enum kube_failure kube_failure_of(unsigned status)
{
    if (status >= 200 && status < 300)
        return KUBE_OK;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].status == status)
            return rows[i].failure;
    return status >= 500 && status < 600 ? KUBE_SERVER : KUBE_PROTOCOL;
}
