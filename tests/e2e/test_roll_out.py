"""Nobody notices a roll-out; and when nothing is left of the webhook, only those who need it do."""

import datetime

import pytest
from kubernetes.client.exceptions import ApiException

from conftest import OWN, RELEASE
from pressure import is_injected, Pressure
from waiting import wait_for
from workloads import inject, pod

REPLICAS = 2
ADMITTED_MIN = 50  # less would not have met the roll-out


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


def judge(pressure, figure):
    assert pressure.failures == []
    assert pressure.admitted >= ADMITTED_MIN
    figure(f"{pressure.admitted} admissions, none failed")


def test_rolling_restart(keyhook, apps, pods, rolled, namespace, images, figure):
    old = set(pods.names(keyhook.namespace, OWN))
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    with Pressure(namespace, images.base) as pressure:
        apps.patch_namespaced_deployment(RELEASE, keyhook.namespace, {"spec": {"template": {"metadata": {
            "annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}})
        rolled()
    assert old.isdisjoint(pods.names(keyhook.namespace, OWN))
    judge(pressure, figure)


def test_helm_upgrade(keyhook, chart_values, pods, rolled, namespace, images, figure):
    old = set(pods.names(keyhook.namespace, OWN))
    with Pressure(namespace, images.base) as pressure:
        keyhook.upgrade(values=[chart_values, {"logLevel": "debug"}])
        rolled()
    assert old.isdisjoint(pods.names(keyhook.namespace, OWN))
    judge(pressure, figure)


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


def try_pod(core, namespace, image, annotations=None):
    """(pod, '') or (None, why it was refused)"""
    try:
        body = pod(image, annotations, generateName="try-")
        return core.create_namespaced_pod(namespace, body, dry_run="All"), ""
    except ApiException as error:
        return None, error.body


def test_all_replicas_gone(keyhook, core, pods, no_new_pods, namespace, images, figure):
    asks = inject("any", "secret/data/any")
    core.delete_collection_namespaced_pod(keyhook.namespace, label_selector=OWN, grace_period_seconds=0)
    refusal = wait_for(lambda: try_pod(core, namespace, images.base, asks)[1], "a refusal")
    for _ in range(10):
        assert try_pod(core, namespace, images.base)[0], "a pod that asks for nothing"
        assert try_pod(core, namespace, images.base, asks)[0] is None
    assert 'failed calling webhook \\"pods.inject.keyhook\\"' in refusal
    assert f"{RELEASE}.{keyhook.namespace}.svc" in refusal
    figure(f"refused with: {refusal}")

    no_new_pods()
    pods.wait_ready(keyhook.namespace, OWN, REPLICAS)
    made = wait_for(lambda: try_pod(core, namespace, images.base, asks)[0], "pods to be admitted again")
    assert is_injected(made)
