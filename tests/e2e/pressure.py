"""Annotated pods, created without effect at a steady rate while something happens to the webhook or behind it."""

import pathlib
import sys
import threading
import time

import kubernetes

from objects import Objects

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from injected import is_injected  # noqa: E402

RATE = 10  # per second
ADMITTED_MIN = 50  # less would not have met what happens
TOLD_MAX = 300  # characters of an answer


class Pressure:
    """A context: it begins when entered, and ends with the block. Three things may become of a pod: it was `admitted`
    with an agent; the API server answered otherwise, in `failures`; or nobody answered, in `unanswered`, which tells
    of the API server and not of an admission."""

    def __init__(self, namespace, body, objects=None, rate=RATE):
        # A client of its own: it is another thread's.
        self.objects = objects or Objects(kubernetes.config.new_client_from_config())
        self.namespace, self.body, self.rate = namespace, body, rate
        self.admitted, self.failures, self.unanswered = 0, [], []
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
        while not self.ends.wait(max(0, begin + turns / self.rate - time.monotonic())):
            turns += 1
            self.create()

    def create(self):
        try:
            answer = self.objects.try_create(self.body, self.namespace)
            if is_injected(answer):
                self.admitted += 1
            else:
                self.failures.append(f"{answer.status} {str(answer.raw)[:TOLD_MAX]}")
        except Exception as error:  # pylint: disable=broad-except # whatever it is, this thread has to live on
            self.unanswered.append(repr(error)[:TOLD_MAX])

    def judge(self, least=ADMITTED_MIN):
        """How many were admitted: all, and enough of them. A thread that died would have admitted too few."""
        assert self.failures == [], f"{len(self.failures)} admissions failed"
        assert self.unanswered == [], f"the API server was away {len(self.unanswered)} times"
        assert self.admitted >= least, f"only {self.admitted} admissions"
        return self.admitted
