"""Vault without a leader, and what goes on meanwhile."""

from stage import VAULT_NODES, wait_for


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
        """There is a leader again."""
        self.stage.control("start", self.standby)
        self.stage.vault.leader()

    def repair(self):
        """Whatever is down or sealed is started again; three nodes vote."""
        for name in VAULT_NODES:
            if self.stage.vault.health(name) in (0, 503):
                self.stage.control("start", name)
        wait_for(lambda: all(self.stage.vault.health(name) in (200, 429) for name in VAULT_NODES), "all nodes of Vault")
        self.stage.vault.leader()
