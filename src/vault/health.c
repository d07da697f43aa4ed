#include <stdio.h>

#include "http/reply.h"
#include "vault/client.h"

#define YEAR_9999 ((int64_t)253402300799)

/* A standby answers other codes for the same facts. */
static const unsigned answers[] = { 200, 429, 472, 473, 501, 503 };

static bool is_answer(unsigned status)
{
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (answers[i] == status)
            return true;
    return false;
}

static int read_health(const json_t *tree, struct vault_health *ret, struct error *err)
{
    struct vault_health h = { 0 };
    struct error ignored = ERROR_INIT;
    struct slice version = SLICE_ABSENT;
    if (reply_bool(tree, "initialized", &h.initialized, err) < 0 ||
        reply_bool(tree, "sealed", &h.sealed, err) < 0 ||
        reply_bool(tree, "standby", &h.standby, err) < 0)
        return -1;
    (void)!reply_int(tree, "server_time_utc", &h.server_time, &ignored);
    if (h.server_time < 0 || h.server_time > YEAR_9999)
        h.server_time = 0;
    if (reply_string(tree, "version", &version, &ignored) == 0)
        (void)snprintf(h.version, sizeof(h.version), SLICE_FMT, SLICE_ARG(version));
    *ret = h;
    return 0;
}

int vault_health(struct vault_client *c, struct vault_health *ret, enum vault_failure *ret_failure,
                 struct error *err)
{
    struct vault_call call = { .method = "GET", .path = SLICE("sys/health"), .any_status = true };
    CLEANUP(reply_tree_free) json_t *tree = NULL;
    if (vault_client_call(c, &call, &tree, ret_failure, err) < 0)
        return -1;
    if (is_answer(c->reply.status) && read_health(tree, ret, err) == 0)
        return 0;
    error_set(err, ERROR_SHAPE,
              "GET " SLICE_FMT "/v1/sys/health: status %u, and not the answer of a Vault",
              SLICE_ARG(c->set.address), c->reply.status);
    return vault_client_unreadable(c, ret_failure, err);
}
