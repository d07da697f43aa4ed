"""A small JSON service: a table of routes, one thread for each request."""

import http.server
import json
import signal
import sys
import threading
import traceback

BODY_MAX = 1 << 20  # bytes
LENGTH_DIGITS_MAX = 18
IDLE_MAX = 30  # seconds that a connection may say nothing
REFUSALS = {404: "no such path", 400: "Content-Length is not a length", 413: "too large"}


def length_of(text):
    """None when it is no number: a negative one would read on for as long as the caller likes."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LENGTH_DIGITS_MAX else None


def refusal(route, length):
    """A status, None when there is nothing against it."""
    if route is None:
        return 404
    if length is None:
        return 400
    return 413 if length > BODY_MAX else None


def plain(line):
    """As ASCII that no terminal obeys."""
    return line.encode("unicode_escape").decode("ascii")


class Handler(http.server.BaseHTTPRequestHandler):
    timeout = IDLE_MAX
    routes = {}  # (method, first part of the path) -> function(rest of the path, body) -> (status, object)

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def serve(self):
        first, _, rest = self.path.strip("/").partition("/")
        route = self.routes.get((self.command, first))
        length = length_of(self.headers.get("Content-Length", "0"))
        if refused := refusal(route, length):
            self.answer(refused, {"error": REFUSALS[refused]})
            return
        try:
            body = json.loads(self.rfile.read(length)) if length else None
        except (ValueError, RecursionError):
            self.answer(400, {"error": "the body is not JSON"})
            return
        try:
            self.answer(*route(rest, body))
        except Exception:  # pylint: disable=broad-except  # one request must not end the service
            # The text of an exception may hold what was asked; the log gets it, the caller does not.
            print(*map(plain, traceback.format_exc().splitlines()), sep="\n", file=sys.stderr, flush=True)
            self.answer(500, {"error": "see the log"})

    do_GET = do_POST = serve

    def log_request(self, code="-", size="-"):
        """Path and status alone. A request line that is none has no path."""
        line = f"{self.command or '-'} {getattr(self, 'path', '-').split('?')[0]} {int(code)}"
        print(plain(line), flush=True)

    def log_error(self, format, *args):  # pylint: disable=redefined-builtin  # the base class's name
        """A refusal is logged as a request, and a client that says nothing is none."""


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = False  # server_close() waits for the requests that are being answered


def serve(routes, port, context=None):
    """Until SIGTERM, to which the first process of a container is deaf unless it asks for it."""
    handler = type("Routes", (Handler,), {"routes": routes})
    with Server(("", port), handler) as server:
        if context is not None:
            # The handshake is left to the request's thread: a client that never begins it holds up nobody else.
            server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
        server.serve_forever()
