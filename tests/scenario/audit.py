"""What Vault's audit file says about service accounts."""

import json


def lines(path):
    """The answers; the last line may still be written."""
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                entry = json.loads(line)
                if entry["type"] == "response":
                    yield entry


def who(entry):
    """namespace/account/role; a login is known by what it gave. None for everybody else, such as the operator."""
    for auth in (entry.get("auth"), entry.get("response", {}).get("auth")):
        known = (auth or {}).get("metadata") or {}
        if "service_account_name" in known:
            return f"{known['service_account_namespace']}/{known['service_account_name']}/{known['role']}"
    return None


def of(path, identity):
    return [entry for entry in lines(path) if who(entry) == identity]


def access(entry):
    """(operation, path, whether it was allowed). Another error is no denial: an agent that ends in the middle of a renewal,
    as the init container does, leaves an invalid request."""
    return (entry["request"]["operation"], entry["request"]["path"],
            "permission denied" not in (entry.get("error") or ""))


def accesses(path, identity):
    """All that this identity did."""
    return {access(entry) for entry in of(path, identity)}


def count(path, identity, wanted):
    return sum(access(entry) == wanted for entry in of(path, identity))
