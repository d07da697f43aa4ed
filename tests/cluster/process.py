"""Processes with a log of their own, and waiting for them."""

import functools
import os
import pathlib
import signal
import subprocess

import waiting

ROOT = pathlib.Path(__file__).resolve().parents[2]

# A process of this machine is asked more often than an API server.
wait_for = functools.partial(waiting.wait_for, poll=0.05)


class Process:
    """A child whose output goes to <directory>/<name>.log, over all its lives."""

    def __init__(self, name, directory, command, env=None, cwd=None):
        self.name, self.command, self.env, self.cwd = name, [str(c) for c in command], env, cwd
        self.log = pathlib.Path(directory) / f"{name}.log"
        self.child = None

    def start(self):
        assert not self.is_alive(), f"{self.name} runs already"
        with open(self.log, "ab") as out:
            self.child = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                                          env=self.env, cwd=self.cwd)
        return self

    @property
    def pid(self):
        return self.child.pid

    def is_alive(self):
        return self.child is not None and self.child.poll() is None

    def send(self, number):
        if self.is_alive():
            self.child.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Ends it, by force when it hangs; its exit status, None when it never ran."""
        if self.child is None:
            return None
        self.send(number)
        try:
            return self.child.wait(waiting.HANG_GUARD)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise

    def kill(self):
        return self.stop(signal.SIGKILL)

    def wait_until(self, condition, what, guard=waiting.HANG_GUARD):
        """Waits for condition(), not longer than the process lives."""

        def either():
            assert self.is_alive(), f"{self.name} ended while waiting for {what}:\n{self.tail()}"
            return condition()

        return wait_for(either, what, guard)

    def text(self):
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def tail(self, lines=20):
        return "\n".join(self.text().splitlines()[-lines:])


def clean_environment(**extra):
    """The caller's environment without anything that configures Keyhook or a Vault client."""
    ours = ("AGENT_INJECT_", "KEYHOOK_", "KUBERNETES_", "VAULT_", "BAO_", "TLS_", "NAMESPACE", "POD_NAME")
    env = {k: v for k, v in os.environ.items() if not k.startswith(ours) and k != "KEYHOOK"}
    env = {k: v for k, v in env.items() if not k.lower().endswith("_proxy")}
    return env | {k: str(v) for k, v in extra.items()}
