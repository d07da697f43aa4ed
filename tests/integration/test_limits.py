"""Every limit: that it holds, that its metric counts it, that well-behaved clients do not notice."""

import contextlib
import itertools
import json
import resource
import socket
import ssl
import time

import pytest

from daemon import HANG_GUARD, post, read_answer, review, split_answers, wait_for
from scrape import closed, plain, turned_away, value, wait_closed, wait_for_value, wait_turned_away

BODY = json.dumps(review()).encode()
PLAIN = "-plain-listen=127.0.0.1:0"
CONNECTIONS = "keyhook_connections"


def answer(sock, request=None):
    """One request on an open connection; its (status, headers, body)."""
    sock.sendall(request or post(BODY))
    return read_answer(sock)


def has_ended(sock):
    """Whether the other side has closed; waits for nothing else."""
    sock.settimeout(0.05)
    try:
        return sock.recv(1) == b""
    except TimeoutError:
        return False
    except (ConnectionResetError, ssl.SSLError):
        return True
    finally:
        with contextlib.suppress(OSError):
            sock.settimeout(HANG_GUARD)


def waits_for_end(*socks):
    for sock in socks:
        wait_for(lambda s=sock: has_ended(s), "the connection to end")


def tcp(daemon):
    return socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD)


# --- connections


def test_oldest_without_a_request_makes_room(start):
    daemon = start(PLAIN, "-workers=1", "-connections-per-worker=4")
    with contextlib.ExitStack() as stack:
        used = stack.enter_context(daemon.connect())
        assert answer(used)[0] == 200
        waiting = []
        for i in range(3):
            waiting.append(stack.enter_context(daemon.connect()))
            wait_for_value(daemon, 2 + i, CONNECTIONS, port="tls")
        fresh = stack.enter_context(daemon.connect())
        waits_for_end(waiting[0])
        assert not has_ended(waiting[1]) and not has_ended(waiting[2])
        assert answer(fresh)[0] == 200
        assert answer(used)[0] == 200
        wait_closed(daemon, "connections-per-worker", 1)
        assert turned_away(daemon, "connections-per-worker") == 0


def test_half_open_connections_make_room(start):
    """TCP without TLS, part of a ClientHello, part of a head: none of them has a request."""
    daemon = start(PLAIN, "-workers=1", "-connections-per-worker=3")
    with contextlib.ExitStack() as stack:
        for data in (b"", b"\x16\x03\x01"):
            sock = stack.enter_context(tcp(daemon))
            sock.sendall(data)
        stack.enter_context(daemon.connect()).sendall(b"POST /mutate HTTP/1.1\r\nHost: a\r\n")
        wait_for_value(daemon, 3, CONNECTIONS, port="tls")
        for _ in range(3):
            assert answer(stack.enter_context(daemon.connect()))[0] == 200
        wait_closed(daemon, "connections-per-worker", 3)


def test_longest_idle_makes_room_when_all_are_used(start):
    daemon = start(PLAIN, "-workers=1", "-connections-per-worker=3")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(3)]
        for sock in (socks[0], socks[1], socks[2], socks[0]):
            assert answer(sock)[0] == 200
        assert answer(stack.enter_context(daemon.connect()))[0] == 200
        waits_for_end(socks[1])
        assert answer(socks[0])[0] == 200 and answer(socks[2])[0] == 200


def test_requests_in_flight_are_never_closed_for_others(start):
    daemon = start(PLAIN, "-workers=1", "-connections-per-worker=3")
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(3)]
        for sock in socks:
            sock.sendall(post(BODY)[:-10])
        wait_for_value(daemon, 3, "keyhook_requests_in_flight")
        with pytest.raises((OSError, ssl.SSLError)):
            stack.enter_context(daemon.connect())
        wait_turned_away(daemon, "connections-per-worker", 1)
        for sock in socks:
            assert answer(sock, BODY[-10:])[0] == 200
        assert closed(daemon, "connections-per-worker") == 0


def test_many_more_than_the_limit(start):
    """libmicrohttpd 0.9.75 hangs when connections are added beyond its own limit: ours comes first."""
    daemon = start(PLAIN, "-workers=2", "-connections-per-worker=4")
    with contextlib.ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(tcp(daemon))
        for _ in range(5):
            assert daemon.mutate(review())["response"]["allowed"] is True
        assert value(daemon, CONNECTIONS, port="tls") <= 8


