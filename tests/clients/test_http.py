"""src/http against a server that does what servers should not."""

import email.utils
import os
import pathlib
import shutil
import socket
import ssl
import threading
import time

import pytest

from caller import wait_for
from fakes.authority import Authority

SECOND = 1_000_000


def outcome(reply):
    return reply["rc"], reply["failure"], reply["code"]


# --- what works


def test_a_call(http, fake_server):
    server = fake_server()
    client = http(server)
    reply = client.do("call", {"method": "PATCH", "path": "/a?b=c", "type": "application/json",
                               "headers": {"X-One": "1"}, "body": '{"x": 1}'})
    assert outcome(reply) == (0, "none", "") and reply["status"] == 200
    assert reply["body"] == '{"path": "/a?b=c"}' and reply["retry_after"] == 0
    (seen,) = server.seen()
    assert (seen.method, seen.path, seen.json) == ("PATCH", "/a?b=c", {"x": 1})
    assert seen.headers["content-type"] == "application/json" and seen.headers["x-one"] == "1"
    assert seen.headers["host"] == f"127.0.0.1:{server.port}" and "expect" not in seen.headers
    assert seen.headers["user-agent"].startswith("keyhook/")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH"])
@pytest.mark.parametrize("body", [None, "", "{}"])
def test_methods_follow_each_other(http, fake_server, method, body):
    server = fake_server()
    client = http(server)
    request = {"method": method, "path": "/", **({} if body is None else {"body": body})}
    for one in (request, {"method": "GET", "path": "/"}, request):
        assert client.do("call", one)["status"] == 200
    assert [(r.method, r.body) for r in server.seen()] == [
        (method, (body or "").encode()), ("GET", b""), (method, (body or "").encode())]
    assert server.connections == 1


@pytest.mark.parametrize("status", [204, 301, 400, 403, 429, 503, 599])
def test_every_status_is_a_reply(http, fake_server, status):
    server = fake_server()
    server.script("*", status=status, body="" if status == 204 else "words")
    reply = http(server).get()
    assert outcome(reply) == (0, "none", "") and reply["status"] == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(http, fake_server, status):
    server = fake_server()
    server.script("*", status=status, headers={"Location": "/elsewhere"})
    reply = http(server).get("/here")
    assert reply["status"] == status and reply["location"] == server.address + "/elsewhere"
    assert len(server.seen()) == 1


@pytest.mark.parametrize("header, wait", [
    ("7", 7), ("0", 0), ("100000", 300), ("-5", 0), ("soon", 0),
    ("Thu, 01 Jan 1998 00:00:00 GMT", 0), ("Thu, 01 Jan 2998 00:00:00 GMT", 300)])
def test_retry_after(http, fake_server, header, wait):
    server = fake_server()
    server.script("*", status=429, headers={"Retry-After": header})
    assert http(server).get()["retry_after"] == wait * SECOND


def test_retry_after_a_date(http, fake_server):
    server = fake_server()
    until = email.utils.formatdate(time.time() + 200, usegmt=True)
    server.script("*", status=503, headers={"Retry-After": until})
    assert 100 * SECOND < http(server).get()["retry_after"] <= 200 * SECOND


