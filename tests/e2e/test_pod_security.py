"""Injected pods where Pod Security asks for more than nothing."""

from conftest import PSA
from workloads import deployment, inject


def test_an_injected_pod_is_baseline(keyhook, vault, pods, apps, make_namespace, images):
    namespace = make_namespace({PSA: "baseline"})
    vault.kv("baseline/db", {"password": "not-so-secret"})
    vault.reader("baseline", namespace, "secret/data/baseline/db")
    apps.create_namespaced_deployment(
        namespace, deployment("web", images.base, inject("baseline", "secret/data/baseline/db")))
    pod, = pods.wait_ready(namespace, "app=web")
    assert "not-so-secret" in pods.execute(namespace, pod.metadata.name, "app", "cat", "/vault/secrets/db")
