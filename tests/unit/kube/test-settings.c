/* Settings, names, the token's age by a clock of our own, and the table of failures. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "kube/client.h"

#define MEMORY_MAX ((size_t)64 << 10)

static int64_t clock_us = 1;

/* The name is the linker's. */
/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int64_t __wrap_time_boot_us(void);

int64_t __wrap_time_boot_us(void)
{
    return clock_us;
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* A service-account directory of its own. */
struct place {
    char dir[64];
};

static const char *const names[] = { "token", "ca.crt", "namespace" };

static const char *path_of(const struct place *place, const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof(path), "%s/%s", place->dir, name);
    return path;
}

static void put_file(const struct place *place, const char *name, const char *text)
{
    FILE *file = fopen(path_of(place, name), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static int set_up(void **state)
{
    static struct place place;
    (void)snprintf(place.dir, sizeof(place.dir), "/tmp/keyhook-test-kube-XXXXXX");
    assert_non_null(mkdtemp(place.dir));
    *state = &place;
    return 0;
}

static int tear_down(void **state)
{
    const struct place *place = *state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        (void)unlink(path_of(place, names[i]));
    return rmdir(place->dir);
}

static void set_environment(const char *host, const char *port)
{
    assert_int_equal(
        host ? setenv("KUBERNETES_SERVICE_HOST", host, 1) : unsetenv("KUBERNETES_SERVICE_HOST"), 0);
    assert_int_equal(
        port ? setenv("KUBERNETES_SERVICE_PORT", port, 1) : unsetenv("KUBERNETES_SERVICE_PORT"), 0);
}

/* --- settings ---------------------------------------------------------------------------------- */

static void addresses(void **state)
{
    static const struct {
        const char *host, *port, *address; /* NULL: refused */
    } rows[] = {
        { "10.96.0.1", "443", "https://10.96.0.1:443" },
        { "fd00::1", "6443", "https://[fd00::1]:6443" },
        { "[fd00::1]", "6443", "https://[fd00::1]:6443" },
        { "api.example", "65535", "https://api.example:65535" },
        { NULL, NULL, NULL },
        { NULL, "443", NULL },
        { "10.96.0.1", NULL, NULL },
        { "", "443", NULL },
        { "10.96.0.1", "", NULL },
        { "10.96.0.1", "0", NULL },
        { "10.96.0.1", "65536", NULL },
        { "10.96.0.1", "-1", NULL },
        { "10.96.0.1", "443/x", NULL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct kube_settings set = { 0 };
        struct error err = ERROR_INIT;
        struct buf memory;
        buf_init(&memory, MEMORY_MAX);
        set_environment(rows[i].host, rows[i].port);
        int rc = kube_settings_in_cluster(SLICE_ABSENT, &memory, &set, &err);
        assert_int_equal(rc, rows[i].address ? 0 : -1);
        if (rc == 0) {
            assert_true(slice_equal(set.address, slice_of(rows[i].address)));
            assert_string_equal(set.token_file.ptr,
                                "/var/run/secrets/kubernetes.io/serviceaccount/token");
            assert_string_equal(set.ca_file.ptr,
                                "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt");
        } else {
            assert_int_equal(err.code, ERROR_USAGE);
            assert_false(slice_is_present(set.address));
        }
        buf_done(&memory);
    }
}

static void a_directory_of_ones_own(void **state)
{
    const struct place *place = *state;
    set_environment("10.96.0.1", "443");
    for (int has_namespace = 0; has_namespace < 2; has_namespace++) {
        struct kube_settings set = { 0 };
        struct error err = ERROR_INIT;
        struct buf memory;
        buf_init(&memory, MEMORY_MAX);
        if (has_namespace)
            put_file(place, "namespace", "apps\n");
        assert_int_equal(kube_settings_in_cluster(slice_of(place->dir), &memory, &set, &err), 0);
        assert_string_equal(set.token_file.ptr, path_of(place, "token"));
        assert_int_equal(slice_is_present(set.namespace), has_namespace);
        assert_true(slice_equal(set.namespace, has_namespace ? SLICE("apps") : SLICE("")));
        buf_done(&memory);
    }
}

static void memory_that_is_too_small(void **state)
{
    struct kube_settings set = { 0 };
    struct error err = ERROR_INIT;
    struct buf memory;
    (void)state;
    set_environment("10.96.0.1", "443");
    buf_init(&memory, 40);
    assert_int_equal(kube_settings_in_cluster(SLICE_ABSENT, &memory, &set, &err), -1);
    assert_int_equal(err.code, ERROR_LIMIT);
    buf_done(&memory);
}

static void clients_of_bad_addresses(void **state)
{
    static const char *const addresses[] = { "",
                                             "10.96.0.1",
                                             "http://10.96.0.1:80",
                                             "https://user:canary@10.96.0.1",
                                             "https://a b",
                                             "https://10.96.0.1?x" };
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        struct kube_settings set = { .address = slice_of(addresses[i]) };
        struct kube_client *c = NULL;
        struct error err = ERROR_INIT;
        assert_int_equal(kube_client_new(&set, &c, &err), -1);
        assert_int_equal(err.code, ERROR_USAGE);
        assert_null(strstr(err.msg, "canary"));
        assert_null(c);
    }
}

static void names_of_objects(void **state)
{
    static const char *const good[] = { "a", "0", "a.b-c.d9", "vault-agent-injector-cfg" };
    static const char *const wrong[] = { "",    ".",  "..",   ".a", "a.",       "A",    "a/b",
                                         "a b", "a?", "a%2f", "a#", "\xc3\xa4", "a\nb", "a_b" };
    char longest[KUBE_NAME_MAX + 1];
    struct error err = ERROR_INIT;
    (void)state;
    memset(longest, 'a', sizeof(longest));
    assert_int_equal(kube_check_name((struct slice){ longest, KUBE_NAME_MAX }, "x", &err), 0);
    assert_int_equal(kube_check_name((struct slice){ longest, KUBE_NAME_MAX + 1 }, "x", &err), -1);
    assert_int_equal(kube_check_name(SLICE_ABSENT, "x", &err), -1);
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_int_equal(kube_check_name(slice_of(good[i]), "x", &err), 0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(kube_check_name(slice_of(wrong[i]), "x", &err), -1);
}

/* --- tokens ------------------------------------------------------------------------------------ */

static void assert_bearer(struct kube_client *c, const char *want)
{
    struct error err = ERROR_INIT;
    assert_int_equal(kube_token_get(c, &err), 0);
    assert_true(slice_equal(buf_slice(&c->bearer), slice_of(want)));
}

static void a_token_is_read_again_when_it_is_old(void **state)
{
    const struct place *place = *state;
    char path[128];
    (void)snprintf(path, sizeof(path), "%s", path_of(place, "token"));
    struct kube_settings set = { .address = SLICE("https://localhost"),
                                 .token_file = slice_of(path) };
    struct error err = ERROR_INIT;
    CLEANUP(kube_client_free) struct kube_client *c = NULL;
    assert_int_equal(kube_client_new(&set, &c, &err), 0);
    assert_int_equal(kube_token_get(c, &err), -1); /* there is none yet */
    put_file(place, "token", " \n one\r\n");
    assert_bearer(c, "Bearer one");
    put_file(place, "token", "two");
    clock_us += KUBE_TOKEN_AGE_MAX - 1;
    assert_bearer(c, "Bearer one");
    clock_us += 1;
    assert_bearer(c, "Bearer two");
    put_file(place, "token", "not one word");
    clock_us += 10 * KUBE_TOKEN_AGE_MAX;
    assert_bearer(c, "Bearer two");
    put_file(place, "token", "three");
    assert_bearer(c, "Bearer three"); /* at once, for the old one is old still */
    put_file(place, "token", "four");
    kube_token_drop(c);
    assert_bearer(c, "Bearer four");
}

static void anonymous_calls_need_no_file(void **state)
{
    struct kube_settings set = { .address = SLICE("https://localhost/") };
    struct error err = ERROR_INIT;
    CLEANUP(kube_client_free) struct kube_client *c = NULL;
    (void)state;
    assert_int_equal(kube_client_new(&set, &c, &err), 0);
    assert_int_equal(kube_token_get(c, &err), 0);
    assert_int_equal(c->bearer.len, 0);
    assert_true(slice_equal(c->set.address, SLICE("https://localhost")));
}

/* --- failures ---------------------------------------------------------------------------------- */

static void each_failure_has_a_name_and_advice(void **state)
{
    (void)state;
    for (int i = 0; i < KUBE_FAILURE__COUNT; i++) {
        const struct kube_failure_info *info = kube_failure_info((enum kube_failure)i);
        assert_non_null(info->name);
        assert_true(info->name[strspn(info->name, "abcdefghijklmnopqrstuvwxyz_")] == 0);
        assert_int_equal(info->advice[0] == 0, i == KUBE_OK);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(info->name, kube_failure_info((enum kube_failure)j)->name);
    }
}

static void statuses(void **state)
{
    static const struct {
        unsigned from, to;
        enum kube_failure failure;
    } rows[] = {
        { 0, 199, KUBE_PROTOCOL },    { 200, 299, KUBE_OK },           { 300, 399, KUBE_PROTOCOL },
        { 400, 400, KUBE_INVALID },   { 401, 401, KUBE_UNAUTHORIZED }, { 402, 402, KUBE_PROTOCOL },
        { 403, 403, KUBE_FORBIDDEN }, { 404, 404, KUBE_NOT_FOUND },    { 405, 408, KUBE_PROTOCOL },
        { 409, 409, KUBE_CONFLICT },  { 410, 410, KUBE_EXPIRED },      { 413, 413, KUBE_INVALID },
        { 415, 415, KUBE_INVALID },   { 422, 422, KUBE_INVALID },      { 429, 429, KUBE_THROTTLED },
        { 500, 599, KUBE_SERVER },    { 600, 999, KUBE_PROTOCOL },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        for (unsigned status = rows[i].from; status <= rows[i].to; status++)
            assert_int_equal(kube_failure_of(status), rows[i].failure);
}

/* Above the minute between two bookmarks, below the life of a watch: one that is half open is noticed. */
static void a_silent_watch_has_an_end(void **state)
{
    static const int64_t rows[][2] = { { 0, 90000000 }, { 7, 7 } };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct error err = ERROR_INIT;
        struct kube_settings set = { .address = SLICE("https://h"), .watch_silence = rows[i][0] };
        CLEANUP(kube_client_free) struct kube_client *c = NULL;
        assert_int_equal(kube_client_new(&set, &c, &err), 0);
        assert_int_equal(c->set.watch_silence, rows[i][1]);
        assert_true(c->set.watch_silence < c->set.watch_life);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses),
        cmocka_unit_test_setup_teardown(a_directory_of_ones_own, set_up, tear_down),
        cmocka_unit_test(memory_that_is_too_small),
        cmocka_unit_test(clients_of_bad_addresses),
        cmocka_unit_test(names_of_objects),
        cmocka_unit_test_setup_teardown(a_token_is_read_again_when_it_is_old, set_up, tear_down),
        cmocka_unit_test(anonymous_calls_need_no_file),
        cmocka_unit_test(each_failure_has_a_name_and_advice),
        cmocka_unit_test(statuses),
        cmocka_unit_test(a_silent_watch_has_an_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
