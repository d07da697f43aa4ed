"""What hostile clients can make of the memory with the limits as they are by default, while a good one is answered.

As many threads as can be busy at a time, each with a connection after the other.
"""

import contextlib
import json
import pathlib
import threading

import pytest

from daemon import HANG_GUARD, keyhook, post, review
from scrape import value, wait_for_value

PLAIN = "-plain-listen=127.0.0.1:0"
WORKERS = 2
BODY_MAX = 8 << 20
GOOD = 60  # requests of the good client while they send
UNFINISHED = 10  # bytes that never come
# Program, connections of this test, -bodies-limit, and for each worker what one review takes.
BOUND_MB = 16 + 8 + 64 + WORKERS * 64
SMALL = json.dumps(review()).encode()


def filled(text, filler, end):
    """A body of the largest size: the filler again and again between the two."""
    return text + filler * ((BODY_MAX - len(text) - len(end)) // len(filler)) + end


def large(count, size):
    wanted = {f"vault.hashicorp.com/agent-inject-template-db{i}": "x" * size for i in range(count)}
    return json.dumps(review(annotations=wanted)).encode()


def repeated(count, size):
    """A little that is needed again and again."""
    wanted = {f"vault.hashicorp.com/agent-inject-secret-db{i}": "kv/x" for i in range(count)}
    wanted["vault.hashicorp.com/secret-volume-path"] = "/" + "y" * size
    return json.dumps(review(annotations=wanted)).encode()


def chunked(data):
    head = post(b"", "Transfer-Encoding: chunked", length=False)
    return head + b"".join(b"10000\r\n" + data[i:i + 65536] + b"\r\n"
                           for i in range(0, len(data) - 65536, 65536))


SPACES = filled(SMALL, b" ", b"")
# What each of them sends, and how many there are.
KINDS = {
    "unfinished": (40, post(SPACES)[:-UNFINISHED]),
    "chunked": (40, chunked(SPACES)),
    "many-values": (12, post(filled(SMALL[:-1] + b',"x":[', b"0,", b"0]}"))),
    "large-answers": (24, post(large(40, 60000))),
    "repeated": (24, post(repeated(250, 11000))),
    "small": (100, post(b" " * 65000)[:-UNFINISHED]),
}


ALL = [(count // 2, request) for count, request in KINDS.values()]


def memory_mb(daemon, name):
    text = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    line, = [line for line in text.split("\n") if line.startswith(name + ":")]
    return int(line.split()[1]) // 1024


def has_sanitizer():
    program = pathlib.Path(keyhook()).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def attack(daemon, request, sent, is_over):
    """One hostile client: sends what it can and reads nothing until all have sent."""
    with contextlib.suppress(OSError), daemon.connect() as sock:
        try:
            sock.sendall(request)
        finally:
            sent.release()
        is_over.wait(HANG_GUARD)


@pytest.mark.parametrize("kind", [*KINDS, "all"])
def test_memory_is_bounded(start, kind):
    daemon = start(PLAIN, f"-workers={WORKERS}", "-request-timeout=1h")
    hostile = [request for count, request in (ALL if kind == "all" else [KINDS[kind]]) for _ in range(count)]
    sent, is_over = threading.Semaphore(0), threading.Event()
    threads = [threading.Thread(target=attack, args=(daemon, one, sent, is_over)) for one in hostile]
    for thread in threads:
        thread.start()
    for _ in range(GOOD):
        assert daemon.mutate(review())["response"]["allowed"] is True
    for _ in hostile:
        assert sent.acquire(timeout=HANG_GUARD)
        assert daemon.mutate(review())["response"]["allowed"] is True
    is_over.set()
    for thread in threads:
        thread.join()
    wait_for_value(daemon, 0, "keyhook_bodies_held_bytes")
    peak = memory_mb(daemon, "VmHWM")
    print(f"{kind}: {peak} MB at most, bound {BOUND_MB}")
    assert peak < BOUND_MB or has_sanitizer()
