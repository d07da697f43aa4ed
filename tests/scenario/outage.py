"""Vault without a leader, and what goes on meanwhile."""

import threading

from stage import NAMESPACE, VAULT_NODES, wait_for

ADMISSION_PAUSE = 0.2  # seconds between two pods


class Outage:
    """The leader is killed, and one of the standbys with it: the last one can be promoted only after end() has
    started that standby again, so that whatever a test is about falls into the outage."""

    def __init__(self, stage):
        self.stage, self.leader, self.standby = stage, None, None

    def begin(self):
        self.leader = self.stage.vault.leader()
        self.standby = next(name for name in VAULT_NODES if name != self.leader)
        for name in (self.leader, self.standby):
            self.stage.control("stop", name)

    def end(self):
        """The name of the node that was promoted."""
        self.stage.control("start", self.standby)
        return self.stage.vault.leader()

    def repair(self):
        """Whatever is down is started again; three nodes vote."""
        for name, is_alive in self.stage.control("status").items():
            if name in VAULT_NODES and not is_alive:
                self.stage.control("start", name)
        wait_for(lambda: all(self.stage.vault.health(name) in (200, 429) for name in VAULT_NODES), "all nodes of Vault")
        self.stage.vault.leader()


class Admissions:
    """Creates an annotated pod again and again, without effect; each has to be injected."""

    def __init__(self, stage, pod):
        self.stage, self.pod, self.count, self.failures = stage, pod, 0, []
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        while self.running:
            answer = self.stage.objects.try_create(self.pod, NAMESPACE)
            self.count += 1
            names = [c["name"] for c in answer.body["spec"]["initContainers"]] if answer.status == 201 else []
            if "vault-agent-init" not in names:
                self.failures.append(f"{answer.status} {answer.raw[:300]}")
            threading.Event().wait(ADMISSION_PAUSE)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
