"""Real Vault servers with Raft storage and TLS: one node, or three that elect a leader."""

import signal

from process import clean_environment, Process, wait_for
from secret_search import remember
from web import Client

PORT = 8200
FIRST = 21  # 10.66.0.21, .22, .23

CONFIG = """disable_mlock = true
ui = false
api_addr = "https://{address}:8200"
cluster_addr = "https://{address}:8201"
listener "tcp" {{
  address = "{address}:8200"
  cluster_address = "{address}:8201"
  tls_cert_file = "{certificate}"
  tls_key_file = "{key}"
}}
storage "raft" {{
  path = "{directory}/data"
  node_id = "{name}"
  performance_multiplier = 1
  autopilot_reconcile_interval = "1s"
  autopilot_update_interval = "500ms"
{joins}}}
"""
JOIN = """  retry_join {{
    leader_api_addr = "https://{address}:8200"
    leader_ca_cert_file = "{ca}"
  }}
"""


class Node:
    """One server; unseal() after each start()."""

    def __init__(self, vault, number):
        self.vault, self.name = vault, f"{vault.name}-{number}"
        self.address = f"10.66.0.{vault.first + number}"
        self.directory = vault.directory / self.name
        (self.directory / "data").mkdir(parents=True)
        self.process = Process(self.name, vault.directory,
                               [vault.program, "server", f"-config={self.directory}/vault.hcl"],
                               env=clean_environment(), cwd=self.directory)
        self.plain = Client(self.address, PORT, vault.authority.certificate)
        self.client = None  # with the root token

    def write_config(self, others):
        certificate, key = self.vault.authority.issue(self.name, self.vault.host_names, [self.address])
        ca = self.vault.authority.certificate
        joins = "".join(JOIN.format(address=o.address, ca=ca) for o in others)
        (self.directory / "vault.hcl").write_text(
            CONFIG.format(address=self.address, certificate=certificate, key=key, directory=self.directory,
                          name=self.name, joins=joins), encoding="utf-8")

    def seal_status(self):
        return self.plain.need("GET", "/v1/sys/seal-status")

    def start(self):
        self.process.start()
        self.process.wait_until(lambda: self.plain.is_up("/v1/sys/seal-status"), "Vault to listen")

    def unseal(self):
        self.plain.need("PUT", "/v1/sys/unseal", {"key": self.vault.unseal_key})

    def wait_usable(self, statuses=(200, 429)):
        self.process.wait_until(lambda: self.plain.is_up("/v1/sys/health", statuses), "Vault to be unsealed")

    def seal(self):
        self.client.need("PUT", "/v1/sys/seal")

    def is_leader(self):
        return self.process.is_alive() and self.plain.is_up("/v1/sys/health", (200,))

    def restart(self):
        """Ended, started and unsealed again."""
        self.process.kill()
        self.start()
        self.unseal()
        self.wait_usable()

    def url(self):
        return f"https://{self.address}:{PORT}"


class Vault:
    """One or three nodes. The root token and the unseal key are known to the test alone."""

    def __init__(self, servers, directory, authority, nodes=1, first=FIRST, name="vault", host_names=("vault.test",)):
        directory.mkdir(exist_ok=True)
        self.host_names = host_names
        self.program, self.directory, self.authority = servers / "vault", directory, authority
        self.first, self.name = first, name
        self.root_token = self.unseal_key = None
        self.nodes = [Node(self, number) for number in range(nodes)]
        for node in self.nodes:
            node.write_config([o for o in self.nodes if o is not node])

    @property
    def first_node(self):
        return self.nodes[0]

    @property
    def ca_file(self):
        return self.authority.certificate

    def start(self):
        first, *others = self.nodes
        first.start()
        made = first.plain.need("PUT", "/v1/sys/init", {"secret_shares": 1, "secret_threshold": 1})
        self.unseal_key = remember("the unseal key", made["keys_base64"][0])
        self.root_token = remember("the root token", made["root_token"])
        for node in self.nodes:
            node.client = Client(node.address, PORT, self.ca_file, {"X-Vault-Token": self.root_token})
        first.unseal()
        first.wait_usable((200,))
        if others:
            self.join(first, others)
        return self

    def join(self, first, others):
        """A new node votes only some time after it joined; without its vote no leader can be replaced."""
        first.client.need("PUT", "/v1/sys/storage/raft/autopilot/configuration", {"server_stabilization_time": "1s"})
        for node in others:
            node.start()
            node.process.wait_until(lambda n=node: n.seal_status()["initialized"], "Vault to join")
            node.unseal()
        for node in others:
            node.wait_usable((429,))
        wait_for(lambda: self.voters() == len(self.nodes), "every node to vote")

    def voters(self):
        found = self.first_node.client.need("GET", "/v1/sys/storage/raft/configuration")
        return sum(1 for server in found["data"]["config"]["servers"] if server["voter"])

    def leader(self):
        return wait_for(lambda: next((n for n in self.nodes if n.is_leader()), None), "a leader")

    def stop(self):
        for node in self.nodes:
            node.process.stop(signal.SIGKILL)