@pytest.mark.parametrize("header, date", [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784111777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
    ("Sun Nov  6 08:49:37 1994", 784111777), ("Thu, 01 Jan 2998 00:00:00 GMT", 32440608000),
    ("yesterday", 0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Mon, 01 Jan 1900 00:00:00 GMT", 0), ("", 0),
    (None, 0)])
def test_the_date_of_a_reply(http, fake_server, header, date):
    server = fake_server()
    client = http(server)
    server.script("*", headers={"Date": "Sun, 06 Nov 1994 08:49:38 GMT"}, times=1)
    server.script("*", headers={"Date": header})
    assert client.get()["date"] == 784111778
    assert client.get()["date"] == date  # nothing is left of the one before


def test_an_ipv6_address(http, fake_server):
    server = fake_server(host="::1")
    assert server.address.startswith("https://[::1]:")
    reply = http(server).get()
    assert reply["status"] == 200
    assert server.seen()[0].headers["host"] == f"[::1]:{server.port}"


def test_a_base_with_a_path(http, fake_server):
    server = fake_server()
    http(server, base=server.address + "/below/here").get("/x")
    assert server.seen()[0].path == "/below/here/x"


def test_a_name_with_a_dead_address_first(http, fake_server):
    server = fake_server(names=["many.test"])
    assert http(server, base=f"https://many.test:{server.port}").get()["status"] == 200


# --- whom it trusts


def test_http_only_when_told(caller, fake_server):
    server = fake_server(tls=False)
    client = caller()
    reply = client.do("http", {"base": server.address})
    assert reply["code"] == "usage" and "is not https://" in reply["message"]
    client.good("http", {"base": server.address, "plain_ok": True})
    assert client.get()["status"] == 200


def test_the_system_does_not_know_the_fake(http, fake_server):
    assert outcome(http(fake_server(), ca_file="").get()) == (-1, "tls", "io")


def test_the_systems_anchors_do_not_help_a_ca_file(http, fake_server, tmp_path):
    other = Authority("another").write(tmp_path / "other.pem")
    reply = http(fake_server(), ca_file=other).get()
    assert outcome(reply) == (-1, "tls", "io")


@pytest.mark.parametrize("what", ["missing", "empty", "no PEM"])
def test_a_bad_ca_file(http, fake_server, tmp_path, what):
    server = fake_server()
    path = tmp_path / "bad.pem"
    if what != "missing":
        path.write_text("" if what == "empty" else "what is this\n")
    reply = http(server, ca_file=str(path)).get()
    assert reply["rc"] == -1 and reply["failure"] in ("tls", "local")
    assert not server.seen()


def test_the_ca_file_is_read_again(http, fake_server, tmp_path):
    server = fake_server()
    path = tmp_path / "ca.pem"
    Authority("another").write(path)
    client = http(server, ca_file=str(path))
    assert client.get()["failure"] == "tls"
    shutil.copy(server.ca_file, path)
    assert client.get()["status"] == 200
    Authority("yet another").write(path)
    server.drop_connections()
    assert client.get()["failure"] == "tls"


@pytest.mark.parametrize("certificate", [
    {"names": ["elsewhere.test"]}, {"ttl": -5, "not_before": 1_700_000_000}, {"authority": True}])
def test_a_certificate_that_is_wrong(http, fake_server, certificate):
    server = fake_server()
    if "authority" in certificate:
        certificate["authority"] = Authority("another")
    server.use_certificate(**certificate)
    reply = http(server).get()
    assert outcome(reply) == (-1, "tls", "io")
    assert server.address in reply["message"]


def test_a_server_name(http, fake_server):
    server = fake_server(names=["vault.test"])
    names = []
    server.context.sni_callback = lambda _sock, name, _context: names.append(name)
    assert http(server).get()["failure"] == "tls"
    client = http(server, server_name="vault.test")
    assert client.get()["status"] == 200
    assert names[-1] == "vault.test"
    assert server.seen()[0].headers["host"] == f"127.0.0.1:{server.port}"


def test_a_server_name_for_an_ipv6_address(http, fake_server):
    server = fake_server(host="::1", names=["vault.test"])
    assert http(server, server_name="vault.test").get()["status"] == 200


@pytest.mark.parametrize("name", ["a/b", "a:1", "a@b", "a b", "a\n", "[::1]", "a?b", "x" * 300])
def test_a_server_name_that_is_none(caller, name):
    reply = caller().do("http", {"base": "https://127.0.0.1:1", "server_name": name})
    assert reply["code"] == "usage" and "is no host name" in reply["message"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_not_spoken(http, fake_server):
    server = fake_server()
    server.context.set_ciphers("ALL:@SECLEVEL=0")
    server.context.minimum_version = ssl.TLSVersion.TLSv1
    server.context.maximum_version = ssl.TLSVersion.TLSv1_1
    assert outcome(http(server).get()) == (-1, "connect", "io")


def test_https_to_a_server_without_tls(http, fake_server):
    server = fake_server(tls=False)
    reply = http(server, base=f"https://127.0.0.1:{server.port}", ca_file="").get()
    assert outcome(reply) == (-1, "connect", "io")


# --- how it ends


@pytest.mark.parametrize("fault, failure", [
    ("close", "cut"), ("reset", "cut"), ("reset_after_head", "cut"), ("truncated", "cut"),
    ("garbage", "protocol")])
@pytest.mark.parametrize("tls", [True, False])
def test_the_servers_faults(http, fake_server, fault, failure, tls):
    server = fake_server(tls=tls)
    server.script("*", fault=fault, times=1)
    client = http(server)
    assert outcome(client.get()) == (-1, failure, "io")
    assert client.get()["status"] == 200, "and it recovers"


@pytest.mark.parametrize("fault", ["hang", "stall_body", "drip"])
def test_a_total_timeout(http, fake_server, fault):
    server = fake_server()
    server.script("*", fault=fault, body="x" * 4000)
    client = http(server, total_timeout=SECOND // 2)
    assert outcome(client.get()) == (-1, "timeout", "io")


def test_a_handshake_that_hangs(http, fake_server):
    server = fake_server()
    server.deaf = True
    client = http(server, connect_timeout=SECOND // 2, total_timeout=600 * SECOND)
    assert outcome(client.get()) == (-1, "timeout", "io")


@pytest.fixture
def full_queue():
    """A port whose kernel answers no more: the queue of connections is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        for _ in range(3):
            one = socket.socket()
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
            waiting.append(one)
        yield listener.getsockname()[1]
        for one in waiting:
            one.close()


def test_a_connection_that_hangs(caller, full_queue):
    client = caller()
    client.good("http", {"base": f"https://127.0.0.1:{full_queue}", "connect_timeout": SECOND // 2,
                         "total_timeout": 600 * SECOND})
    assert outcome(client.get()) == (-1, "timeout", "io")


def test_a_name_that_hangs(caller):
    client = caller()
    client.good("http", {"base": "https://hang.test:8200", "connect_timeout": SECOND // 2,
                         "total_timeout": 600 * SECOND})
    assert outcome(client.get()) == (-1, "timeout", "io")
    assert outcome(client.get()) == (-1, "timeout", "io")


def test_nobody_there(caller):
    client = caller()
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        client.good("http", {"base": f"https://127.0.0.1:{port}"})
        assert outcome(client.get()) == (-1, "connect", "io")
    client.good("http", {"base": "https://missing.test:8200"})
    reply = client.get()
    assert outcome(reply) == (-1, "resolve", "io") and "missing.test" in reply["message"]


def test_a_body_limit(http, fake_server):
    server = fake_server()
    client = http(server, body_limit=5000)
    server.script("*", fault="big_body", size=5000, times=1)
    assert client.get()["body_size"] == 5000
    for fault in ("big_body", "endless_body"):
        server.script("*", fault=fault, size=5001, times=1)
        reply = client.get()
        assert outcome(reply) == (-1, "limit", "limit")
        assert "larger than the limit" in reply["message"]
    assert client.get()["status"] == 200


def test_the_default_body_limit(http, fake_server):
    server = fake_server()
    server.script("*", fault="endless_body", times=1)
    assert outcome(http(server).get()) == (-1, "limit", "limit")


def test_a_limit_on_headers(http, fake_server):
    server = fake_server()
    client = http(server)
    server.script("*", fault="big_head", size=50_000, times=1)
    assert client.get()["status"] == 200
    server.script("*", fault="big_head", size=70_000, times=1)
    assert outcome(client.get()) == (-1, "limit", "limit")
    for size in (80_000, 200_000):
        server.script("*", headers={"X-Pad": "x" * size}, times=1)
        assert outcome(client.get()) == (-1, "limit", "limit")
    assert client.get()["status"] == 200


def test_bad_requests_are_not_sent(http, fake_server):
    server = fake_server()
    client = http(server)
    for request in ({"headers": {"X": "a\r\nY: b"}}, {"headers": {"X": "a\x7f"}}, {"path": "/\n"},
                    {"path": "/" + "x" * 3000}, {"headers": {"X": "y" * 30_000}},
                    {"headers": {f"X{i}": "y" for i in range(17)}}):
        reply = client.get(**request)
        assert reply["rc"] == -1 and reply["failure"] == "local"
        assert "yyy" not in reply["message"]
    assert not server.seen() and server.connections == 0


# --- connections that stay


def test_a_connection_is_kept(http, fake_server):
    server = fake_server()
    client = http(server)
    for _ in range(3):
        client.get()
    assert server.connections == 1


@pytest.mark.parametrize("fault", ["half_close", "close", "reset"])
@pytest.mark.parametrize("tls", [True, False])
def test_a_kept_connection_that_died(http, fake_server, fault, tls):
    """Half-closed while idle, or ended as the next request came: a POST is sent once more, unseen."""
    server = fake_server(tls=tls)
    client = http(server)
    if fault == "half_close":
        server.script("*", fault=fault, times=1)
    assert client.get()["status"] == 200
    if fault != "half_close":
        server.script("*", fault=fault, times=1)
    reply = client.do("call", {"method": "POST", "path": "/", "body": "{}"})
    assert reply["status"] == 200, reply
    assert server.connections == 2


def test_a_server_that_closes_in_silence(http, fake_server):
    server = fake_server()
    server.idle_close = True
    client = http(server)
    for _ in range(3):
        assert client.get()["status"] == 200
    assert server.connections == 3


# --- cancelling


def cancel_in(client, is_waiting):
    """Another thread cancels what hangs; the guard is ten times the second that is promised."""
    client.start("call", {"method": "GET", "path": "/"})
    wait_for(is_waiting, "the call to hang")
    client.cancel()
    reply = client.answer(guard=10)
    assert outcome(reply) == (-1, "cancelled", "io")
    assert outcome(client.get())[1] == "cancelled", "and so does each later one"


@pytest.mark.parametrize("fault", ["hang", "stall_body"])
def test_cancelling_a_reply(http, fake_server, fault):
    server = fake_server()
    server.script("*", fault=fault, body="x" * 100)
    cancel_in(http(server, total_timeout=600 * SECOND), server.seen)


def test_cancelling_a_handshake(http, fake_server):
    server = fake_server()
    server.deaf = True
    cancel_in(http(server, connect_timeout=600 * SECOND), lambda: server.connections)


def test_cancelling_a_connection(caller, full_queue):
    client = caller()
    client.good("http", {"base": f"https://127.0.0.1:{full_queue}", "connect_timeout": 600 * SECOND})
    cancel_in(client, lambda: has_connection(client))


def test_cancelling_a_look_up(caller):
    client = caller()
    client.good("http", {"base": "https://hang.test:8200", "connect_timeout": 600 * SECOND})
    cancel_in(client, lambda: has_resolver(client))


def has_connection(client):
    """Of a process that has no other socket."""
    links = (os.readlink(fd) for fd in list_dir(client, "fd"))
    return any(link.startswith("socket:") for link in links)


def has_resolver(client):
    """Threads: main, the one that cancels, and libcurl's."""
    return len(list_dir(client, "task")) == 3


def list_dir(client, name):
    return list(pathlib.Path(f"/proc/{client.process.pid}/{name}").iterdir())


# --- streams


def test_a_stream(http, fake_server):
    server = fake_server()
    client = http(server)
    stream = {"method": "GET", "path": "/watch", "silence": SECOND, "stop_after": 200_000}
    server.script("*", fault="endless_body", times=1)
    reply = client.do("stream", stream)
    assert outcome(reply) == (0, "none", "") and reply["streamed"] >= 200_000
    server.script("*", status=410, errors=["gone"], times=1)
    reply = client.do("stream", stream)
    assert (reply["rc"], reply["status"], reply["streamed"]) == (0, 410, 0)
    assert reply["body"] == '{"errors": ["gone"]}'
    server.script("*", fault="stall_body", body="x" * 100, times=1)
    reply = client.do("stream", {**stream, "silence": 2 * SECOND})
    assert outcome(reply) == (-1, "timeout", "io") and reply["streamed"] == 50
    server.script("*", fault="hang", times=1)
    assert outcome(client.do("stream", {**stream, "silence": SECOND})) == (-1, "timeout", "io")


# --- proxies


@pytest.fixture
def proxy():
    """A CONNECT proxy; .asked are the targets, .status what it says."""

    class Proxy:
        def __init__(self):
            self.asked, self.status = [], "200 OK"
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
            threading.Thread(target=self.accept, daemon=True).start()

        def accept(self):
            while True:
                try:
                    sock, _ = self.listener.accept()
                except OSError:
                    return
                threading.Thread(target=self.serve, args=(sock,), daemon=True).start()

        def serve(self, sock):
            head = b""
            while b"\r\n\r\n" not in head:
                head += sock.recv(65536)
            self.asked.append(head.decode().split(" ")[:2])
            sock.sendall(f"HTTP/1.1 {self.status}\r\n\r\n".encode())
            if not self.status.startswith("200"):
                sock.close()
                return
            host, port = self.asked[-1][1].rsplit(":", 1)
            with sock, socket.create_connection(("127.0.0.1", int(port))) as target:
                back = threading.Thread(target=pump, args=(target, sock), daemon=True)
                back.start()
                pump(sock, target)
                back.join()

    def pump(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    one = Proxy()
    yield one
    one.listener.shutdown(socket.SHUT_RDWR)
    one.listener.close()


def test_a_proxy(http, fake_server, proxy):
    server = fake_server()
    client = http(server, env={"HTTPS_PROXY": proxy.address})
    assert client.get()["status"] == 200
    assert proxy.asked == [["CONNECT", f"127.0.0.1:{server.port}"]]
    proxy.status = "403 No"
    server.drop_connections()
    assert outcome(client.get()) == (-1, "cut", "io")


def test_no_proxy(http, fake_server, proxy):
    server = fake_server()
    client = http(server, env={"HTTPS_PROXY": proxy.address, "NO_PROXY": "127.0.0.1"})
    assert client.get()["status"] == 200
    assert not proxy.asked


def test_a_proxy_and_a_server_name(http, fake_server, proxy):
    server = fake_server(names=["vault.test"])
    client = http(server, env={"HTTPS_PROXY": proxy.address}, server_name="vault.test")
    assert client.get()["status"] == 200
    assert proxy.asked == [["CONNECT", f"127.0.0.1:{server.port}"]]


@pytest.mark.parametrize("variable", [
    "http://user:CANARY@127.0.0.1:999999", "nonsense://user:CANARY@127.0.0.1:1",
    "http://user:CANARY%40127.0.0.1:9", "http://user:CANARY" + 400 * "x" + "@127.0.0.1:99999",
    "http://user:CANARY@missing.test:1", "http://user:CANARY@127.0.0.1:1"])
def test_a_proxys_password_is_not_told(http, fake_server, variable):
    reply = http(fake_server(), env={"HTTPS_PROXY": variable}).get()
    assert reply["rc"] == -1 and reply["message"]
    assert "CANARY" not in reply["message"]