def test_connections_per_source(start):
    daemon = start(PLAIN, "-connections-per-source=2")
    with contextlib.ExitStack() as stack:
        first = [stack.enter_context(daemon.connect()) for _ in range(2)]
        with pytest.raises((OSError, ssl.SSLError)):
            stack.enter_context(daemon.connect())
        wait_turned_away(daemon, "connections-per-source", 1)
        other = socket.create_connection(("127.0.0.1", daemon.port), HANG_GUARD, ("127.0.0.2", 0))
        other = stack.enter_context(daemon.tls_context().wrap_socket(other, server_hostname="localhost"))
        assert answer(other)[0] == 200
        first.pop().close()
        wait_for_value(daemon, 2, CONNECTIONS, port="tls")
        assert answer(stack.enter_context(daemon.connect()))[0] == 200


def test_no_descriptors_left(start):
    """Who comes while there is none waits, and somebody without a request goes."""
    daemon = start(PLAIN, "-workers=1", preexec=lambda: limit_files(48))
    with contextlib.ExitStack() as stack:
        for _ in range(80):
            stack.enter_context(tcp(daemon))
        wait_for(lambda: closed(daemon, "file-descriptors") > 0, "the first one to go")
        assert answer(stack.enter_context(daemon.connect()))[0] == 200


def limit_files(count):
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, count))


# --- times


def test_handshake_timeout(start):
    daemon = start(PLAIN, "-handshake-timeout=300ms")
    with tcp(daemon) as silent, tcp(daemon) as partial, tcp(daemon) as slow:
        partial.sendall(b"\x16\x03\x01")
        with contextlib.suppress(OSError):
            trickle(slow, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc" + bytes(1000))
        waits_for_end(silent, partial)
    wait_closed(daemon, "handshake-timeout", 3)
    wait_for_value(daemon, 3, "keyhook_tls_handshake_failures_total", reason="timeout")
    assert daemon.is_alive()


HEAD = post(b"", f"Content-Length: {len(BODY)}", length=False)


def trickle(sock, data):
    end = time.monotonic() + HANG_GUARD
    for byte in data:
        sock.sendall(bytes([byte]))
        time.sleep(0.01)
        assert time.monotonic() < end, "nobody ends this"


@pytest.mark.parametrize("request_bytes", [
    pytest.param(b"X" * 4000, id="request line"),
    pytest.param(post(BODY).replace(b"\r\n\r\n", b"\r\nX-A: " + b"a" * 4000), id="head"),
    pytest.param(HEAD + b" " * 400, id="body")])
def test_request_timeout_is_not_renewed_by_a_trickle(start, request_bytes):
    daemon = start(PLAIN, "-request-timeout=500ms")
    with daemon.connect() as sock, daemon.connect() as good:
        at_once = request_bytes.find(b"\r\n\r\n") + 4
        sock.sendall(request_bytes[:at_once])
        with pytest.raises((OSError, ssl.SSLError)):
            trickle(sock, request_bytes[at_once:] * 10)
        assert answer(good)[0] == 200
    wait_closed(daemon, "request-timeout", 1)


def test_idle_timeout(start):
    daemon = start(PLAIN, "-idle-timeout=400ms")
    with daemon.connect() as parked, daemon.connect() as used:
        assert answer(used)[0] == 200
        waits_for_end(parked, used)
    wait_closed(daemon, "idle-timeout", 2)


def test_answer_timeout(start):
    """Who never reads a large answer is not waited for."""
    daemon = start(PLAIN, "-request-timeout=500ms", "-workers=1")
    wanted = {f"vault.hashicorp.com/agent-inject-template-db{i}": "x" * 60000 for i in range(40)}
    body = json.dumps(review(annotations=wanted)).encode()
    with daemon.connect() as sock:
        sock.sendall(post(body))
        wait_for(lambda: closed(daemon, "answer-timeout") == 1, "the end of a connection")
        assert daemon.is_alive()


def test_requests_per_connection(start):
    daemon = start(PLAIN, "-requests-per-connection=3")
    with daemon.connect() as sock:
        connection = [answer(sock)[1].get("connection", "").lower() for _ in range(3)]
        assert connection[:2] != ["close", "close"] and connection[2] == "close"
        assert "close" not in connection[:2]
        waits_for_end(sock)
    wait_closed(daemon, "requests-per-connection", 1)


def test_connection_age(start):
    daemon = start(PLAIN, "-connection-age=1s")
    with daemon.connect() as sock:
        assert answer(sock)[1].get("connection", "").lower() != "close"
        time.sleep(1.2)
        assert answer(sock)[1]["connection"].lower() == "close"
        waits_for_end(sock)
    wait_closed(daemon, "connection-age", 1)


def test_connection_ages_differ(start):
    """Clients that came together do not leave together; all alike, they would go in the order they came."""
    daemon = start("-connection-age=4s")
    ends, count = {}, 20
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(count)]
        for turn in itertools.count():
            for number in set(range(count)) - set(ends):
                if answer(socks[number])[1].get("connection", "").lower() == "close":
                    ends[number] = turn
            if len(ends) == count:
                break
    assert any(ends[early] > ends[late] + 1 for late in range(count) for early in range(late)), ends


