"""Annotated pods, created without effect at a steady rate while something happens to the webhook."""

import threading
import time

import kubernetes

from workloads import inject, pod

RATE = 10  # per second


def is_injected(made):
    return any(c.name == "vault-agent-init" for c in made.spec.init_containers or [])


class Pressure:
    """A context: it begins when entered, and ends with the block."""

    def __init__(self, namespace, image):
        client = kubernetes.config.new_client_from_config()  # its own: it is another thread's
        self.core = kubernetes.client.CoreV1Api(client)
        self.namespace, self.body = namespace, pod(image, inject("any", "secret/data/any"), generateName="pressure-")
        self.admitted, self.failures = 0, []
        self.ends = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ends.set()
        self.thread.join()

    def run(self):
        """One late answer does not make the next ones later."""
        begin = time.monotonic()
        turns = 0
        while not self.ends.wait(max(0, begin + turns / RATE - time.monotonic())):
            turns += 1
            self.create()

    def create(self):
        try:
            made = self.core.create_namespaced_pod(self.namespace, self.body, dry_run="All", _request_timeout=60)
            if not is_injected(made):
                self.failures.append("admitted without an agent")
            self.admitted += 1
        except Exception as error:  # pylint: disable=broad-except # whatever it is, an admission has failed
            self.failures.append(str(error))
