"""Malformed HTTP as raw bytes, and clients that misbehave."""

import contextlib
import json
import socket
import time

import pytest

from daemon import HANG_GUARD, post, read_to_end, review, split_answers, wait_for

BODY = json.dumps(review()).encode()
HEAD = b"POST /mutate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(BODY)
END = b"Connection: close\r\n\r\n"

# name: (bytes, statuses that are right for the first answer; None stands for no answer at all)
PROBES = {
    "no Host": (b"POST /mutate HTTP/1.1\r\nContent-Type: application/json\r\n" + LENGTH + b"\r\n"
                + BODY, {400}),
    "two Hosts": (HEAD + b"Host: other\r\n" + LENGTH + b"\r\n" + BODY, {400}),
    "lengths differ": (HEAD + LENGTH + b"Content-Length: 5\r\n\r\n" + BODY, {400}),
    "lengths differ, other order": (HEAD + b"Content-Length: 5\r\n" + LENGTH + b"\r\n" + BODY, {400}),
    "length as a list": (HEAD + b"Content-Length: 5, 5\r\n\r\nxxxxx", {400}),
    "length and chunked": (HEAD + LENGTH + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunked and length": (HEAD + b"Transfer-Encoding: chunked\r\n" + LENGTH + b"\r\n0\r\n\r\n", {400}),
    "coding xchunked": (HEAD + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", {400}),
    "coding identity": (HEAD + b"Transfer-Encoding: identity\r\n\r\n" + BODY, {400}),
    "coding gzip, chunked": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", {400}),
    "chunked twice": (HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"
                      b"0\r\n\r\n", {400}),
    "chunked in HTTP/1.0": (b"POST /mutate HTTP/1.0\r\nContent-Type: application/json\r\n"
                            b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400}),
    "space before colon": (HEAD + b"Content-Length : 5\r\n\r\nxxxxx", {400}),
    "coding with a space": (HEAD + b"Transfer-Encoding : chunked\r\n" + LENGTH + b"\r\n" + BODY, {400}),
    "NUL in a name": (HEAD + b"X-A\0B: 1\r\n" + LENGTH + END + BODY, {400, None}),
    "NUL in a value": (HEAD + b"X-A: 1\x002\r\n" + LENGTH + END + BODY, {200, 400, None}),
    "control in a name": (HEAD + b"X-\x01: 1\r\n" + LENGTH + END + BODY, {400}),
    "folded header": (HEAD + b"X-A: 1\r\n 2\r\n" + LENGTH + END + BODY, {200, 400}),
    "header without colon": (HEAD + b"nonsense\r\n" + LENGTH + END + BODY, {400, None}),
    "bare line feeds": ((HEAD + LENGTH + END).replace(b"\r\n", b"\n") + BODY, {200, 400}),
    "length negative": (HEAD + b"Content-Length: -1\r\n\r\n", {400}),
    "length in words": (HEAD + b"Content-Length: five\r\n\r\nxxxxx", {400}),
    "length with sign": (HEAD + b"Content-Length: +5\r\n\r\nxxxxx", {400}),
    "length in hex": (HEAD + b"Content-Length: 0x5\r\n\r\nxxxxx", {400}),
    "length 2^63": (HEAD + b"Content-Length: 9223372036854775808\r\n\r\n", {400, 413}),
    "length 2^64": (HEAD + b"Content-Length: 18446744073709551616\r\n\r\n", {400, 413}),
    "length without digits": (HEAD + b"Content-Length:\r\n\r\n", {400}),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 404, 505, None}),
    "HTTP/0.9": (b"GET /health/ready\r\n\r\n", {400, 505, None}),
    "no such version": (b"GET /health/ready HTTP/9.9\r\nHost: a\r\n\r\n", {400, 505}),
    "garbage": (b"\x80\x81\x82\xff\r\n\r\n", {400, 404, 405, 505, None}),
    "plain HTTP words": (b"hello\r\n\r\n", {400, 505, None}),
    "header of 40 KB": (HEAD + b"X-A: " + b"a" * 40000 + b"\r\n" + LENGTH + END + BODY, {431, 413}),
    "2000 headers": (HEAD + b"X-A: 1\r\n" * 2000 + LENGTH + END + BODY, {431, 413}),
    "path of 40 KB": (b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", {414, 431}),
    "path *": (b"OPTIONS * HTTP/1.1\r\nHost: a\r\n" + END, {404, 405}),
    "absolute target": (b"GET http://a/health/ready HTTP/1.1\r\nHost: a\r\n" + END, {204, 404}),
    "bad escape in path": (b"GET /%zz%6 HTTP/1.1\r\nHost: a\r\n" + END, {404, 400}),
    "same length twice": (HEAD + LENGTH + LENGTH + END + BODY, {200}),
    "all is well": (HEAD + LENGTH + END + BODY, {200}),
}