# --- sizes and numbers


def test_header_limit(start):
    daemon = start(PLAIN, "-header-limit=8192")
    small = post(BODY, "Connection: close", "X-A: " + "a" * 2000)
    large = post(BODY, "Connection: close", "X-A: " + "a" * 9000)
    assert split_answers(daemon.raw(small))[0][0] == 200
    assert daemon.raw(large).split(b" ")[1] in (b"431", b"413")
    wait_for_value(daemon, 1, "keyhook_refused_requests_total", status="431")


def test_in_flight_limit(start):
    daemon = start(PLAIN, "-workers=1", "-in-flight-limit=2")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(daemon.connect()) for _ in range(2)]
        for sock in slow:
            sock.sendall(post(BODY)[:-10])
        wait_for_value(daemon, 2, "keyhook_requests_in_flight")
        extra = stack.enter_context(daemon.connect())
        status, headers, text = answer(extra)
        assert (status, text) == (503, b"too many requests in flight\n")
        assert headers["retry-after"] == "1"
        assert answer(extra)[0] == 503
        wait_for_value(daemon, 2, "keyhook_shed_requests_total", reason="in-flight-limit")
        for sock in slow:
            assert answer(sock, BODY[-10:])[0] == 200
        assert answer(extra)[0] == 200
        wait_for_value(daemon, 0, "keyhook_requests_in_flight")


def test_stalled_requests_are_not_in_flight(start):
    daemon = start(PLAIN, "-workers=1", "-in-flight-limit=2", "-connections-per-worker=3")
    with contextlib.ExitStack() as stack:
        slow = [stack.enter_context(daemon.connect()) for _ in range(2)]
        for sock in slow:
            sock.sendall(post(BODY)[:-10])
        wait_for_value(daemon, 2, "keyhook_requests_in_flight")
        wait_for_value(daemon, 0, "keyhook_requests_in_flight")
        assert answer(stack.enter_context(daemon.connect()))[0] == 200
        assert answer(slow[1], BODY[-10:])[0] == 200  # late, but not cut off
        assert answer(stack.enter_context(daemon.connect()))[0] == 200
        waits_for_end(slow[0])
        wait_for_value(daemon, 0, "keyhook_requests_in_flight")


LARGE = BODY + b" " * ((1 << 20) - len(BODY))
HELD = "keyhook_bodies_held_bytes"


