"""Whether a pod was injected."""


def is_injected(answer):
    """`answer` is the API server's to the creation of a pod: its status, and the pod as body."""
    if answer.status != 201:
        return False
    return any(c["name"] == "vault-agent-init" for c in answer.body["spec"].get("initContainers", []))
