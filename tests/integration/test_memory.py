"""Memory that runs out in one request is that request's trouble alone."""

import json
import pathlib
import resource

import pytest

from daemon import keyhook, review

JSON = {"Content-Type": "application/json"}
ROOM = 2 << 20  # bytes left: enough for small requests, not for a large body
LARGE = 7 << 20


def data_size(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").split("\n")
    line, = [line for line in lines if line.startswith("VmData:")]
    return int(line.split()[1]) * 1024


def has_address_sanitizer():
    return b"__asan_init" in pathlib.Path(keyhook()).read_bytes()


@pytest.mark.skipif(has_address_sanitizer(), reason="its own allocator ends the process instead")
def test_large_body_without_memory(start):
    daemon = start(env={"TSAN_OPTIONS": "allocator_may_return_null=1"})
    body = json.dumps(review()).encode()
    large = body + b" " * (LARGE - len(body))
    for _ in range(4):  # every thread has what it keeps
        assert daemon.request("POST", "/mutate", body, JSON)[0] == 200
    pid = daemon.process.pid
    _, hard = resource.prlimit(pid, resource.RLIMIT_DATA)
    resource.prlimit(pid, resource.RLIMIT_DATA, (data_size(pid) + ROOM, hard))
    status, headers, text = daemon.request("POST", "/mutate", large, JSON)
    assert (status, text) == (503, b"out of memory\n")
    assert headers["Retry-After"] == "1"
    assert daemon.request("POST", "/mutate", body, JSON)[0] == 200
    resource.prlimit(pid, resource.RLIMIT_DATA, (hard, hard))
    assert daemon.request("POST", "/mutate", large, JSON)[0] == 200
