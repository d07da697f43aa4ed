"""Parts are ended and come back; nobody lends a hand to Keyhook or to the pods."""

import kubernetes

import pytest

import workload
from pairs import another_pair, new_pod_works, pair_of
from pressure import Pressure
from stage import BACKOFF_GUARD, NAMESPACE, RELEASE, SYSTEM, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"
OWN = f"app.kubernetes.io/name={RELEASE}"


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


def leases(stage):
    """{node: when its kubelet said last that it lives}"""
    found = kubernetes.client.CoordinationV1Api(stage.api).list_namespaced_lease("kube-node-lease").items
    return {lease.metadata.name: lease.spec.renew_time for lease in found}


def wait_for_the_node(stage):
    """Until its kubelet has spoken, the node may still be taken for dead, and its pods with it: the API server was away
    for a good part of the time that is allowed for that."""
    before = leases(stage)
    wait_for(lambda: all(leases(stage)[name] != said for name, said in before.items()), "the kubelet to be heard")
    wait_for(lambda: all(c.status == "True" for node in stage.core.list_node().items for c in node.status.conditions
                         if c.type == "Ready"), "the node to be ready")
    stage.pods.wait_ready(SYSTEM, OWN, 2)


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
    wait_for_the_node(stage)
    new_pod_works(stage, start, json_of)
    another_pair(stage, json_of, running)
    assert lives(stage).items() >= before.items()
    assert stage.metric("keyhook_webhook_writes_total") == writes  # nothing had changed, so nothing was written


@pytest.fixture(name="new_replicas")
def fixture_new_replicas(stage):
    """Names of replicas that were never without Vault, so that what they tell of it is about this test: each of them
    posts only so many Events in an hour."""
    before = set(stage.pods.names(SYSTEM, OWN))
    stage.kubectl("-n", SYSTEM, "rollout", "restart", f"deployment/{RELEASE}")
    wait_for(lambda: before.isdisjoint(p.metadata.name for p in stage.pods.found(SYSTEM, OWN)), "the old ones to end")
    return {pod.metadata.name for pod in stage.pods.wait_ready(SYSTEM, OWN, 2)}


def seal_leader(stage):
    """Its name. A standby cannot be sealed."""
    name = stage.vault.leader()
    stage.vault.ask_node(name, "PUT", "sys/seal", {})
    wait_for(lambda: stage.vault.health(name) == 503, f"{name} to be sealed")
    return name


def test_vault_sealed(stage, new_replicas, running, start, create, agent_says, json_of, repaired, figure):
    """Told apart from a Vault that does not answer; admission goes on, a pod that wants secrets waits with a reason."""
    assert repaired is None
    unseal_key = (stage.directory / "vault/unseal-key").read_text(encoding="ascii")
    sealed_before = stage.metric("keyhook_certificate_failures_total", **{"class": "sealed"})
    before = lives(stage)
    with Pressure(NAMESPACE, workload.bound_pod("admitted", ACCOUNT, pair_of(), APP)) as pressure:
        sealed = [seal_leader(stage), seal_leader(stage)]  # the third has nobody left to be elected by
        waiting = create(workload.bound_pod("waiting", ACCOUNT, pair_of(), APP))
        agent_says(waiting, "error authenticating", "Vault is sealed")
        wait_for(lambda: stage.metric("keyhook_certificate_failures_total", **{"class": "sealed"}) > sealed_before,
                 "Keyhook to see the seal")
        assert any("sealed" in stage.pods.logs(SYSTEM, name) for name in new_replicas)
        wait_for(lambda: any("sealed" in e.message for e in stage.core.list_namespaced_event(SYSTEM).items
                             if e.involved_object.name in new_replicas), "an Event about it")
        assert stage.pods.found(NAMESPACE, waiting)[0].status.phase == "Pending"
        for name in sealed:
            stage.vault.ask_node(name, "PUT", "sys/unseal", {"key": unseal_key})
        stage.vault.leader()
        stage.pods.wait_ready(NAMESPACE, waiting, guard=BACKOFF_GUARD)
        new_pod_works(stage, start, json_of)
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
    new_pod_works(stage, start, json_of)
    another_pair(stage, json_of, running)
    assert lives(stage).items() >= before.items()
