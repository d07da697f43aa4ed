/* The CPU quota of control groups, from trees of files made for the test. */

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/cpus.h"
#include "server/server.h"

#define PATH_SIZE 512

static char root[] = "/tmp/keyhook-test-cpus-XXXXXX";

static int set_up(void **state)
{
    (void)state;
    memcpy(root + sizeof(root) - 7, "XXXXXX", 6);
    return mkdtemp(root) ? 0 : -1;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void put(const char *path, const char *text)
{
    char full[PATH_SIZE];
    snprintf(full, sizeof(full), "%s%s", root, path);
    for (char *at = full + strlen(root) + 1; (at = strchr(at, '/')); at++) {
        *at = '\0';
        (void)mkdir(full, 0700);
        *at = '/';
    }
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

#define GROUP "/proc/self/cgroup"
#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/cpu"

static void test_nothing_known(void **state)
{
    (void)state;
    assert_int_equal(cpus_of_quota(root), 0);
    put(GROUP, "");
    assert_int_equal(cpus_of_quota(root), 0);
    put(GROUP, "0::/a\nnonsense\n3:cpu\n");
    assert_int_equal(cpus_of_quota(root), 0);
}

static void test_version_2(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned cpus;
    } rows[] = {
        { "max 100000\n", 0 },    { "100000 100000\n", 1 },
        { "150000 100000\n", 2 }, { "10000 100000\n", 1 },
        { "400000 100000\n", 4 }, { "100000 0\n", 0 },
        { "0 100000\n", 0 },      { "x 100000\n", 0 },
        { "100000\n", 0 },        { "", 0 },
    };
    put(GROUP, "0::/kubepods/pod1\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        put(V2 "/kubepods/pod1/cpu.max", rows[i].text);
        if (cpus_of_quota(root) != rows[i].cpus)
            fail_msg("%s: %u", rows[i].text, cpus_of_quota(root));
    }
}

static void test_ancestors_count(void **state)
{
    (void)state;
    put(GROUP, "0::/kubepods/pod1/container\n");
    put(V2 "/kubepods/pod1/container/cpu.max", "max 100000");
    put(V2 "/kubepods/pod1/cpu.max", "300000 100000");
    assert_int_equal(cpus_of_quota(root), 3);
    put(V2 "/kubepods/cpu.max", "200000 100000");
    assert_int_equal(cpus_of_quota(root), 2);
    put(V2 "/kubepods/pod1/container/cpu.max", "50000 100000");
    assert_int_equal(cpus_of_quota(root), 1);
}

/* In a container the path of the host is not there, and the mount is the container's own group. */
static void test_container(void **state)
{
    (void)state;
    put(GROUP, "0::/\n");
    put(V2 "/cpu.max", "250000 100000");
    assert_int_equal(cpus_of_quota(root), 3);
    put(GROUP, "0::/somewhere/on/the/host\n");
    assert_int_equal(cpus_of_quota(root), 3);
}

static void test_version_1(void **state)
{
    (void)state;
    put(GROUP, "9:name=systemd:/\n2:cpu,cpuacct:/docker/x\n0::/\n");
    put(V1 "/docker/x/cpu.cfs_quota_us", "-1\n");
    put(V1 "/docker/x/cpu.cfs_period_us", "100000\n");
    assert_int_equal(cpus_of_quota(root), 0);
    put(V1 "/docker/x/cpu.cfs_quota_us", "120000\n");
    assert_int_equal(cpus_of_quota(root), 2);
    put(V2 "/cpu.max", "100000 100000\n"); /* both: the lesser */
    assert_int_equal(cpus_of_quota(root), 1);
    put(GROUP, "2:cpuacct,cpuset:/docker/x\n");
    assert_int_equal(cpus_of_quota(root), 0);
}

static void test_this_machine(void **state)
{
    (void)state;
    assert_true(cpus_usable() >= 1 && cpus_usable() <= (unsigned)sysconf(_SC_NPROCESSORS_CONF));
    assert_true(server_default_workers() >= 1 && server_default_workers() <= SERVER_WORKERS_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_known), TEST(test_version_2), TEST(test_ancestors_count),
        TEST(test_container),     TEST(test_version_1), TEST(test_this_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