@contextlib.contextmanager
def unfinished(daemon, count, body=LARGE, chunked=False):
    """So many connections whose bodies lack their last ten bytes."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(count)]
        for sock in socks:
            if chunked:
                head = post(b"", "Transfer-Encoding: chunked", length=False)
                sock.sendall(head + b"%x\r\n" % len(body) + body[:-10])
            else:
                sock.sendall(post(body)[:-10])
        yield socks


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_bodies_limit(start, chunked):
    """Large bodies may have one half, small ones all; it is given back when the connection ends."""
    daemon = start(PLAIN, "-workers=2", "-body-limit=2097152", "-bodies-limit=4194304")
    with unfinished(daemon, 1, LARGE + LARGE[20:], chunked):
        wait_for_value(daemon, 2 * len(LARGE) - 30, HELD)
        with daemon.connect() as other:
            status, headers, text = answer(other, post(LARGE))
            assert (status, headers["retry-after"]) == (503, "1")
            assert text == b"too many bytes of bodies and answers in memory\n"
            assert answer(other)[0] == 200
            assert answer(other, post(BODY + b" " * (60000 - len(BODY))))[0] == 200
        wait_for_value(daemon, 1, "keyhook_shed_requests_total", reason="bodies-limit")
    assert [e["reason"] for e in daemon.events("request refused")] == [text.decode().strip()]
    wait_for_value(daemon, 0, HELD)
    assert daemon.request("POST", "/mutate", LARGE, {"Content-Type": "application/json"})[0] == 200
    wait_for_value(daemon, 0, HELD)


def test_announced_bodies_cost_nothing(start):
    daemon = start(PLAIN, "-body-limit=2097152", "-bodies-limit=4194304")
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(daemon.connect()).sendall(post(LARGE)[:-len(LARGE) + 1])
        wait_for_value(daemon, 40, "keyhook_requests_in_flight")
        assert value(daemon, HELD) <= 40
        assert daemon.request("POST", "/mutate", LARGE, {"Content-Type": "application/json"})[0] == 200


def test_refused_bodies_are_not_in_flight(start):
    daemon = start(PLAIN, "-workers=1", "-body-limit=1048576", "-bodies-limit=2097152", "-in-flight-limit=2")
    with unfinished(daemon, 1) as taken:
        wait_for_value(daemon, len(LARGE) - 10, HELD)
        with unfinished(daemon, 1) as refused:
            wait_for_value(daemon, 1, "keyhook_shed_requests_total", reason="bodies-limit")
            assert value(daemon, "keyhook_requests_in_flight") == 1
            assert answer(refused[0], LARGE[-10:])[0] == 503
        assert answer(taken[0], LARGE[-10:])[0] == 200
    wait_for_value(daemon, 0, "keyhook_requests_in_flight")
    wait_for_value(daemon, 0, HELD)


def test_stalled_bodies_go_when_memory_is_short(start):
    daemon = start(PLAIN, "-body-limit=1048576", "-bodies-limit=2097152", "-request-timeout=1h")
    with unfinished(daemon, 1) as socks:
        waits_for_end(*socks)
    wait_closed(daemon, "bodies-limit", 1)
    wait_for_value(daemon, 0, HELD)


@contextlib.contextmanager
def unread(daemon, count):
    """So many connections that do not read their answers of 8 MB, which no socket's buffers hold."""
    wanted = {f"vault.hashicorp.com/agent-inject-template-db{i}": "x" * 60000 for i in range(40)}
    request = post(json.dumps(review(annotations=wanted)).encode())
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(daemon.connect()) for _ in range(count)]
        for sock in socks:
            sock.sendall(request)
        wait_for(lambda: len(daemon.events("review answered")) >= count, "the answers to be made")
        yield socks


def test_unread_answers_are_not_in_flight(start):
    daemon = start(PLAIN, "-workers=1", "-in-flight-limit=2", "-connections-per-worker=3", "-request-timeout=1h",
                   "-bodies-limit=0")
    with unread(daemon, 2) as slow, contextlib.ExitStack() as stack:
        wait_for_value(daemon, 0, "keyhook_requests_in_flight")
        assert value(daemon, HELD) > 0
        assert answer(stack.enter_context(daemon.connect()))[0] == 200
        assert read_answer(slow[1])[0] == 200  # late, but not cut off
        assert answer(slow[1])[0] == 200
        for _ in range(2):
            assert answer(stack.enter_context(daemon.connect()))[0] == 200
        wait_closed(daemon, "connections-per-worker", 2)
        wait_for(lambda: value(daemon, HELD) == 0, "the unread one to have made room")
    wait_for_value(daemon, 0, "keyhook_requests_in_flight")


def test_unread_answers_go_when_memory_is_short(start):
    daemon = start(PLAIN, "-bodies-limit=25165824", "-request-timeout=1h")
    with unread(daemon, 1):
        wait_closed(daemon, "bodies-limit", 1)
    wait_for_value(daemon, 0, HELD)


