"""What the local cluster offers beside Kubernetes: servers that end and come back, and others beside them."""

import contextlib
import fcntl
import os
import pathlib
import secrets
import shutil
import subprocess
import sys
import threading

from kubernetes.client.exceptions import ApiException
import pytest

from pods import is_ready
from waiting import wait_for

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "cluster"))
import control  # noqa: E402  pylint: disable=wrong-import-position

CLUSTER = os.environ.get("KEYHOOK_CLUSTER", "")
HOST, ADDRESS, PORT = "files.rig.svc", "10.66.0.63", "8000"
LOG_BYTES, COPIES = 2 << 20, 50


def status(name):
    return control.ask(CLUSTER, "status")[name]


@pytest.fixture(name="shell")
def fixture_shell(core, pods, namespace, images):
    """shell(*command) runs in a pod."""
    core.create_namespaced_pod(namespace, {"metadata": {"name": "shell"}, "spec": {
        "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": images.base}]}})
    pods.wait_ready(namespace, "shell")
    return lambda *command: pods.execute(namespace, "shell", "c", *command)


def answers(shell):
    """A kubelet that has just started does not know its pods at once."""
    with contextlib.suppress(ApiException):
        return shell("echo", "here") == "here\n"
    return False


@pytest.fixture(name="busy_logs")
def fixture_busy_logs(tmp_path):
    """What looks like a cluster: one log that grows, others that are gone as soon as they are there."""
    cluster, ends = tmp_path / "busy", threading.Event()
    cluster.mkdir()
    (cluster / ".keyhook-test-cluster").touch()
    (cluster / "grows.log").write_bytes(b"begin\n" + bytes(LOG_BYTES))

    def write():
        with open(cluster / "grows.log", "ab") as log:
            while not ends.wait(0.001):
                log.write(bytes(1 << 10))
                log.flush()
                pod = cluster / secrets.token_hex(4)
                pod.mkdir()
                (pod / "short.log").touch()
                shutil.rmtree(pod)

    thread = threading.Thread(target=write)
    thread.start()
    yield cluster
    ends.set()
    thread.join()


def test_logs_are_copied_while_they_are_written(busy_logs, tmp_path, monkeypatch):
    monkeypatch.setenv("KEYHOOK_CLUSTER", str(busy_logs))
    for number in range(COPIES):
        done = subprocess.run([HERE.parent / "cluster/logs", tmp_path / str(number)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        with open(tmp_path / str(number) / "grows.log", "rb") as copy:
            assert copy.readline() == b"begin\n"


@pytest.mark.parametrize("name", ["kube-apiserver", "kubelet", "containerd", "vault-0"])
def test_a_server_ends_and_comes_back(name, shell, core, vault, namespace):
    control.ask(CLUSTER, "stop", name)
    assert not status(name)
    control.ask(CLUSTER, "start", name)
    assert status(name) and control.ask(CLUSTER, "dead") == []
    assert vault.need("GET", "sys/seal-status")["sealed"] is False
    assert is_ready(core.read_namespaced_pod("shell", namespace))
    wait_for(lambda: answers(shell), "the pod to answer")


def test_another_number_of_vaults_is_refused():
    """Who asks for three nodes must not get a cluster with one."""
    nodes = sum(name.startswith("vault-") for name in control.ask(CLUSTER, "status"))
    done = subprocess.run([HERE.parent / "cluster/up", "--vault-nodes", str(4 - nodes)], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert done.returncode == 1 and f"has {nodes} of Vault's nodes, not {4 - nodes}" in done.stderr


def test_one_more_process_has_a_name(shell, tmp_path):
    (tmp_path / "page").write_text("found\n", encoding="ascii")
    control.ask(CLUSTER, "start", "files", sys.executable, "-m", "http.server", "--bind", ADDRESS, "--directory",
                tmp_path, PORT)
    control.ask(CLUSTER, "name", HOST, ADDRESS)
    try:
        page = f"http://{HOST}:{PORT}/page"
        assert wait_for(lambda: shell("sh", "-c", f"wget -q -O- {page} || true"), "the page") == "found\n"
    finally:
        control.ask(CLUSTER, "stop", "files")
    assert not status("files")


def test_what_a_killed_run_has_left_is_swept(tmp_path):
    """Its network and its directory, with Vault's root token in it; not those of a run that goes on."""
    name = f"keyhook-rig-{secrets.token_hex(4)}"
    cluster, owner, network = tmp_path / name, tmp_path / f"{name}.owner", pathlib.Path("/run/netns", name)
    cluster.mkdir()
    (cluster / ".keyhook-test-cluster").touch()
    (cluster / "root-token").touch()
    sweep = [HERE.parent / "cluster/sweep", tmp_path / "keyhook-rig"]
    with open(owner, "wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        subprocess.run(["ip", "netns", "add", name], check=True, timeout=60)
        try:
            subprocess.run(sweep, check=True, timeout=120)
            assert network.exists() and (cluster / "root-token").exists()
            fcntl.flock(file, fcntl.LOCK_UN)
            subprocess.run(sweep, check=True, timeout=120)
            assert not network.exists() and not cluster.exists() and not owner.exists()
        finally:
            if network.exists():
                subprocess.run(["ip", "netns", "delete", name], check=True, timeout=60)


def test_what_is_not_known_is_told():
    for words, told in ((("start", "nothing"), "nothing"), (("stop", "nothing"), "nothing"), (("fly",), "fly"),
                        (("start", "etcd", "true"), "etcd is known already")):
        with pytest.raises(control.Refused, match=told):
            control.ask(CLUSTER, *words)
