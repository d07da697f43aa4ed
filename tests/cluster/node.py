"""A node below the API server: controllers, scheduler, containerd, kubelet, and the names of services.

Lives in a network, a process space and mounts of its own, which `up` makes: no state, socket or setting of the machine
is touched apart from one parent cgroup. Servers beside Kubernetes have addresses of their own on the bridge; dnsmasq tells
pods their names, and knows no others.
"""

import json
import pathlib
import secrets
import subprocess

import kube
from process import clean_environment, Process
from secret_search import remember

NAME = "node1"
BRIDGE = "pods"
# A bridge without an address of its own takes the lowest of its members': it would change as pods come and go, and
# those that know the old one would reach nobody for half a minute.
BRIDGE_ADDRESS = "02:00:0a:42:00:01"
NETWORK = "10.66.0"
SERVERS = range(2, 64)  # 10.66.0.2 to .63: for processes of the host; pods have .64 to .250
CGROUPS = pathlib.Path("/sys/fs/cgroup")
TUNABLES = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic", "kernel/panic_on_oops",
            "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes")
COMPONENTS = {"scheduler": "system:kube-scheduler", "controllers": "system:kube-controller-manager",
              "kubelet": f"system:node:{NAME}", "proxy": "system:kube-proxy"}

CONTAINERD = """version = 2
root = "{directory}/containerd"
state = "{directory}/containerd-state"
disabled_plugins = [{disabled}]
[grpc]
  address = "{socket}"
[ttrpc]
  address = "{socket}.ttrpc"
[plugins."io.containerd.internal.v1.opt"]
  path = "{directory}/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "{pause}"
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "{directory}/cni"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
    SystemdCgroup = false
"""
DISABLED = ("io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
            "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
            "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp")


