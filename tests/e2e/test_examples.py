"""manifests/examples in a cluster: valid as they stand, injected by the webhook, and running with their secrets."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from objects import documents, Objects
from release import keyhook as offline, Release
from vault_admin import VaultAdmin
from waiting import wait_for

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "examples"
NAMESPACE = "keyhook-examples"
IMAGE = "busybox:1.37"
SCENARIO = EXAMPLES / "phoenix-guardian"  # which has a suite of its own, with the servers that it needs
FILES = sorted(p.relative_to(EXAMPLES).as_posix() for p in EXAMPLES.rglob("*.yaml")
               if p.name != "namespace.yaml" and SCENARIO not in p.parents)
SECRETS = re.findall(r"^secret examples/(\S+) ", (EXAMPLES / "vault-setup").read_text(encoding="utf-8"), re.MULTILINE)
INIT, BOTH = ["vault-agent-init"], ["vault-agent-init", "vault-agent"]
IN_POD = """#!/bin/sh
exec kubectl -n vault exec -i deploy/vault -- env VAULT_ADDR=http://127.0.0.1:8200 VAULT_TOKEN="$VAULT_TOKEN" vault "$@"
"""
STATUS = "vault.hashicorp.com/agent-inject-status"

# file -> (containers of the agent, the container that prints, what it prints; {path[key]} is a secret's value and
# {path[key]:n} its length)
RUNS = {
    "agent-configmap.yaml": (BOTH, "ledger", "ledger of {ledger[username]}"),
    "init-only.yaml": (INIT, "catalog", "serving as {catalog[username]}"),
    "job-with-agent.yaml": (BOTH, "import", "importing as {import[username]}"),
    "job.yaml": (INIT, "report", "reporting with a token of {report[token]:n} characters"),
    "own-token.yaml": (BOTH, "mailer", "sending with a password of {mailer[password]:n} characters"),
    "services/billing-json.yaml": (BOTH, "billing", "mail goes to {billing/mail[host]}"),
    "services/orders-env.yaml": (BOTH, "orders", "user {orders[username]}, a password of {orders[password]:n} characters"),
    "services/payment-file.yaml": (BOTH, "payment", "the key: user 65532, mode 400, {payment[key]:n} bytes"),
    "web.yaml": (BOTH, None, ""),
}


def things(name, image=None):
    """The objects of a file, with the image that the cluster has."""
    text = (EXAMPLES / name).read_text(encoding="utf-8")
    return list(documents(text.replace(f"image: {IMAGE}\n", f"image: {image or IMAGE}\n")))


def workload(name, image=None):
    (found,) = (t for t in things(name, image) if t["kind"] in ("Deployment", "Job"))
    return found


def account(name):
    return workload(name)["spec"]["template"]["spec"]["serviceAccountName"]


class Value(str):
    """A secret's value; formatted as {:n} its length."""

    def __format__(self, spec):
        return str(len(self)) if spec == "n" else str(self)


class Secrets:
    """What vault-setup has written."""

    def __init__(self, vault):
        self.vault = vault

    def __getitem__(self, path):
        found = self.vault.read(f"secret/data/examples/{path}")["data"]
        return {key: Value(value) for key, value in found.items()}


def fill(text, secrets):
    def value(match):
        return format(secrets[match[1]][match[2]], match[3] or "")

    return re.sub(r"\{([\w/]+)\[(\w+)\](?::(\w))?\}", value, text)


@pytest.fixture(scope="module", name="keyhook")
def fixture_keyhook(system, chart_values):
    """An installation that tells all agents Vault's authority; so the examples need not."""
    release = Release("keyhook", system)
    authority = pathlib.Path(os.environ["VAULT_CACERT"]).read_text(encoding="ascii")
    release.install(values=[chart_values, {"options": {"vault-cacert-bytes": authority}}])
    yield release
    release.uninstall()


def vault_program(directory):
    """The one in PATH; else that of Vault's own pod, where Vault runs in the cluster."""
    if found := shutil.which("vault"):
        return found
    script = directory / "vault"
    script.write_text(IN_POD, encoding="ascii")
    script.chmod(0o700)
    return str(script)


