"""A small JSON service: a table of routes, one thread for each request."""

import http.server
import json
import sys
import traceback

BODY_MAX = 1 << 20  # bytes
IDLE_MAX = 30  # seconds that a connection may say nothing


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
        length = int(self.headers.get("Content-Length") or 0)
        if route is None or length > BODY_MAX:
            self.answer(404 if route is None else 413, {"error": "no such path" if route is None else "too large"})
            return
        try:
            self.answer(*route(rest, json.loads(self.rfile.read(length)) if length else None))
        except Exception:  # pylint: disable=broad-except  # one request must not end the service
            # The text of an exception may hold what was asked; the log gets it, the caller does not.
            traceback.print_exc(file=sys.stderr)
            self.answer(500, {"error": "see the log"})

    do_GET = do_POST = serve

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin  # the base class's name
        """Paths and statuses only."""
        print(f"{self.command} {self.path.split('?')[0]} {args[1] if len(args) > 1 else ''}", flush=True)


def serve(routes, port, context=None):
    handler = type("Routes", (Handler,), {"routes": routes})
    server = http.server.ThreadingHTTPServer(("", port), handler)
    if context is not None:
        # The handshake is left to the request's thread: a client that never begins it holds up nobody else.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()
