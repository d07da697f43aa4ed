"""A scripted HTTP server on raw sockets, for what a good server never does.

A subclass says what a request gets (`answer()`); tests put a Play in front of it with `script()`:

  server.script("sign", status=503, errors=["Vault is sealed"])    every request of the endpoint
  server.script("sign", status=429, headers={"Retry-After": "7"}, times=1)     the next one only
  server.script("login", merge={"auth": {"lease_duration": 3}})    the own answer, changed
  server.script("sign", drop=["data.ca_chain"])                    the own answer, without a member
  server.script("*", fault="reset")                                a transport fault, see FAULTS
  server.clear()                                                   back to good behaviour

Plays of an endpoint are used in the order in which they were given; one without `times` stays.
`server.requests` is what came in, oldest first (`server.seen("sign")` one endpoint's); a request has
method, path, headers (names in lower case), body (bytes), json, endpoint, connection (a number), when
(time.monotonic()) and the status of its answer.

A listener-wide fault comes before any request: `server.deaf = True` accepts and never says a word (also
no TLS); `server.idle_close = True` closes each connection silently after an answer that promised to
keep it.  `fault="hold"` keeps a request waiting until `server.release()`.

Bound to a free port of 127.0.0.1 (or `host`); https with a certificate of `authority`, http without.
One thread per connection; `stop()` ends all of them.
"""

import base64
import collections
import dataclasses
import json
import socket
import ssl
import struct
import sys
import threading
import time

from fakes.authority import Authority

HEAD_MAX = 1 << 20
TLS_HANDSHAKE = 22
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset

# name -> what the client sees.  `size` of the play counts bytes where it says so.
FAULTS = {
    "hang": "the request is read, nothing ever comes",
    "hold": "the same until release(), then the usual answer",
    "close": "the connection ends without an answer",
    "reset": "the same with a TCP reset",
    "reset_after_head": "the head with its Content-Length, then a reset",
    "truncated": "half of the body, then the end",
    "stall_body": "half of the body, then nothing",
    "drip": "one byte of the answer every 50 ms",
    "big_body": "an honest body of `size` bytes",
    "endless_body": "a body without length that goes on until the client leaves",
    "big_head": "a header of `size` bytes in all, in lines of 1000",
    "garbage": "bytes that are not HTTP",
    "half_close": "the usual answer, then the server's end of the connection is closed",
}


@dataclasses.dataclass
class Play:
    endpoint: str = "*"
    times: int = None  # None: for ever
    status: int = None  # None: the server's own answer
    body: object = None  # dict or list: as JSON; str or bytes: as they are
    errors: list = None  # short for body={"errors": [...]}
    headers: dict = dataclasses.field(default_factory=dict)  # a None removes one
    merge: dict = None  # into the JSON of the own answer
    drop: list = dataclasses.field(default_factory=list)  # dotted paths out of it
    fault: str = None
    size: int = 0


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict
    body: bytes
    connection: int
    endpoint: str = "*"
    when: float = dataclasses.field(default_factory=time.monotonic)  # it was read, before any answer
    status: int = None  # of the answer, once there is one

    @property
    def json(self):
        return json.loads(self.body) if self.body else None


@dataclasses.dataclass
class Answer:
    status: int
    body: object = None
    headers: dict = dataclasses.field(default_factory=dict)

    def payload(self):
        if isinstance(self.body, (dict, list)):
            return json.dumps(self.body).encode()
        return self.body.encode() if isinstance(self.body, str) else self.body or b""


def merged(into, changes):
    """A copy of JSON with the changes in it; objects are merged, all else is replaced."""
    if not isinstance(into, dict) or not isinstance(changes, dict):
        return changes
    return {**into, **{k: merged(into.get(k), v) for k, v in changes.items()}}


def dropped(tree, path):
    first, _, rest = path.partition(".")
    if not isinstance(tree, dict) or first not in tree:
        return tree
    if not rest:
        return {k: v for k, v in tree.items() if k != first}
    return {**tree, first: dropped(tree[first], rest)}