def vault_setup(directory):
    done = subprocess.run([EXAMPLES / "vault-setup"], env={**os.environ, "VAULT": vault_program(directory)},
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module", name="secrets")
def fixture_secrets(vault, tmp_path_factory):
    vault_setup(tmp_path_factory.mktemp("vault-setup"))
    return Secrets(vault)


@pytest.fixture(scope="module", name="place")
def fixture_place(api):
    """The examples' namespace; gone afterwards with everything in it."""
    objects = Objects(api)
    (namespace,) = things("namespace.yaml")
    objects.apply(namespace)
    wait_for(lambda: objects.exists(f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"), "the default account")
    yield NAMESPACE
    objects.delete_all()
    wait_for(lambda: not objects.exists(f"/api/v1/namespaces/{NAMESPACE}"), "the namespace to be gone")


def login(vault, role, token):
    """Vault's token for a pod's; None when it is refused."""
    status, answer = vault.ask("POST", "auth/kubernetes/login", {"role": role, "jwt": token})
    assert status in (200, 403), answer
    return answer["auth"]["client_token"] if status == 200 else None


def pods_of(objects, name):
    """Without those that are ending, of the test before."""
    label = workload(name)["spec"]["template"]["metadata"]["labels"]["app"]
    found = objects.need("GET", f"/api/v1/namespaces/{NAMESPACE}/pods", labelSelector=f"app={label}").body["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def is_done(objects, thing):
    status = objects.get(thing).get("status", {})
    if thing["kind"] == "Job":
        return any(c["type"] == "Complete" and c["status"] == "True" for c in status.get("conditions", []))
    wanted = thing["spec"]["replicas"]
    return status.get("readyReplicas") == wanted and status.get("updatedReplicas") == wanted


def agents(pod):
    """The names of the agent's containers."""
    names = [c["name"] for c in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]]
    return [n for n in names if n.startswith("vault-agent")]


def test_all_are_known():
    assert FILES == sorted(RUNS)


@pytest.mark.parametrize("name", FILES)
def test_is_valid_as_it_stands(objects, place, name):
    for thing in things(name):
        answer = objects.try_apply(thing)
        assert answer.status in (200, 201), answer.raw
        assert answer.warnings == []


@pytest.mark.parametrize("name", FILES)
def test_runs_with_its_secrets(keyhook, objects, place, secrets, pods, images, name):
    containers, printing, text = RUNS[name]
    objects.apply_all(things(name, images.base))
    thing = workload(name)
    wait_for(lambda: is_done(objects, thing), f"{name} to run", 300)
    found = pods_of(objects, name)
    assert len(found) == thing["spec"].get("replicas", 1)
    for pod in found:
        assert agents(pod) == containers
        assert pod["metadata"]["annotations"][STATUS] == "injected"
        if printing:
            said = pods.logs(NAMESPACE, pod["metadata"]["name"], printing)
            assert fill(text, secrets) in said.splitlines()


def test_the_web_application_sees_a_new_secret(keyhook, objects, place, secrets, pods, images, vault):
    """Which the sidecar writes into the file."""
    objects.apply_all(things("web.yaml", images.base))
    thing = workload("web.yaml")
    wait_for(lambda: is_done(objects, thing), "web.yaml to run", 300)

    def pages():
        return {pods.execute(NAMESPACE, p["metadata"]["name"], "web", "wget", "-q", "-O", "-", "http://localhost:8080")
                for p in pods_of(objects, "web.yaml")}  # fmt: skip

    before = secrets["webshop"]
    assert pages() == {f"database user {before['username']}\n"}
    for new in ("first", "second"):  # an agent that has just started may see the first one by chance
        vault.write("secret/data/examples/webshop", {"data": {**before, "username": new}})
        wait_for(lambda new=new: pages() == {f"database user {new}\n"}, "the new secret in all pods")


@pytest.mark.parametrize("name", FILES)
def test_reads_its_own_secrets_and_no_others(objects, place, secrets, vault, name):
    """With the identity of its service account, which nothing but its role is bound to."""
    objects.apply_all([t for t in things(name) if t["kind"] == "ServiceAccount"])
    of = account(name)
    audience = {"audiences": ["vault"]} if name == "own-token.yaml" else {}
    path = f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{of}/token"
    token = objects.need("POST", path, {"spec": audience}).body["status"]["token"]
    mine = VaultAdmin(login(vault, f"example-{of}", token))
    for other in SECRETS:
        status, _ = mine.ask("GET", f"secret/data/examples/{other}")
        assert status == (200 if other.split("/")[0] == of else 403), other
    for other in {account(n) for n in FILES} - {of}:
        assert login(vault, f"example-{other}", token) is None


@pytest.mark.parametrize("name", FILES)
def test_what_was_injected_offline_is_left_as_it_is(keyhook, objects, place, name):
    done = offline("inject", "-vault-address=https://vault.vault.svc:8200", "-f", EXAMPLES / name)
    assert done.returncode == 0, done.stderr
    (template,) = (t["spec"]["template"] for t in documents(done.stdout) if t["kind"] in ("Deployment", "Job"))
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": "offline"},
           "spec": template["spec"] | {"serviceAccountName": "default"}}  # fmt: skip
    answer = objects.try_create(pod, NAMESPACE)
    assert answer.status == 201, answer.raw
    assert agents(answer.body) == RUNS[name][0]
    volumes = [v["name"] for v in answer.body["spec"]["volumes"]]
    assert volumes == [v["name"] for v in template["spec"]["volumes"]]


def test_the_agent_needs_no_more_than_baseline(keyhook, objects, make_namespace):
    """Without the seccomp profile, which makes the examples fit `restricted`, agent and all."""
    pod = workload("job.yaml")["spec"]["template"]
    del pod["spec"]["securityContext"]["seccompProfile"], pod["spec"]["serviceAccountName"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {**pod["metadata"], "name": "plain"}, "spec": pod["spec"]}
    level = "pod-security.kubernetes.io/enforce"
    baseline = objects.try_create(pod, make_namespace({level: "baseline"}))
    assert baseline.status == 201, baseline.raw
    assert agents(baseline.body) == INIT
    restricted = objects.try_create(pod, make_namespace({level: "restricted"}))
    assert restricted.status == 403 and "seccompProfile" in restricted.message, restricted.raw
