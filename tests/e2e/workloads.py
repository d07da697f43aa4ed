"""What application teams write."""

PREFIX = "vault.hashicorp.com"
FOREVER = ["/bin/sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1; done"]


def inject(role, path, **more):
    """The annotations of a pod whose agent renders one secret as /vault/secrets/db."""
    named = {"agent-inject": "true", "role": role, "agent-inject-secret-db": path, "tls-secret": "vault-ca",
             "ca-cert": "/vault/tls/ca.crt"} | {name.replace("_", "-"): value for name, value in more.items()}
    return {f"{PREFIX}/{name}": value for name, value in named.items()}


def pod_spec(image, **more):
    return {"terminationGracePeriodSeconds": 5,
            "containers": [{"name": "app", "image": image, "command": FOREVER} | more]}


def deployment(name, image, annotations=None, replicas=1):
    labels = {"app": name}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels, "annotations": annotations or {}},
                                  "spec": pod_spec(image)}}}


def pod(image, annotations=None, **meta):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"annotations": annotations or {}} | meta,
            "spec": pod_spec(image)}
