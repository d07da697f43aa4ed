"""`keyhook inject` when memory runs out: each allocation fails once; no crash, no half output."""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYHOOK = os.environ.get("KEYHOOK", os.path.join(ROOT, "build", "keyhook"))
ATTEMPTS_MAX = 5000

# Fails allocation number $FAIL_AT of those that follow the first read of the input; 0: none.
FAILING = r"""
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
static long left;
ssize_t read(int fd, void *to, size_t n)
{
    static int has_begun;
    if (fd == 0 && !has_begun++)
        left = strtol(getenv("FAIL_AT"), NULL, 10);
    return syscall(SYS_read, fd, to, n);
}
static int fails(void)
{
    if (left <= 0 || --left > 0)
        return 0;
    errno = ENOMEM;
    return 1;
}
void *malloc(size_t n) { return fails() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return fails() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return fails() ? NULL : __libc_realloc(p, n); }
void *reallocarray(void *p, size_t n, size_t m) { return fails() ? NULL : __libc_realloc(p, n * m); }
"""

POD = """apiVersion: v1
kind: Pod
metadata: &m
  name: p
  annotations:
    vault.hashicorp.com/agent-inject: "true"
    vault.hashicorp.com/role: "w\\x65b"
    vault.hashicorp.com/agent-inject-secret-db: kv/web
x: {<<: *m, 1: 2}
spec: {containers: [{name: app}]}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    (folder / "fail.c").write_text(FAILING)
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-O1", "-o", str(folder / "fail.so"),
                    str(folder / "fail.c")], check=True, timeout=60)
    return str(folder / "fail.so")


def run(library, fail_at, args):
    env = {"AGENT_INJECT_VAULT_ADDR": "https://vault.example:8200", "LD_PRELOAD": library,
           "FAIL_AT": str(fail_at), "PATH": os.environ["PATH"]}
    return subprocess.run([KEYHOOK, "inject", *args], input=POD.encode(), capture_output=True, env=env,
                          timeout=60, check=False)


@pytest.mark.parametrize("args", [(), ("-diff",), ("-o", "json")], ids=["yaml", "diff", "json"])
def test_each_allocation_fails(library, args):
    good = run(library, 0, args)
    assert good.returncode == 0 and good.stdout
    failures = 0
    for fail_at in range(1, ATTEMPTS_MAX):
        done = run(library, fail_at, args)
        assert done.returncode >= 0, "killed by signal %d at allocation %d" % (-done.returncode, fail_at)
        if done.returncode == 0:
            assert done.stdout == good.stdout, fail_at
            if fail_at > failures + 50:
                break
            continue
        failures = fail_at
        assert done.stdout == b"", fail_at
        assert done.returncode == 1 and b": out of memory\n" in done.stderr, (fail_at, done.stderr)
    assert failures > 20