class Gone(Exception):
    """The connection is over, whoever ended it."""


class Server:
    def __init__(self, directory, authority=None, names=None, host="127.0.0.1", tls=True):
        self.directory = directory
        self.authority = (authority or Authority("CA of the fake")) if tls else None
        self.host = host
        self.lock = threading.Lock()
        self.plays = collections.defaultdict(list)
        self.requests = []
        self.connections = 0
        self.deaf = self.idle_close = False
        self.released = threading.Event()
        self.open = set()
        self.context = None
        if tls:
            self.use_certificate(**({"names": names} if names else {}))
            self.ca_file = self.authority.write(f"{directory}/ca.pem")
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.listener = socket.create_server((host, 0), family=family, backlog=64)
        self.port = self.listener.getsockname()[1]
        self.is_stopped = False
        threading.Thread(target=self._accept, daemon=True).start()

    # --- for tests

    @property
    def address(self):
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.context else 'http'}://{host}:{self.port}"

    def use_certificate(self, authority=None, **options):
        """A new server certificate for connections from now on: names=, ttl=, another authority."""
        files = (authority or self.authority).server_files(f"{self.directory}/tls", **options)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*files)
        self.context = context

    def script(self, endpoint, **play):
        assert play.get("fault") in {None, *FAULTS}, f"no such fault: {play['fault']}"
        with self.lock:
            self.plays[endpoint].append(Play(endpoint, **play))

    def clear(self, endpoint=None):
        with self.lock:
            for name in [endpoint] if endpoint else list(self.plays):
                self.plays.pop(name, None)

    def seen(self, endpoint=None):
        with self.lock:
            return [r for r in self.requests if endpoint in (None, r.endpoint)]

    def release(self):
        self.released.set()

    def drop_connections(self):
        """Ends every open connection, as a restart does."""
        with self.lock:
            for sock in self.open:
                close_now(sock)

    def stop(self):
        self.is_stopped = True
        self.released.set()
        close_now(self.listener)
        self.listener.close()
        self.drop_connections()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # --- for subclasses

    def endpoint(self, method, path):
        """The word that names a request in script()."""
        return "*"

    def answer(self, request):
        """What a good server says; called with the lock held."""
        return Answer(200, {"path": request.path})

    def send(self, sock, answer, play, request):
        """Sends the answer; True when the connection stays."""
        return send(sock, answer, play, request)

    # --- connections

    def _accept(self):
        while not self.is_stopped:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self.open.add(sock)
            threading.Thread(target=self._serve, args=(sock, number), daemon=True).start()

    def _serve(self, plain, number):
        sock = plain
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.deaf:
                wait_for_end(plain)
                return
            if self.context:
                sock = self.context.wrap_socket(plain, server_side=True, suppress_ragged_eofs=True)
                with self.lock:
                    self.open.discard(plain)
                    self.open.add(sock)
            while self._serve_one(sock, number) and not self.idle_close:
                pass
        except (OSError, ValueError, Gone):
            pass
        finally:
            with self.lock:
                self.open.discard(plain)
                self.open.discard(sock)
                sock.close()

    def _serve_one(self, sock, number):
        request = read_request(sock, number)
        request.endpoint = self.endpoint(request.method, request.path)
        with self.lock:
            self.requests.append(request)
            play = self._next_play(request.endpoint)
        if play.fault == "hold":
            self.released.wait()
        with self.lock:
            answer = self._played(play, request)
        return self.send(sock, answer, play, request)

    def _next_play(self, endpoint):
        for name in (endpoint, "*"):
            waiting = self.plays.get(name, [])
            if waiting:
                play = waiting[0]
                if play.times is not None:
                    play.times -= 1
                    if play.times <= 0:
                        waiting.pop(0)
                return play
        return Play()

    def _played(self, play, request):
        if play.errors is not None:
            answer = Answer(play.status or 400, {"errors": play.errors})
        elif play.status is not None or play.body is not None:
            answer = Answer(play.status or 200, play.body)
        else:
            answer = self.answer(request)
        if play.merge is not None:
            answer.body = merged(answer.body, play.merge)
        for path in play.drop:
            answer.body = dropped(answer.body, path)
        answer.headers = {"Content-Type": "application/json", **answer.headers, **play.headers}
        request.status = answer.status
        return answer


