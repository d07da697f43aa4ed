"""The thinnest way through everything: the image runs, the chart is installed, a pod reads its secret."""

import time

from workloads import deployment, inject


def test_the_image_runs_as_a_pod(core, pods, namespace, images):
    core.create_namespaced_pod(namespace, {
        "metadata": {"name": "version"},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "c", "image": images.own, "args": ["version"]}]}})
    pods.wait_phase(namespace, "version", "Succeeded")
    assert pods.logs(namespace, "version").startswith("keyhook ")


def test_the_chart_is_installed_with_certificates_of_vault(keyhook, pods, core):
    """Fixture keyhook has waited until both are ready."""
    assert len(pods.names(keyhook.namespace, "app.kubernetes.io/name=keyhook")) == 2


def test_a_deployment_gets_its_secret(keyhook, vault, pods, apps, namespace, images, figure):
    vault.kv("first/db", {"username": "alice", "password": "in-wonderland"})
    vault.reader("first", namespace, "secret/data/first/db")
    begin = time.monotonic()
    apps.create_namespaced_deployment(namespace, deployment("web", images.base, inject("first", "secret/data/first/db")))
    pod, = pods.wait_ready(namespace, "app=web")
    figure(f"a pod with an agent is ready after {time.monotonic() - begin:.1f} s")
    assert [c.name for c in pod.spec.containers] == ["app", "vault-agent"]
    text = pods.execute(namespace, pod.metadata.name, "app", "cat", "/vault/secrets/db")
    assert "username:alice" in text and "password:in-wonderland" in text
