"""A small HTTPS client for JSON: one kept connection for each thread."""

import contextlib
import http.client
import json
import socket
import ssl
import threading

TIMEOUT = 30  # seconds, for one answer


class Answer:
    def __init__(self, status, raw):
        self.status, self.raw = status, raw

    @property
    def body(self):
        return json.loads(self.raw) if self.raw else None

    def text(self):
        return self.raw.decode("utf-8", "replace")


class Client:
    """Asks one server; `headers` go with every request."""

    def __init__(self, host, port, ca_file, headers=None, timeout=TIMEOUT):
        self.host, self.port, self.headers, self.timeout = host, port, headers or {}, timeout
        self.context = ssl.create_default_context(cafile=ca_file)
        self.local = threading.local()

    def connection(self):
        if getattr(self.local, "connection", None) is None:
            made = http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout, context=self.context)
            made.connect()
            made.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.local.connection = made
        return self.local.connection

    def forget(self):
        if getattr(self.local, "connection", None) is not None:
            self.local.connection.close()
            self.local.connection = None

    def once(self, method, path, body, kind):
        headers = dict(self.headers, **({"Content-Type": kind} if body is not None else {}))
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection = self.connection()
            connection.request(method, path, body=data, headers=headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        except BaseException:
            self.forget()
            raise

    def ask(self, method, path, body=None, kind="application/json"):
        """The answer, whatever its status. A kept connection that was closed meanwhile is opened again."""
        was_kept = getattr(self.local, "connection", None) is not None
        if was_kept:
            with contextlib.suppress(http.client.RemoteDisconnected, ConnectionError, ssl.SSLEOFError):
                return self.once(method, path, body, kind)
        return self.once(method, path, body, kind)

    def need(self, method, path, body=None, kind="application/json"):
        """The answer's body; anything but success fails the test."""
        answer = self.ask(method, path, body, kind)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.body

    def is_up(self, path, statuses=(200,)):
        try:
            return self.ask("GET", path).status in statuses
        except (OSError, http.client.HTTPException):
            return False
