/* src/kube with each allocation failing in turn, but not jansson's and libcurl's: see tests/clients/call.c. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "kube/event.h"
#include "kube/webhook.h"
#include "support/alloc-fault.h"

#define MEMORY_MAX ((size_t)64 << 10)
#define ALLOCATIONS_MAX 1000 /* of one call; more would be an endless loop */

static const char text[] =
    "{\"kind\":\"MutatingWebhookConfiguration\",\"metadata\":{\"name\":\"hook\",\"uid\":\"u\","
    "\"resourceVersion\":\"1\",\"annotations\":{\"keyhook/a\":\"1\",\"other\":\"2\"},"
    "\"managedFields\":[{\"manager\":\"helm\",\"time\":\"t\",\"fieldsV1\":{\"f:webhooks\":"
    "{\"k:{}\":{\"f:clientConfig\":{\"f:caBundle\":{}}}}}}]},"
    "\"webhooks\":[{\"name\":\"a\",\"clientConfig\":{\"caBundle\":\"UEVN\"}},{\"name\":\"b\"}]}";

/* What each case works with: an address where nobody answers. */
struct world {
    int sock; /* bound, not listening: the port stays free of listeners */
    char address[64];
    struct kube_settings set;
};

/* One call; the code of its failure, ERROR_NONE when it succeeded. */
typedef enum error_code run_fn(const struct world *world);

static enum error_code run_parse(const struct world *world)
{
    struct error err = ERROR_INIT;
    struct kube_webhook *w = NULL;
    (void)world;
    if (kube_webhook_parse(slice_of(text), &w, &err) == 0)
        assert_int_equal(w->entry_count, 2);
    else
        assert_null(w);
    kube_webhook_free(w);
    return err.code;
}

static enum error_code run_patch(const struct world *world)
{
    static struct kube_webhook_entry entry = { .name = SLICE_INIT("a") };
    static const struct slice bundle = SLICE_INIT("PEM");
    static const struct kube_annotation set = { SLICE_INIT("keyhook/a"), SLICE_INIT("1") };
    struct kube_webhook seen = { .entries = &entry, .entry_count = 1 };
    struct kube_webhook_change change = { &bundle, &set, 1 };
    struct error err = ERROR_INIT;
    struct buf out;
    (void)world;
    buf_init(&out, KUBE_PATCH_MAX);
    (void)!kube_patch_put(&seen, &change, &out, &err);
    buf_done(&out);
    return err.code;
}

static enum error_code run_settings(const struct world *world)
{
    struct kube_settings set;
    struct error err = ERROR_INIT;
    struct buf memory;
    (void)world;
    buf_init(&memory, MEMORY_MAX);
    (void)!kube_settings_in_cluster(SLICE("/nowhere"), &memory, &set, &err);
    buf_done(&memory);
    return err.code;
}

static enum error_code run_new(const struct world *world)
{
    struct error err = ERROR_INIT;
    struct kube_client *c = NULL;
    if (kube_client_new(&world->set, &c, &err) < 0)
        assert_null(c);
    kube_client_free(c);
    return err.code;
}

/* Nobody answers, so ERROR_IO is as far as it can come. */
static enum error_code run_event(const struct world *world)
{
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_OK;
    struct kube_client *c = NULL;
    struct kube_event event = { .reason = "Reason",
                                .action = "Act",
                                .note = SLICE("note"),
                                .namespace = SLICE("apps"),
                                .pod = SLICE("pod"),
                                .webhook = SLICE("hook"),
                                .webhook_uid = SLICE("u") };
    if (kube_client_new(&world->set, &c, &err) == 0) {
        assert_int_equal(kube_event_create(c, &event, &failure, &err), -1);
        assert_int_equal(failure, err.code == ERROR_IO ? KUBE_UNREACHABLE : KUBE_LOCAL);
    }
    kube_client_free(c);
    return err.code == ERROR_IO ? ERROR_NONE : err.code;
}

static bool never(void *arg)
{
    (void)arg;
    fail();
    return false;
}

static enum error_code run_watch(const struct world *world)
{
    struct error err = ERROR_INIT;
    enum kube_failure failure = KUBE_OK;
    struct kube_client *c = NULL;
    if (kube_client_new(&world->set, &c, &err) == 0)
        assert_int_equal(kube_webhook_watch(c, SLICE("hook"), never, NULL, &failure, &err), -1);
    kube_client_free(c);
    return err.code == ERROR_IO ? ERROR_NONE : err.code;
}

/* clang-format off */
static const struct { const char *name; run_fn *run; } cases[] = {
    { "parse",    run_parse },
    { "patch",    run_patch },
    { "settings", run_settings },
    { "new",      run_new },
    { "event",    run_event },
    { "watch",    run_watch },
};
/* clang-format on */

static enum error_code fail_once(const struct world *world, run_fn *run, unsigned long n,
                                 bool *ret_reached)
{
    alloc_fault_start(n);
    enum error_code code = run(world);
    *ret_reached = alloc_fault_calls() >= n;
    alloc_fault_start(0);
    return code;
}

static void each_allocation_may_fail(void **state)
{
    const struct world *world = *state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned long n = 1, told = 0;
        bool reached = true;
        for (; reached && n < ALLOCATIONS_MAX; n++) {
            enum error_code code = fail_once(world, cases[i].run, n, &reached);
            if (code != ERROR_NONE && code != ERROR_NOMEM)
                fail_msg("%s: %s when allocation %lu fails", cases[i].name, error_info(code)->name,
                         n);
            told += code == ERROR_NOMEM;
        }
        assert_true(n < ALLOCATIONS_MAX);
        assert_true(told > 0);
        print_message("# %s: %lu allocations, %lu failures told\n", cases[i].name, n - 2, told);
    }
}

static int set_up(void **state)
{
    static struct world world;
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    world.sock = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(world.sock >= 0);
    assert_int_equal(bind(world.sock, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(getsockname(world.sock, (struct sockaddr *)&at, &len), 0);
    (void)snprintf(world.address, sizeof(world.address), "https://127.0.0.1:%u",
                   ntohs(at.sin_port));
    world.set.address = slice_of(world.address);
    assert_int_equal(setenv("KUBERNETES_SERVICE_HOST", "127.0.0.1", 1), 0);
    assert_int_equal(setenv("KUBERNETES_SERVICE_PORT", "443", 1), 0);
    *state = &world;
    return 0;
}

static int tear_down(void **state)
{
    const struct world *world = *state;
    return close(world->sock);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(each_allocation_may_fail) };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