def test_unread_answers_go_when_the_worker_is_full(start):
    daemon = start(PLAIN, "-workers=1", "-in-flight-limit=2", "-request-timeout=1h")
    with unread(daemon, 1):
        wait_for_value(daemon, 0, "keyhook_requests_in_flight")
        assert closed(daemon, "unread-answers") == 0
        with unfinished(daemon, 2, BODY) as good:
            wait_closed(daemon, "unread-answers", 1)
            for sock in good:
                assert answer(sock, BODY[-10:])[0] == 200
    wait_for_value(daemon, 0, "keyhook_requests_in_flight")


def test_answers_count(start):
    """An answer that has no room is refused, and its decision is not told."""
    daemon = start(PLAIN, "-workers=1", "-body-limit=1048576", "-bodies-limit=2097152", "-request-timeout=1h")
    wanted = {f"vault.hashicorp.com/agent-inject-template-db{i}": "x" * 60000 for i in range(8)}
    body = json.dumps(review(annotations=wanted)).encode()
    with daemon.connect() as sock:
        status, headers, _ = answer(sock, post(body))
        assert (status, headers["retry-after"]) == (503, "1")
        assert answer(sock)[0] == 200
    wait_for_value(daemon, 1, "keyhook_shed_requests_total", reason="bodies-limit")
    assert not daemon.events("review answered")[1:]
    wait_for_value(daemon, 0, HELD)


def test_no_bodies_limit(start):
    daemon = start(PLAIN, "-body-limit=1048576", "-bodies-limit=0")
    with unfinished(daemon, 8) as socks:
        wait_for_value(daemon, 8 * (len(LARGE) - 10), HELD)
        for sock in socks:
            assert answer(sock, LARGE[-10:])[0] == 200
    wait_for_value(daemon, 0, HELD)


# --- what the API server waits for


@pytest.mark.parametrize("path", ["/mutate?timeout=300ms", "/mutate?a=b&timeout=0.3s",
                                  "/mutate?timeout=300000us&a"])
def test_answer_that_would_come_too_late(start, path):
    daemon = start(PLAIN)
    request = post(BODY, path=path)
    with daemon.connect() as sock:
        sock.sendall(request[:-10])
        time.sleep(0.4)
        status, headers, text = answer(sock, request[-10:])
        assert (status, headers["retry-after"]) == (503, "1")
        assert text == b"the request came too late for an answer in time\n"
        assert answer(sock, request)[0] == 200
    wait_for_value(daemon, 1, "keyhook_shed_requests_total", reason="late")
    wait_for_value(daemon, 1, "keyhook_budget_left_seconds_count")
    assert 0 < value(daemon, "keyhook_budget_left_seconds_sum") < 0.3


@pytest.mark.parametrize("path", ["/mutate?timeout=", "/mutate?timeout=x", "/mutate?timeout=-1s",
                                  "/mutate?timeout=0", "/mutate?timeout"])
def test_timeouts_that_say_nothing(start, path):
    daemon = start(PLAIN)
    assert daemon.mutate(review(), path)["response"]["allowed"] is True
    assert value(daemon, "keyhook_budget_left_seconds_count") == 0


# --- defaults and refusals of values are in the tests of the option table


def test_workers(start):
    assert value(start(PLAIN, "-workers=3"), "keyhook_workers") == 3


def test_plain_port_is_bounded(start):
    """More connections than the port takes, none with a request: probes still get through."""
    daemon = start(PLAIN)
    with contextlib.ExitStack() as stack:
        for _ in range(150):
            stack.enter_context(socket.create_connection(("127.0.0.1", daemon.plain_port), HANG_GUARD))
        for _ in range(5):
            assert plain(daemon, "/health/live")[0] == 204
        assert value(daemon, CONNECTIONS, port="plain") <= 64
    assert daemon.is_alive()


def test_end_of_everything(start):
    """Whatever was done to it, nothing stays behind."""
    daemon = start(PLAIN)
    with contextlib.ExitStack() as stack:
        for data in (b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n\r\n", bytes(5000)):
            for _ in range(5):
                sock = stack.enter_context(tcp(daemon))
                with contextlib.suppress(OSError):
                    sock.sendall(data)
        for part in (b"", b"POST", HEAD, HEAD + BODY[:10], HEAD + BODY):
            for _ in range(5):
                stack.enter_context(daemon.connect()).sendall(part)
    wait_for_value(daemon, 0, CONNECTIONS, port="tls")
    wait_for_value(daemon, 0, "keyhook_requests_in_flight")
