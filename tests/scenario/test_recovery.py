"""Parts are ended and come back; nobody lends a hand to Keyhook or to the pods."""

import pytest

import workload
from outage import Outage
from pressure import Pressure
from stage import NAMESPACE, RELEASE, SYSTEM, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"
PAIR = {"agent-inject-secret-db": "database/creds/app-role",
        "agent-inject-template-db": '{{ with secret "database/creds/app-role" }}{{ .Data | toJSON }}{{ end }}'}


@pytest.fixture(name="repaired")
def fixture_repaired(stage):
    """Whatever a test has ended runs again for the next one."""
    yield
    for name, is_alive in stage.control("status").items():
        if not is_alive:
            stage.control("start", name)
    Outage(stage).repair()


@pytest.fixture(name="running")
def fixture_running(stage, start):
    """A pod that renews its credentials."""
    name = start(workload.bound_pod("running", ACCOUNT, PAIR, APP))
    wait_for(lambda: "rendered" in stage.pods.logs(NAMESPACE, name, "vault-agent"), "the sidecar to render")
    return name


def lives(stage):
    """How often each container of the scenario and of Keyhook has been started, and which it is. Pods of the test before
    may still be ending."""
    found = {}
    for namespace in (NAMESPACE, SYSTEM):
        staying = (p for p in stage.core.list_namespaced_pod(namespace).items if p.metadata.deletion_timestamp is None)
        for pod in staying:
            for status in pod.status.container_statuses or []:
                found[pod.metadata.name, status.name] = (status.restart_count, status.container_id)
    return found


def usable_pair(stage, json_of, name):
    pair = json_of(name, "db")
    return pair if stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian") else None


def another_pair(stage, json_of, name):
    """What the agent does by itself afterwards: it goes on rotating."""
    before = json_of(name, "db")

    def changed():
        pair = json_of(name, "db")
        return pair if pair != before else None

    wait_for(changed, "another pair in the file", 400)
    assert usable_pair(stage, json_of, name)


def works(stage, start, json_of):
    """A new pod gets its secrets, so the API server, Keyhook, the node and Vault all do their part."""
    name = start(workload.bound_pod("after", ACCOUNT, PAIR, APP))
    assert usable_pair(stage, json_of, name)


def test_api_server_killed(stage, running, start, json_of, repaired):
    """Pods go on without it, and so does Keyhook, whose certificates need Vault alone; afterwards the webhook is called
    as before."""
    assert repaired is None
    before, replicas = lives(stage), stage.replicas()
    writes = stage.metric("keyhook_webhook_writes_total")
    stage.control("stop", "kube-apiserver")
    renewed = stage.metric("keyhook_certificate_renewals_total", of=replicas, result="ok")
    wait_for(lambda: stage.metric("keyhook_certificate_renewals_total", of=replicas, result="ok") > renewed,
             "a renewal without the API server")
    stage.control("start", "kube-apiserver")
    works(stage, start, json_of)
    another_pair(stage, json_of, running)
    assert lives(stage).items() >= before.items()
    assert stage.metric("keyhook_webhook_writes_total") == writes  # nothing had changed, so nothing was written


def seal_leader(stage):
    """Its name. A standby cannot be sealed."""
    name = stage.vault.leader()
    stage.vault.ask_node(name, "PUT", "sys/seal", {})
    wait_for(lambda: stage.vault.health(name) == 503, f"{name} to be sealed")
    return name


def test_vault_sealed(stage, running, start, create, agent_says, json_of, repaired, figure):
    """Told apart from a Vault that does not answer; admission goes on, a pod that wants secrets waits with a reason."""
    assert repaired is None
    unseal_key = (stage.directory / "vault/unseal-key").read_text(encoding="ascii")
    sealed_before = stage.metric("keyhook_certificate_failures_total", **{"class": "sealed"})
    before = lives(stage)
    with Pressure(NAMESPACE, workload.bound_pod("admitted", ACCOUNT, PAIR, APP)) as pressure:
        sealed = [seal_leader(stage), seal_leader(stage)]  # the third has nobody left to be elected by
        waiting = create(workload.bound_pod("waiting", ACCOUNT, PAIR, APP))
        agent_says(waiting, "error authenticating", "Vault is sealed")
        wait_for(lambda: stage.metric("keyhook_certificate_failures_total", **{"class": "sealed"}) > sealed_before,
                 "Keyhook to see the seal")
        logs = [stage.pods.logs(SYSTEM, name) for name in stage.pods.names(SYSTEM, f"app.kubernetes.io/name={RELEASE}")]
        assert any("sealed" in log for log in logs)
        wait_for(lambda: any("sealed" in e.message for e in stage.core.list_namespaced_event(SYSTEM).items
                             if e.reason in ("CertificateRenewalFailed", "CertificateFallback")), "an Event about it")
        assert stage.pods.found(NAMESPACE, waiting)[0].status.phase == "Pending"
        for name in sealed:
            stage.vault.ask_node(name, "PUT", "sys/unseal", {"key": unseal_key})
        stage.vault.leader()
        stage.pods.wait_ready(NAMESPACE, waiting)
        works(stage, start, json_of)
        another_pair(stage, json_of, running)
    figure(f"{pressure.judge()} admissions while Vault was sealed and after, none failed")
    ours = {key: value for key, value in lives(stage).items() if key[0].startswith(RELEASE)}
    assert ours == {key: value for key, value in before.items() if key[0].startswith(RELEASE)}


def test_containerd_restarted(stage, running, start, json_of, repaired):
    """Containers outlive it; afterwards pods start as before."""
    assert repaired is None
    before = lives(stage)
    stage.control("stop", "containerd")
    stage.control("start", "containerd")
    works(stage, start, json_of)
    another_pair(stage, json_of, running)
    assert lives(stage).items() >= before.items()
