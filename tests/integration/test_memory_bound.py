"""What hostile clients can make of the memory with the limits as they are by default, while a good one is answered.

As many threads as can be busy at a time, each with a connection after the other.
"""

import contextlib
import json
import pathlib
import threading

import pytest

from daemon import keyhook, post, review
from scrape import plain, value, wait_for_value

PLAIN = "-plain-listen=127.0.0.1:0"
WORKERS = 2
CLIENTS = 96
ROUNDS = 2
BODY_MAX = 8 << 20
GOOD = 60  # requests of the good client at least
UNFINISHED = 10  # bytes that never come
# Program, connections of this test, -bodies-limit, and for each worker what one review takes.
BOUND_MB = 16 + 8 + 64 + WORKERS * 96
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
KINDS = {
    "unfinished": post(SPACES)[:-UNFINISHED],
    "chunked": chunked(SPACES),
    "many-values": post(filled(SMALL[:-1] + b',"x":[', b"0,", b"0]}")),
    "large-answers": post(large(70, 60000)),
    "largest-answers": post(large(130, 60000)),
    "repeated": post(repeated(900, 20000)),
    "unfinished-small": post(b" " * 65000)[:-UNFINISHED],
}


def memory_mb(daemon, name):
    text = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text(encoding="ascii")
    line, = [line for line in text.split("\n") if line.startswith(name + ":")]
    return int(line.split()[1]) // 1024


def has_sanitizer():
    program = pathlib.Path(keyhook()).read_bytes()
    return b"__asan_init" in program or b"__tsan_init" in program


def attack(daemon, request, barrier):
    """One hostile client: sends what it can, reads nothing until it is ended."""
    for _ in range(ROUNDS):
        with contextlib.suppress(OSError), daemon.connect() as sock:
            sock.sendall(request)
            with contextlib.suppress(threading.BrokenBarrierError):
                barrier.wait(3)
            sock.recv(1)


@pytest.mark.parametrize("kind", KINDS)
def test_memory_is_bounded(start, kind):
    daemon = start(PLAIN, f"-workers={WORKERS}")
    barrier = threading.Barrier(CLIENTS)
    threads = [threading.Thread(target=attack, args=(daemon, KINDS[kind], barrier)) for _ in range(CLIENTS)]
    for thread in threads:
        thread.start()
    good = 0
    while good < GOOD or any(thread.is_alive() for thread in threads):
        assert daemon.mutate(review())["response"]["allowed"] is True
        good += 1
    for thread in threads:
        thread.join()
    peak = memory_mb(daemon, "VmHWM")
    print(f"{kind}: {peak} MB at most, bound {BOUND_MB}; {good} good requests; shed:"
          f" {value(daemon, 'keyhook_shed_requests_total', reason='bodies-limit'):.0f}; RSS after {memory_mb(daemon, 'VmRSS')}")
    assert peak < BOUND_MB or has_sanitizer()
    wait_for_value(daemon, 0, "keyhook_bodies_held_bytes")
