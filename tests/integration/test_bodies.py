"""Length limits, chunks, pieces, early refusals."""

import http.client
import json

import pytest

from daemon import post, read_to_end, review, split_answers

JSON = {"Content-Type": "application/json"}
LIMIT = 8 << 20
SMALL = 64 << 10


def padded(size):
    """A review of exactly that many bytes."""
    body = json.dumps(review()).encode()
    return body + b" " * (size - len(body))


def chunked(body, size=1000):
    pieces = [body[i:i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def test_empty_body(daemon):
    assert daemon.request("POST", "/mutate", "", JSON)[::2] == (400, b"Empty request body\n")
    status, _, text = daemon.request("POST", "/mutate", iter([]), JSON)  # chunked
    assert (status, text) == (400, b"Empty request body\n")


def test_exactly_the_limit(daemon):
    assert daemon.request("POST", "/mutate", padded(LIMIT), JSON)[0] == 200


@pytest.mark.parametrize("size", [LIMIT + 1, 2 * LIMIT])
def test_over_the_limit_is_read_and_answered(daemon, size):
    status, _, text = daemon.request("POST", "/mutate", b" " * size, JSON)
    assert (status, text) == (413, b"the body is larger than 8388608 bytes\n")


def test_over_the_limit_keeps_the_connection(daemon):
    client = daemon.client()
    for body, expected in ((b" " * (LIMIT + 1), 413), (padded(5000), 200)):
        client.request("POST", "/mutate", body, JSON)
        answer = client.getresponse()
        answer.read()
        assert answer.status == expected
    client.close()


def test_far_over_the_limit_is_not_read(daemon):
    """Only the header is sent: the answer comes at once, and the connection ends."""
    head = post(b"", f"Content-Length: {3 * LIMIT}", length=False)
    (status, headers, _), = split_answers(daemon.raw(head))
    assert (status, headers["connection"].lower()) == (413, "close")


def test_chunks_are_counted(start):
    daemon = start(f"-body-limit={SMALL}")
    for size, expected in ((SMALL, 200), (SMALL + 1, 413), (2 * SMALL, 413)):
        body = padded(size)
        pieces = (body[i:i + 4000] for i in range(0, size, 4000))
        assert daemon.request("POST", "/mutate", pieces, JSON)[0] == expected


def test_endless_chunks_end_the_connection(start):
    daemon = start(f"-body-limit={SMALL}")
    with daemon.connect() as sock:
        sock.sendall(post(b"", "Transfer-Encoding: chunked", length=False))
        with pytest.raises(OSError):
            for _ in range(100000):
                sock.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    assert daemon.is_alive()
    assert [e["status"] for e in daemon.events("request refused")] == [413]


@pytest.mark.parametrize("path", ["/health/ready", "/nowhere"])
def test_bodies_of_others_are_limited_too(start, path):
    daemon = start(f"-body-limit={SMALL}")
    with daemon.connect() as sock:
        sock.sendall(post(b"", "Transfer-Encoding: chunked", path=path, length=False))
        with pytest.raises(OSError):
            for _ in range(100000):
                sock.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
    assert daemon.is_alive()


@pytest.mark.parametrize("size", [1, 7, 4096])
def test_pieces(daemon, size):
    """The answer does not depend on how the bytes arrive."""
    request = post(json.dumps(review()).encode(), "Connection: close")
    parts = [request[i:i + size] for i in range(0, len(request), size)]
    (status, _, body), = split_answers(daemon.raw(*parts))
    assert status == 200
    assert json.loads(body) == daemon.mutate(review())


def test_chunked_review(daemon):
    body = json.dumps(review()).encode()
    for size in (1, 100, 1 << 20):
        request = post(b"", "Transfer-Encoding: chunked", "Connection: close", length=False)
        (status, _, answer), = split_answers(daemon.raw(request + chunked(body, size)))
        assert status == 200
        assert json.loads(answer) == daemon.mutate(review())


def test_refusal_before_continue(daemon):
    """A client that asks first is refused before it sends, and let in when it may."""
    with daemon.connect() as sock:
        sock.sendall(post(b"", "Expect: 100-continue", "Content-Length: 9", path="/nowhere",
                          length=False))
        (status, _, _), = split_answers(read_to_end(sock))
        assert status == 404
    body = json.dumps(review()).encode()
    with daemon.connect() as sock:
        head = post(body, "Expect: 100-continue", "Connection: close")[:-len(body)]
        sock.sendall(head)
        assert sock.recv(1000).startswith(b"HTTP/1.1 100 ")
        sock.sendall(body)
        (status, _, _), = split_answers(read_to_end(sock))
        assert status == 200


def test_half_a_body_then_gone(daemon):
    for _ in range(20):
        with daemon.connect() as sock:
            sock.sendall(post(b"{" * 5000)[:-4000])
    assert daemon.is_alive()


def test_wrong_chunks(daemon):
    for junk in (b"zz\r\n", b"-1\r\nx\r\n", b"ffffffffffffffffff\r\nx\r\n", b"1\r\nxx\r\n"):
        (status, _, _), = split_answers(daemon.raw(
            post(b"", "Transfer-Encoding: chunked", length=False) + junk))
        assert status in (400, 413)
    assert daemon.is_alive()


def test_large_answers_are_whole(daemon):
    """Over one TLS record: not corked, and all the same complete."""
    annotations = {f"vault.hashicorp.com/agent-inject-secret-s{i}": f"kv/data/s{i}"
                   for i in range(300)}
    answer = daemon.mutate(review(annotations=annotations))
    assert answer["response"]["allowed"] is True


def test_http_client_reuse(daemon):
    client = http.client.HTTPSConnection("localhost", daemon.port, context=daemon.tls_context())
    for _ in range(50):
        client.request("POST", "/mutate", json.dumps(review()), JSON)
        answer = client.getresponse()
        assert answer.status == 200 and json.loads(answer.read())["response"]["allowed"]
    client.close()