@pytest.mark.parametrize("name", PROBES)
def test_probe(daemon, name):
    request, expected = PROBES[name]
    with daemon.connect() as sock:
        sock.sendall(request)
        answers = split_answers_loosely(read_to_end(sock))
    status = answers[0][0] if answers else None
    assert status in expected
    if status == 400:
        assert not any(s == 200 for s, _, _ in answers), "a second request came out of the first"
    assert daemon.is_alive()


def split_answers_loosely(stream):
    """libmicrohttpd sends some of its own refusals twice, the second one cut: the first counts."""
    try:
        return split_answers(stream)
    except AssertionError:
        head = stream.split(b"\r\n", 1)[0]
        return [(int(head.split(b" ")[1]), {}, b"")]


@pytest.mark.parametrize("name", ["lengths differ", "length and chunked", "coding xchunked",
                                  "space before colon", "no Host"])
def test_framing_refusals_close(daemon, name):
    """Nobody knows where the next request starts: ours says so, in one line, and closes."""
    (status, headers, text), = split_answers(daemon.raw(PROBES[name][0]))
    assert status == 400
    assert headers["connection"].lower() == "close"
    assert text.endswith(b"\n") and text.count(b"\n") == 1


def test_smuggled_request_is_not_answered(daemon):
    inner = b"GET /health/ready HTTP/1.1\r\nHost: a\r\n\r\n"
    for lines in (b"Content-Length: 4\r\nContent-Length: %d\r\n" % (4 + len(inner)),
                  b"Content-Length : %d\r\n" % len(inner),
                  b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"):
        answers = split_answers(daemon.raw(HEAD + lines + b"\r\n0\r\n\r\n" + inner))
        assert [status for status, _, _ in answers] == [400]


def test_unfinished_handshakes_cost_nothing(daemon):
    """Three bytes of a ClientHello: the epoll trap.  A spinning thread takes most of a CPU."""
    with contextlib.ExitStack() as stack:
        for _ in range(20):
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port)))
            sock.sendall(b"\x16\x03\x01")
        time.sleep(0.2)
        before = daemon.cpu_seconds()
        time.sleep(1)
        assert daemon.cpu_seconds() - before < 0.3
        assert daemon.is_alive()


@pytest.mark.parametrize("junk", [
    pytest.param(b"GET /health/ready HTTP/1.1\r\n\r\n", id="HTTP"),
    pytest.param(b"\0" * 100, id="zeroes"),
    pytest.param(b"\x16\x03\x01\xff\xff" + b"A" * 1000, id="oversized record"),
    pytest.param(b"\x15\x03\x03\0\2\2\0", id="alert")])
def test_no_tls(daemon, junk):
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(junk)
            sock.shutdown(socket.SHUT_WR)
            assert b"HTTP/1.1" not in sock.recv(1000)
    assert daemon.is_alive()


def test_slow_clients_do_not_block_others(daemon):
    with contextlib.ExitStack() as stack:
        for part in (b"POST", HEAD, HEAD + LENGTH + b"\r\n" + BODY[:10]):
            for _ in range(10):
                stack.enter_context(daemon.connect()).sendall(part)
        for _ in range(20):
            assert daemon.mutate(review())["response"]["allowed"] is True


def test_pipelined_requests(daemon):
    answers = split_answers(daemon.raw(post(BODY) * 20 + post(BODY, "Connection: close")))
    assert [status for status, _, _ in answers] == [200] * 21
    assert len({body for _, _, body in answers}) == 1


def test_thousands_of_unread_answers(daemon):
    """A client that never reads loses its connection or waits, as nothing is piled up for it; all others are served."""
    with daemon.connect() as sock:
        sock.settimeout(1)
        with pytest.raises(OSError):  # what it sends is not taken for ever
            for _ in range(3000):
                sock.sendall(post(BODY) * 10)
        for _ in range(20):
            assert daemon.mutate(review())["response"]["allowed"] is True


def test_refusals_do_not_flood_the_log(start):
    daemon = start()
    client = daemon.client()
    for _ in range(300):
        client.request("GET", "/nowhere")
        client.getresponse().read()
    client.close()
    daemon.end()
    shown = len(daemon.events("request refused"))
    left_out = sum(e["count"] for e in daemon.events("log lines were left out"))
    assert shown + left_out == 300
    assert left_out > 0


def test_oversized_record(daemon):
    """The connection ends; the process does not."""
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD) as sock:
        with contextlib.suppress(OSError):
            sock.sendall(b"\x16\x03\x01\xff\xff" + b"\0" * 200000)
    assert wait_for(daemon.is_alive, "an answer")
