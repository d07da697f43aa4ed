#include "server/cpus.h"

#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"

#define FILE_MAX 4096

/* Where a group's quota and its period stand, by the hierarchy that /proc/self/cgroup names. */
struct place {
    const char *mount, *quota, *period; /* without period: both in one file */
};

static const struct place unified = { "/sys/fs/cgroup", "cpu.max", NULL };
static const struct place old = { "/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us" };

static bool read_file(const char *root, const char *directory, const char *name, struct buf *out)
{
    char path[PATH_MAX];
    struct error err = ERROR_INIT;
    int n = snprintf(path, sizeof(path), "%s%s/%s", root, directory, name);
    buf_clear(out);
    return n > 0 && n < PATH_MAX && file_read(path, out, &err) == 0;
}

/* Rounded up; 0 when there is none. */
static unsigned cpus_of(struct slice quota, struct slice period)
{
    uint64_t q, p;
    if (num_uint64(slice_trim(quota), &q) != NUM_OK ||
        num_uint64(slice_trim(period), &p) != NUM_OK || q == 0 || p == 0)
        return 0; /* "max" or "-1": no quota */
    uint64_t cpus = (q + p - 1) / p;
    return cpus < UINT_MAX ? (unsigned)cpus : UINT_MAX;
}

static unsigned quota_of_group(const char *root, const struct place *at, const char *directory)
{
    struct buf quota, period;
    unsigned cpus = 0;
    buf_init(&quota, FILE_MAX);
    buf_init(&period, FILE_MAX);
    if (read_file(root, directory, at->quota, &quota)) {
        struct slice rest = buf_slice(&quota);
        if (!at->period) {
            struct slice first = slice_cut(&rest, ' ');
            cpus = cpus_of(first, slice_is_present(rest) ? rest : SLICE(""));
        } else if (read_file(root, directory, at->period, &period)) {
            cpus = cpus_of(rest, buf_slice(&period));
        }
    }
    buf_done(&quota);
    buf_done(&period);
    return cpus;
}

static unsigned least(unsigned a, unsigned b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

/* The group and its ancestors up to the mount; inside a container the path may not be there. */
static unsigned quota_of_path(const char *root, const struct place *at, struct slice group)
{
    char directory[PATH_MAX];
    int n = snprintf(directory, sizeof(directory), "%s" SLICE_FMT, at->mount, SLICE_ARG(group));
    if (n < 0 || n >= PATH_MAX)
        return 0;
    unsigned cpus = 0;
    size_t top = strlen(at->mount);
    while (true) {
        cpus = least(cpus, quota_of_group(root, at, directory));
        char *slash = strrchr(directory + top, '/');
        if (!slash)
            return cpus;
        *slash = '\0';
    }
}

static bool has_cpu(struct slice controllers)
{
    while (slice_is_present(controllers))
        if (slice_equal(slice_cut(&controllers, ','), SLICE("cpu")))
            return true;
    return false;
}

unsigned cpus_of_quota(const char *root)
{
    struct buf text;
    unsigned cpus = 0;
    buf_init(&text, FILE_MAX);
    if (read_file(root, "/proc/self", "cgroup", &text)) {
        struct slice rest = buf_slice(&text);
        while (slice_is_present(rest)) { /* "number:controllers:path" */
            struct slice line = slice_cut(&rest, '\n');
            (void)slice_cut(&line, ':');
            struct slice controllers = slice_is_present(line) ? slice_cut(&line, ':') : line;
            if (!slice_is_present(line))
                continue;
            if (controllers.len == 0)
                cpus = least(cpus, quota_of_path(root, &unified, line));
            else if (has_cpu(controllers))
                cpus = least(cpus, quota_of_path(root, &old, line));
        }
    }
    buf_done(&text);
    return cpus;
}

unsigned cpus_usable(void)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    unsigned cpus =
        sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : least((unsigned)CPU_COUNT(&set), 0);
    return least(cpus > 0 ? cpus : 1, cpus_of_quota(""));
}
