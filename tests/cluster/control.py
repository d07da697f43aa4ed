"""The running cluster's ear: one request and one answer per connection, both a line of JSON.

  control.py DIRECTORY status                      each server and whether it lives
  control.py DIRECTORY dead                        those of the cluster itself that do not
  control.py DIRECTORY stop NAME                   ends it at once (SIGKILL)
  control.py DIRECTORY start NAME [COMMAND...]     a server that is known, until it is usable; or a new one
  control.py DIRECTORY import FILE                 an image
  control.py DIRECTORY name HOST ADDRESS...        what pods find under HOST (such as db.apps.svc)

A server's output is in a file that is named like it. A new one is run in the network of the cluster and ends with it.
"""

import json
import pathlib
import socket
import socketserver
import sys
import threading

SOCKET = "control.sock"
ANSWER_TIMEOUT = 300  # seconds: a hang guard, longer than those of the servers


class Refused(Exception):
    pass


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        verb, *words = json.loads(self.rfile.readline())
        try:
            with self.server.lock:
                answer = {"result": self.server.verbs[verb](*words)}
        except KeyError as error:
            answer = {"error": f"nothing is known by the name {error}"}
        except (AssertionError, OSError, Refused, TypeError) as error:
            answer = {"error": str(error)}
        self.wfile.write(json.dumps(answer).encode() + b"\n")


class Listener(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True

    def __init__(self, path, verbs):
        super().__init__(str(path), Handler)
        self.verbs, self.lock = verbs, threading.Lock()


def ask(directory, *words):
    """The result; Refused with the reason."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_TIMEOUT)
        try:
            connection.connect(str(pathlib.Path(directory) / SOCKET))
        except OSError as error:
            raise Refused(f"no cluster listens in {directory}: {error.strerror}") from error
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps([str(word) for word in words]).encode() + b"\n")
            stream.flush()
            line = stream.readline()
    answer = json.loads(line) if line else {"error": "the cluster ended meanwhile"}
    if "error" in answer:
        raise Refused(answer["error"])
    return answer["result"]


if __name__ == "__main__":
    try:
        result = ask(*sys.argv[1:])
    except Refused as refusal:
        sys.exit(f"tests/cluster: {refusal}")
    if result is not None:
        print(json.dumps(result, indent=2))
