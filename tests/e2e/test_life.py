"""An installation from its first to its last day, with either Helm: what it leaves alone, what it leaves behind."""

import subprocess
import time

import pytest

from conftest import OWN, RELEASE
from hook import bundle_of, Hook, owners_of_bundle
from inventory import inventory
from release import HELMS
from waiting import wait_for
import workloads

REPLICAS = 2


@pytest.fixture(name="hook")
def fixture_hook(api):
    return Hook(api, RELEASE)


def published(hook):
    """The caBundle, as soon as there is one."""
    return wait_for(lambda: bundle_of(hook.now()), "a caBundle")


def environment_of(core, namespace):
    return {e.name: e.value for e in core.list_namespaced_pod(namespace, label_selector=OWN).items[0].spec.containers[0].env}


@pytest.mark.parametrize("helm", HELMS)
def test_from_install_to_uninstall(helm, make_release, chart_values, core, pods, objects, hook, system, figure):
    before = inventory(objects, system)
    release = make_release(helm)
    begin = time.monotonic()
    release.install(values=[chart_values])
    figure(f"installed and ready after {time.monotonic() - begin:.1f} s")
    bundle, moment = published(hook), hook.version()
    assert "BEGIN CERTIFICATE" in bundle and owners_of_bundle(hook.now()) == ["keyhook"]

    assert "Phase:          Succeeded" in release.test()
    release.upgrade(values=[chart_values, {"logLevel": "debug", "webhook": {"timeoutSeconds": 7}}])
    pods.wait_ready(system, OWN, REPLICAS)
    assert environment_of(core, system)["AGENT_INJECT_LOG_LEVEL"] == "debug"
    assert hook.now()["webhooks"][0]["timeoutSeconds"] == 7
    release.rollback(1)
    pods.wait_ready(system, OWN, REPLICAS)
    assert environment_of(core, system)["AGENT_INJECT_LOG_LEVEL"] == "info"
    assert hook.now()["webhooks"][0]["timeoutSeconds"] == 5

    assert set(hook.bundles_since(moment)) == {bundle}
    assert owners_of_bundle(hook.now()) == ["keyhook"]
    release.uninstall()
    pods.wait_gone(system, OWN)
    wait_for(lambda: inventory(objects, system) <= before,
             lambda: f"the end of {sorted(inventory(objects, system) - before)}")


def kubectl(*words, text=None):
    done = subprocess.run(["kubectl", *words], input=text, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_another_manager_applies_the_rendered_chart(make_release, chart_values, hook, system):
    """As tools do that render a chart and apply it again every few minutes."""
    release = make_release()
    rendered = release.template("--no-hooks", values=[chart_values])
    release.install(values=[chart_values])
    bundle, moment = published(hook), hook.version()
    for _ in range(3):
        kubectl("apply", "--server-side", "--field-manager=gitops", "--force-conflicts", f"--namespace={system}", "-f-",
                text=rendered)
    release.upgrade("--server-side=true", "--force-conflicts", values=[chart_values, {"logLevel": "debug"}])
    assert set(hook.bundles_since(moment)) == {bundle}
    assert bundle_of(hook.now()) == bundle and owners_of_bundle(hook.now()) == ["keyhook"]


def test_its_own_pods_are_restricted(keyhook, objects, pods, images):
    """Its namespace admits them, and no others."""
    pods.wait_ready(keyhook.namespace, OWN, REPLICAS)
    privileged = workloads.pod(images.base, name="privileged")
    privileged["spec"]["containers"][0]["securityContext"] = {"privileged": True}
    answer = objects.try_create(privileged, keyhook.namespace)
    assert answer.status == 403 and 'violates PodSecurity "restricted:' in answer.message