# --- bytes


def read_request(sock, number):
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece or len(data) > HEAD_MAX:
            raise Gone
        data += piece
        if data[0] == TLS_HANDSHAKE:
            sock.sendall(b"HTTP/1.1 400 This is no TLS\r\n\r\n")
            raise Gone
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
    method, path, _ = first.split(" ", 2)
    length = int(headers.get("content-length", "0"))
    while len(body) < length:
        piece = sock.recv(65536)
        if not piece:
            raise Gone
        body += piece
    return Request(method, path, headers, body, number)


def head_of(answer, length):
    lines = [f"HTTP/1.1 {answer.status} Scripted"]
    lines += [f"{k}: {v}" for k, v in answer.headers.items() if v is not None]
    if length is not None and "Content-Length" not in answer.headers:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def send(sock, answer, play, request):
    """True when the connection stays."""
    fault, body = play.fault, answer.payload()
    if fault in SENDERS:
        SENDERS[fault](sock, answer, play, body)
        return False
    if fault == "big_body":
        body = b"x" * play.size
    if fault == "big_head":
        answer.headers.update({f"X-Pad-{i}": "x" * 1000 for i in range(play.size // 1000)})
    no_body = request.method == "HEAD" or answer.status in (204, 304)
    sock.sendall(head_of(answer, None if answer.status == 204 else len(body))
                 + (b"" if no_body else body))
    if fault == "half_close":
        sock.shutdown(socket.SHUT_WR)
        wait_for_end(sock)
        return False
    return "close" not in (request.headers.get("connection", ""), answer.headers.get("Connection"))


def send_nothing(sock, _answer, _play, _body):
    wait_for_end(sock)


def send_close(_sock, _answer, _play, _body):
    pass


def send_reset(sock, _answer, _play, _body):
    reset(sock)


def send_head_reset(sock, answer, _play, body):
    sock.sendall(head_of(answer, len(body)))
    reset(sock)


def send_half(sock, answer, _play, body):
    sock.sendall(head_of(answer, len(body)) + body[: len(body) // 2])


def send_half_stall(sock, answer, play, body):
    send_half(sock, answer, play, body)
    wait_for_end(sock)


def send_drip(sock, answer, _play, body):
    pause = threading.Event()
    for byte in head_of(answer, len(body)) + body:
        sock.sendall(bytes([byte]))
        pause.wait(0.05)


def send_endless(sock, answer, _play, _body):
    sock.sendall(head_of(answer, None))
    while True:
        sock.sendall(b"x" * 65536)


def send_garbage(sock, _answer, _play, _body):
    sock.sendall(b"\x00\x01 this is no HTTP \xff\r\n\r\n" * 4)


SENDERS = {
    "hang": send_nothing,
    "close": send_close,
    "reset": send_reset,
    "reset_after_head": send_head_reset,
    "truncated": send_half,
    "stall_body": send_half_stall,
    "drip": send_drip,
    "endless_body": send_endless,
    "garbage": send_garbage,
}


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    sock.close()


def wait_for_end(sock):
    while sock.recv(65536):
        pass


# --- from a shell


def obey(server, start, command):
    """Prints `start`, then what command(server, word, value) says to each {word: value} on standard input."""
    print(json.dumps(start), flush=True)
    for line in sys.stdin:
        try:
            (word, value), = json.loads(line).items()
            said = seen(server, value) if word == "seen" else command(server, word, value)
        except Exception as fault:
            said = {"error": repr(fault)}
        print(json.dumps(said), flush=True)


def seen(server, endpoint):
    return [{"method": r.method, "path": r.path, "headers": r.headers, "connection": r.connection,
             "body": base64.b64encode(r.body).decode()} for r in server.seen(endpoint)]


def close_now(sock):
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
