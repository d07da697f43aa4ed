"""Pods of the tests: the application's image, asleep, with whatever annotations a test is about."""

IMAGE = "registry.example.com/phoenix-guardian:1"
PREFIX = "vault.hashicorp.com/"
CONNECTION = {"tls-secret": "vault-ca", "ca-cert": "/vault/tls/ca.crt", "agent-requests-cpu": "10m"}
SECURITY = {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
OWN_TOKEN = "vault-identity"
LIFE_S = "86400"


def container(name="app", **more):
    return {"name": name, "image": IMAGE, "command": ["/bin/sleep", LIFE_S], "securityContext": SECURITY,
            "resources": {"requests": {"cpu": "10m"}}, **more}


def own_token(audience="vault"):
    source = {"serviceAccountToken": {"path": "token", "audience": audience, "expirationSeconds": 600}}
    return {"name": OWN_TOKEN, "projected": {"sources": [source]}}


def annotated(notes):
    """Names without the prefix; None leaves one of the usual ones out."""
    wanted = {"agent-inject": "true", **CONNECTION, **notes}
    return {f"{PREFIX}{name}": value for name, value in wanted.items() if value is not None}


def pod(name, account, notes, containers=None, volumes=(), **spec):
    """`notes` are the annotations; an empty dict for a pod that asks for nothing."""
    return {
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": name, "annotations": annotated(notes) if notes else {}},
        "spec": {"serviceAccountName": account, "terminationGracePeriodSeconds": 1,
                 "securityContext": {"fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
                 "containers": containers or [container()], "volumes": list(volumes), **spec}}


def bound_pod(name, account, notes, role=None, **more):
    """Logs in with a token that only Vault takes."""
    login = {"role": role or account, "agent-service-account-token-volume-name": OWN_TOKEN}
    return pod(name, account, {**login, **notes}, volumes=[own_token()], automountServiceAccountToken=False, **more)
