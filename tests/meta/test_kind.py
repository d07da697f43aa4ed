"""tests/e2e/kind against stand-ins for docker, kind, kubectl and certs/setup: in which order what is called, and what is left."""

import os
import pathlib
import shutil
import stat
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Each notes its call; kind remembers whether there is a cluster.
STAND_INS = {
    "docker": 'case "$1" in inspect) echo 172.18.0.2 ;; esac',
    "kubectl": "",
    "kind": '''case "$1 $2" in
    "get clusters") cat "$STATE/clusters" 2>/dev/null || true ;;
    "create cluster") echo "$4" >"$STATE/clusters" ;;
    "delete cluster") rm -f "$STATE/clusters" ;;
esac''',
    "curl": "exit 1",
}
SETUP = '#!/bin/bash\necho "setup $* at $VAULT_ADDR" >>"$STATE/calls"\n[ ! -e "$STATE/no-vault" ]\n'


@pytest.fixture(name="call")
def fixture_call(tmp_path):
    """call(script, *words) -> (status, what was called)"""
    tools, state, project = tmp_path / "bin", tmp_path / "state", tmp_path / "project"
    for directory in (tools, state, project / "certs"):
        directory.mkdir(parents=True)
    shutil.copytree(ROOT / "tests/e2e/kind", project / "tests/e2e/kind")
    (project / "tests/cluster").symlink_to(ROOT / "tests/cluster")
    shutil.copy(ROOT / "VERSION", project)
    (project / "certs/setup").write_text(SETUP, encoding="ascii")
    (project / "certs/setup").chmod(stat.S_IRWXU)
    for name, body in STAND_INS.items():
        (tools / name).write_text(f'#!/bin/bash\necho "{name} $*" >>"$STATE/calls"\n{body}\n', encoding="ascii")
        (tools / name).chmod(stat.S_IRWXU)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "STATE": str(state), "KEYHOOK_KIND": str(tmp_path / "keyhook-kind"),
           "KIND_NODE_IMAGE": "kindest/node:v1.30.13"}

    def call(script, *words):
        (state / "calls").write_text("", encoding="ascii")
        done = subprocess.run([project / "tests/e2e/kind" / script, *words], env=env, capture_output=True, text=True, timeout=120, check=False)
        return done, (state / "calls").read_text(encoding="ascii").splitlines()

    call.cluster, call.no_vault = tmp_path / "keyhook-kind", state / "no-vault"
    return call


def named(calls, start):
    return [line for line in calls if line.startswith(start)]


def test_up_makes_a_cluster_and_down_leaves_nothing(call):
    done, calls = call("up")
    assert done.returncode == 0, done.stderr
    create, = named(calls, "kind create")
    assert "--name keyhook-kind" in create and "--image kindest/node:v1.30.13" in create
    version = (ROOT / "VERSION").read_text(encoding="ascii").strip()
    assert f"--build-arg VERSION={version} -t localhost/keyhook:test" in named(calls, "docker build")[0]
    assert [line.split()[3] for line in named(calls, "kind load")] == ["localhost/keyhook:test", "localhost/test-base:1"]
    applied, = named([line.replace(f"--kubeconfig {call.cluster}/kubeconfig ", "") for line in calls], "kubectl apply")
    assert applied.endswith("vault.yaml")
    assert calls[-1].endswith("--kubernetes-host https://kubernetes.default.svc at https://172.18.0.2:30820")
    settings = (call.cluster / "environment").read_text(encoding="ascii")
    assert "VAULT_ADDR=https://172.18.0.2:30820\n" in settings
    assert stat.S_IMODE(call.cluster.stat().st_mode) == 0o700

    done, calls = call("down")
    assert done.returncode == 0, done.stderr
    assert named(calls, "kind delete") == ["kind delete cluster --name keyhook-kind"]
    assert not call.cluster.exists()


def test_a_second_up_loads_the_image_alone(call):
    call("up")
    done, calls = call("up")
    assert done.returncode == 0, done.stderr
    assert named(calls, "kind create") == [] and len(named(calls, "kind load")) == 1


def test_something_left_is_told(call):
    """A cluster is complete when Vault is set up, and not before."""
    call.no_vault.touch()
    assert call("up")[0].returncode != 0
    call.no_vault.unlink()
    done, calls = call("up")
    assert done.returncode == 1 and "tests/e2e/kind/down" in done.stderr and named(calls, "kind load") == []
    assert call("in", "true")[0].returncode == 1


@pytest.mark.parametrize("script", ["down", "up"])
def test_a_directory_of_somebody_else_stays(call, script):
    call.cluster.mkdir()
    (call.cluster / "thesis").touch()
    done, calls = call(script)
    assert done.returncode == 1 and "is not empty and not a cluster's" in done.stderr and calls == []
    assert (call.cluster / "thesis").exists()


def test_in_gives_the_settings(call):
    call("up")
    done, _ = call("in", "/bin/sh", "-c", 'echo "$VAULT_ADDR $KUBECONFIG"')
    assert done.stdout == f"https://172.18.0.2:30820 {call.cluster}/kubeconfig\n"


def test_down_without_a_cluster_is_fine(call):
    done, calls = call("down")
    assert done.returncode == 0 and named(calls, "kind delete") == []


@pytest.mark.parametrize("script", ["in", "logs"])
def test_nothing_to_look_at(call, script):
    done, _ = call(script)
    assert done.returncode == 1
