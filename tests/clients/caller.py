"""The program build/.../tests/clients/call with its script: one line in, one line out."""

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import time

HANG_GUARD = 60
ROOT = pathlib.Path(__file__).resolve().parents[2]
PROXY_VARIABLES = {f"{p}_PROXY" for p in ("HTTP", "HTTPS", "ALL", "NO")}


def program():
    return ROOT / os.environ.get("BUILD", "build/release") / "tests" / "clients" / "call"


def wait_for(condition, what):
    end = time.monotonic() + HANG_GUARD
    while not (result := condition()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.01)
    return result


class Caller:
    def __init__(self, env=None, wrapper=()):
        clean = {k: v for k, v in os.environ.items() if k.upper() not in PROXY_VARIABLES}
        self.process = subprocess.Popen(
            [*wrapper, str(program())], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env={**clean, **(env or {})}, text=True, bufsize=1)
        self.said = []  # every message

    def start(self, command, value=None):
        """Sends a command without waiting for its answer."""
        self.process.stdin.write(json.dumps({command: {} if value is None else value}) + "\n")
        self.process.stdin.flush()

    def answer(self, guard=HANG_GUARD):
        ready, _, _ = select.select([self.process.stdout], [], [], guard)
        line = self.process.stdout.readline() if ready else ""
        assert line, f"no answer; {self.process.poll()}"
        reply = json.loads(line)
        self.said.append(reply.get("message", ""))
        return reply

    def do(self, command, value=None):
        self.start(command, value)
        return self.answer()

    def good(self, command, value=None):
        reply = self.do(command, value)
        assert reply["rc"] == 0, reply
        return reply

    def get(self, path="/", **request):
        return self.do("call", {"method": "GET", "path": path, **request})

    def cancel(self):
        self.process.send_signal(signal.SIGUSR1)

    def end(self):
        """Its standard error, which sanitizers use; the process must end well."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(HANG_GUARD)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.process.stdout.close()
            self.errors = self.process.stderr.read()
            self.process.stderr.close()
        assert self.process.returncode == 0, self.errors
        return self.errors
