"""Starts a whole cluster and stays its parent; `up` runs it in the namespaces that it needs, `down` ends them.

  supervise.py DIRECTORY SERVERS VAULT-NODES [OWNER]

All state is below DIRECTORY, where images/ holds what `up` has prepared. The file `environment` appears there when
everything can be used. The end of whoever holds a lock on the file OWNER is also the cluster's.
"""

import contextlib
import fcntl
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import threading
import time

import control
import kube
from authority import Authority
from images import BASE
from node import Node, NodeKube
from process import clean_environment, Process, ROOT
from vault import PORT, Vault

VAULT_HOST = "vault.vault.svc"
NAMESPACE = "keyhook-system"  # where the documents install it


class Cluster:
    def __init__(self, directory, servers, nodes):
        self.directory, self.servers = directory, servers
        self.authority = Authority(directory / "authority", "authority of the test cluster")
        self.kube = NodeKube(servers, directory / "kube", self.authority)
        self.node = Node(servers, directory / "node", directory.name, self.kube)
        names = [VAULT_HOST, f"{VAULT_HOST}.cluster.local"]
        self.vault = Vault(servers, directory / "vault", self.authority, nodes, host_names=names)
        self.known = {}  # name -> (process, how it is started)
        self.own = set()  # names of those that belong to every cluster
        self.imported = {}

    # --- starting, in stages

    def stages(self):
        node, processes = self.node, self.node.processes
        return [
            ("network and control groups", node.make_network, node.hide_machine, node.make_cgroups),
            ("API server", self.kube.start),
            ("containerd", lambda: node.write_configs(BASE), node.start_containerd),
            ("images", self.import_images),
            ("node", processes["kube-controller-manager"].start, processes["kube-scheduler"].start,
             processes["kube-proxy"].start, processes["dnsmasq"].start, node.start_kubelet),
            ("Vault", self.vault.start, self.keep_secrets),
            ("default account", self.wait_for_account),
            ("Vault's objects and logins", self.make_service, self.set_up_vault),
        ]

    def start(self):
        for name, *steps in self.stages():
            begin = time.monotonic()
            for step in steps:
                step()
            print(f"{name}: {time.monotonic() - begin:.1f} s", flush=True)
        self.register()

    def register(self):
        plain = {"etcd": (self.kube.etcd, self.kube.etcd.start), "kube-apiserver": (self.kube.api, self.kube.start_api)}
        for name, process in self.node.processes.items():
            plain[name] = (process, process.start)
        plain["containerd"] = (self.node.processes["containerd"], self.node.start_containerd)
        plain["kubelet"] = (self.node.processes["kubelet"], self.node.start_kubelet)
        for vault in self.vault.nodes:
            plain[vault.name] = (vault.process, vault.restart)
        self.known, self.own = plain, set(plain)

    def import_images(self):
        for archive in sorted((self.directory / "images").glob("*.tar")):
            self.import_image(archive)

    def import_image(self, path):
        """Nothing when it is the one that was imported already."""
        found = os.stat(path)
        stamp = (found.st_ino, found.st_mtime_ns)
        if self.imported.get(str(path)) != stamp:
            self.node.ctr("image", "import", path)
            self.imported[str(path)] = stamp

    def wait_for_account(self):
        """A pod that is created before is refused."""
        self.node.processes["kube-controller-manager"].wait_until(self.node.has_default_account, "a default account")

    # --- Vault, as pods see it

    def addresses(self):
        return [vault.address for vault in self.vault.nodes]

    def make_service(self):
        """A Service with fixed endpoints, and the name for pods; its certificate is in each namespace that asks."""
        client, host = self.kube.client, VAULT_HOST.removesuffix(".svc")
        name, namespace = host.split(".")
        client.need("POST", "/api/v1/namespaces", {"metadata": {"name": namespace}})
        client.need("POST", f"/api/v1/namespaces/{namespace}/services", {
            "metadata": {"name": name}, "spec": {"clusterIP": "None", "ports": [{"name": "https", "port": PORT}]}})
        client.need("POST", f"/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices", {
            "metadata": {"name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}}, "addressType": "IPv4",
            "ports": [{"name": "https", "port": PORT}],
            "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in self.addresses()]})
        self.node.tell(VAULT_HOST, self.addresses())

    def set_up_vault(self):
        """Authorities for certificates and the login of pods, as an operator makes them."""
        reviewer = self.directory / "vault/reviewer"
        reviewer.write_text(self.kube.reviewer_token() + "\n", encoding="ascii")
        done = subprocess.run(
            [ROOT / "certs/setup", "--namespace", NAMESPACE, "--kubernetes-host", f"https://{kube.HOST}", "--kubernetes-ca",
             self.authority.certificate, "--reviewer-token-file", reviewer],
            env=clean_environment(**self.vault_environment()), check=False, capture_output=True, text=True,
            stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr

    def vault_environment(self):
        return {"VAULT_ADDR": self.vault.first_node.url(), "VAULT_CACERT": self.authority.certificate,
                "VAULT_TOKEN": self.vault.root_token}

    def keep_secrets(self):
        for name, value in (("root-token", self.vault.root_token), ("unseal-key", self.vault.unseal_key)):
            path = self.directory / "vault" / name
            path.touch(0o600)
            path.write_text(value, encoding="ascii")

    # --- what is told to the outside

    def publish(self):
        """Complete or not there at all."""
        settings = {"KUBECONFIG": self.kube.config_of("admin"), **self.vault_environment(),
                    "KEYHOOK_CLUSTER": self.directory}
        lines = [f"{name}={shlex.quote(str(value))}\n" for name, value in settings.items()]
        lines.append(f'PATH={shlex.quote(str(self.servers))}:"$PATH"\n')
        part = self.directory / "environment.part"
        part.touch(0o600)
        part.write_text("".join(lines), encoding="utf-8")
        part.rename(self.directory / "environment")

    def status(self):
        return {name: process.is_alive() for name, (process, _) in self.known.items()}

    def dead(self):
        """Those without which it is half a cluster."""
        return [name for name, lives in self.status().items() if name in self.own and not lives]

    def stop_server(self, name):
        self.known[name][0].stop(signal.SIGKILL)

    def start_server(self, name, *command):
        if command and (name in self.own or self.status().get(name)):
            raise control.Refused(f"{name} is known already")
        if command:
            process = Process(name, self.directory, command, env=clean_environment(), cwd=self.directory)
            self.known[name] = (process, process.start)
        self.known[name][1]()

    def verbs(self):
        return {"status": self.status, "dead": self.dead, "stop": self.stop_server, "start": self.start_server,
                "import": self.import_image, "name": lambda host, *addresses: self.node.tell(host, addresses)}


def end_with(owner):
    with open(owner, "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    os._exit(0)


def main():
    directory, servers, nodes, *owner = sys.argv[1:]
    if owner:
        threading.Thread(target=end_with, args=owner, daemon=True).start()
    cluster = Cluster(pathlib.Path(directory), pathlib.Path(servers), int(nodes))
    cluster.start()
    with contextlib.suppress(FileNotFoundError):
        (cluster.directory / control.SOCKET).unlink()
    with control.Listener(cluster.directory / control.SOCKET, cluster.verbs()) as listener:
        cluster.publish()
        listener.serve_forever()


if __name__ == "__main__":
    main()