def run(*command):
    subprocess.run([str(word) for word in command], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def kubeconfig(authority, token):
    """Complete in itself: it names no other file."""
    cluster = {"server": f"https://{kube.HOST}", "certificate-authority-data": authority.base64()}
    return json.dumps({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "test", "cluster": cluster}],
                       "users": [{"name": "test", "user": {"token": token}}],
                       "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]})


class NodeKube(kube.Kube):
    """The API server of a cluster that has a node: it knows the components, and the kubelet knows it."""

    def accounts(self):
        self.tokens = {name: remember(f"the token of {name}", secrets.token_hex(16)) for name in COMPONENTS}
        nodes = {"kubelet": "system:nodes"}
        return super().accounts() + [(self.tokens[name], user, nodes.get(name, ""))
                                     for name, user in COMPONENTS.items()]

    def api_command(self, servers):
        certificate, key = self.authority.issue("kubelet-client", organization="system:masters")
        return [*super().api_command(servers), "--allow-privileged=true",
                f"--kubelet-client-certificate={certificate}", f"--kubelet-client-key={key}",
                "--kubelet-preferred-address-types=InternalIP"]  # the node's name means nothing to anybody

    def config_of(self, name):
        path = self.directory / f"{name}.kubeconfig"
        path.touch(0o600)
        path.write_text(kubeconfig(self.authority, self.tokens.get(name, self.admin_token)), encoding="ascii")
        return path


class Node:
    """What runs beside the API server; `cluster` is also the name of the parent cgroup."""

    def __init__(self, servers, directory, cluster, api):
        directory.mkdir()
        self.servers, self.directory, self.cluster, self.api = servers, directory, cluster, api
        self.socket, self.names = directory / "containerd.sock", directory / "names"
        self.names.mkdir()
        environment = clean_environment()
        self.processes = {name: Process(name, directory, command, env=environment, cwd=directory)
                          for name, command in self.commands().items()}

    def commands(self):
        authority, config = self.api.authority, self.api.config_of
        signing = [f"--cluster-signing-cert-file={authority.certificate}", f"--cluster-signing-key-file={authority.key}"]
        return {
            "kube-controller-manager": [
                self.servers / "kube-controller-manager", f"--kubeconfig={config('controllers')}",
                "--leader-elect=false", "--secure-port=0", "--use-service-account-credentials=true",
                f"--service-account-private-key-file={self.api.signing_key}",
                f"--root-ca-file={authority.certificate}", *signing,
                "--controllers=*,-nodeipam,-cloud-node-lifecycle,-service-lb-controller,-node-route-controller"],
            "kube-scheduler": [
                self.servers / "kube-scheduler", f"--kubeconfig={config('scheduler')}", "--leader-elect=false",
                "--secure-port=0"],
            "dnsmasq": [
                "dnsmasq", "--keep-in-foreground", "--user=root", "--pid-file", "--no-hosts", "--no-resolv",
                f"--hostsdir={self.names}", "--address=/#/", "--bind-interfaces", f"--listen-address={kube.HOST}"],
            "containerd": ["containerd", f"--config={self.directory}/containerd.toml"],
            "kube-proxy": [self.servers / "kube-proxy", f"--config={self.directory}/proxy.json"],
            "kubelet": [
                self.servers / "kubelet", f"--config={self.directory}/kubelet.json",
                f"--kubeconfig={config('kubelet')}", f"--root-dir={self.directory}/kubelet",
                f"--cert-dir={self.directory}/kubelet-certificates", f"--hostname-override={NAME}",
                f"--node-ip={kube.HOST}"],
        }

    # --- the machine

    def make_network(self):
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "add", BRIDGE, "address", BRIDGE_ADDRESS, "type", "bridge")
        run("ip", "address", "add", f"{kube.HOST}/24", "dev", BRIDGE)
        for number in SERVERS:
            run("ip", "address", "add", f"{NETWORK}.{number}/32", "dev", BRIDGE)
        run("ip", "address", "add", f"{kube.SERVICES}.1/32", "dev", BRIDGE)  # the Service of the API server
        run("ip", "link", "set", BRIDGE, "up")

    def hide_machine(self):
        """Fixed paths and the kernel's settings that the kubelet writes to lead to files of our own."""
        for folder in ("/run", "/var/lib", "/var/log"):
            run("mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder)
        for name in TUNABLES:
            real, own = pathlib.Path("/proc/sys", name), self.directory / name.replace("/", "-")
            if real.exists():
                own.write_text(real.read_text(encoding="ascii"), encoding="ascii")
                run("mount", "--bind", own, real)

    def make_cgroups(self):
        """In each hierarchy; a kubelet kills the pods below its root that it does not know."""
        roots = [file.parent for file in CGROUPS.glob("*/cgroup.procs")]
        for root in [r for r in roots if (r / "cgroup.clone_children").exists()] or [CGROUPS]:
            own = root / self.cluster
            own.mkdir(exist_ok=True)
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (own / name).exists() and (root / name).exists():
                    (own / name).write_text((root / name).read_text(encoding="ascii"), encoding="ascii")

    # --- containers

    def write_configs(self, pause):
        disabled = ", ".join(f'"{name}"' for name in DISABLED)
        (self.directory / "containerd.toml").write_text(
            CONTAINERD.format(directory=self.directory, socket=self.socket, pause=pause, disabled=disabled),
            encoding="ascii")
        (self.directory / "cni").mkdir()
        ranges = {"subnet": f"{NETWORK}.0/24", "rangeStart": f"{NETWORK}.{SERVERS.stop}",
                  "rangeEnd": f"{NETWORK}.250", "gateway": kube.HOST}
        addresses = {"type": "host-local", "dataDir": f"{self.directory}/addresses",
                     "routes": [{"dst": "0.0.0.0/0"}], "ranges": [[ranges]]}
        (self.directory / "cni/bridge.conflist").write_text(json.dumps({
            "cniVersion": "0.4.0", "name": "pods", "plugins": [{
                "type": "bridge", "bridge": BRIDGE, "isGateway": True, "ipMasq": False, "hairpinMode": True,
                "ipam": addresses}]}), encoding="ascii")
        (self.directory / "kubelet.json").write_text(json.dumps(self.kubelet_config()), encoding="ascii")
        (self.directory / "proxy.json").write_text(json.dumps(self.proxy_config()), encoding="ascii")

    def kubelet_config(self):
        """Nothing is evicted or collected: the machine's disk is not the cluster's."""
        never = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available",
                 "imagefs.inodesFree")
        return {
            "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration", "address": kube.HOST,
            "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                               "x509": {"clientCAFile": str(self.api.authority.certificate)}},
            "authorization": {"mode": "Webhook"}, "containerRuntimeEndpoint": f"unix://{self.socket}",
            "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{self.cluster}", "failCgroupV1": False, "failSwapOn": False,
            "enforceNodeAllocatable": ["none"], "evictionHard": {name: "0%" for name in never},
            "imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
            "localStorageCapacityIsolation": False, "makeIPTablesUtilChains": False,
            "podLogsDir": f"{self.directory}/pods", "volumePluginDir": f"{self.directory}/plugins",
            "resolvConf": "", "clusterDNS": [kube.HOST], "clusterDomain": "cluster.local",
            "nodeStatusUpdateFrequency": "5s", "syncFrequency": "10s", "serializeImagePulls": False,
        }

    def proxy_config(self):
        """It leaves the kernel's table of connections as it is."""
        as_it_is = {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"}
        return {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration", "mode": "nftables",
            "clusterCIDR": f"{NETWORK}.0/24", "hostnameOverride": NAME, "conntrack": as_it_is,
            "clientConnection": {"kubeconfig": str(self.api.config_of("proxy"))},
        }

    def ctr(self, *words):
        done = subprocess.run(["ctr", f"--address={self.socket}", "--namespace=k8s.io", *map(str, words)],
                              check=False, capture_output=True, text=True)
        assert done.returncode == 0, f"ctr {words}: {done.stderr}"

    def start_containerd(self):
        process = self.processes["containerd"].start()
        process.wait_until(lambda: subprocess.run(
            ["ctr", f"--address={self.socket}", "version"], check=False, capture_output=True).returncode == 0,
            "containerd")

    def start_kubelet(self):
        self.processes["kubelet"].start().wait_until(self.is_ready, "the node to be ready")

    def is_ready(self):
        """The object may be ready still when the kubelet is not yet."""
        return self.api.client.is_up(f"/api/v1/nodes/{NAME}/proxy/healthz") and self.has_condition()

    def has_condition(self):
        answer = self.api.client.ask("GET", f"/api/v1/nodes/{NAME}")
        conditions = answer.body["status"].get("conditions", []) if answer.status == 200 else []
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)

    def has_default_account(self):
        return self.api.client.ask("GET", "/api/v1/namespaces/default/serviceaccounts/default").status == 200

    def tell(self, host, addresses):
        """A service's name for all pods; dnsmasq sees the file."""
        lines = [f"{address} {host}.cluster.local {host}\n" for address in addresses]
        (self.names / host).write_text("".join(lines), encoding="ascii")
