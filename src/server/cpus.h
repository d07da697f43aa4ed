#ifndef SRC_SERVER_CPUS_H
#define SRC_SERVER_CPUS_H

/*
 * How many CPUs this process may use: its affinity mask, or less by the CPU quota of its control
 * group (version 1 or 2, its own or an ancestor's), rounded up; at least 1.
 *
 * Source: kernel documentation, cgroup-v2.rst (cpu.max), sched-bwc.rst (cpu.cfs_quota_us).
 */

unsigned cpus_usable(void);

/* The CPUs of the quota below root, as "" for the real one; 0 without a quota.  For tests. */
unsigned cpus_of_quota(const char *root);

#endif
