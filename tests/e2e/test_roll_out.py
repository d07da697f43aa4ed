"""Nobody notices a roll-out; and when nothing is left of the webhook, only those who need it do."""

import datetime

import pytest

from conftest import OWN, RELEASE
from injected import is_injected
from pressure import Pressure
from waiting import wait_for
from workloads import inject, pod

REPLICAS = 2


@pytest.fixture(name="rolled")
def fixture_rolled(apps, pods, system):
    """rolled() waits until a roll-out is complete and its old pods are gone."""

    def wait():
        def complete():
            found = apps.read_namespaced_deployment(RELEASE, system)
            return (found.status.observed_generation >= found.metadata.generation
                    and found.status.updated_replicas == found.status.available_replicas == REPLICAS)

        wait_for(complete, "the roll-out")
        pods.wait_ready(system, OWN, REPLICAS)

    return wait


@pytest.fixture(name="pressure")
def fixture_pressure(namespace, images):
    return Pressure(namespace, pod(images.base, inject("any", "secret/data/any"), generateName="pressure-"))


def test_rolling_restart(keyhook, apps, pods, rolled, pressure, figure):
    old = set(pods.names(keyhook.namespace, OWN))
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    with pressure:
        apps.patch_namespaced_deployment(RELEASE, keyhook.namespace, {"spec": {"template": {"metadata": {
            "annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}})
        rolled()
    assert old.isdisjoint(pods.names(keyhook.namespace, OWN))
    figure(f"{pressure.judge()} admissions, none failed")


def test_helm_upgrade(keyhook, chart_values, pods, rolled, pressure, figure):
    old = set(pods.names(keyhook.namespace, OWN))
    with pressure:
        keyhook.upgrade(values=[chart_values, {"logLevel": "debug"}])
        rolled()
    assert old.isdisjoint(pods.names(keyhook.namespace, OWN))
    figure(f"{pressure.judge()} admissions, none failed")


@pytest.fixture(name="no_new_pods")
def fixture_no_new_pods(core):
    """Until it is called, nothing that is created is scheduled."""
    nodes = [n.metadata.name for n in core.list_node().items]

    def set_all(value):
        for node in nodes:
            core.patch_node(node, {"spec": {"unschedulable": value}})

    set_all(True)
    yield lambda: set_all(None)
    set_all(None)


def test_all_replicas_gone(keyhook, core, objects, pods, no_new_pods, namespace, images, figure):
    asks, plain = (pod(images.base, notes, generateName="try-") for notes in (inject("any", "secret/data/any"), None))
    core.delete_collection_namespaced_pod(keyhook.namespace, label_selector=OWN, grace_period_seconds=0)
    refusal = wait_for(lambda: (a := objects.try_create(asks, namespace)).status != 201 and a.message, "a refusal")
    for _ in range(10):
        assert objects.try_create(plain, namespace).status == 201
        assert objects.try_create(asks, namespace).status != 201
    assert 'failed calling webhook "pods.inject.keyhook"' in refusal
    assert f"{RELEASE}.{keyhook.namespace}.svc" in refusal
    figure(f"refused with: {refusal}")

    no_new_pods()
    pods.wait_ready(keyhook.namespace, OWN, REPLICAS)
    made = wait_for(lambda: (a := objects.try_create(asks, namespace)).status == 201 and a, "pods to be admitted again")
    assert is_injected(made)
