"""Every object of the cluster, to see what an installation leaves behind."""

# What the cluster itself makes and unmakes at any time.
OF_THE_CLUSTER = {"Event", "Lease", "ComponentStatus", "PodMetrics", "NodeMetrics"}


def resources(objects):
    """(path of the group, plural, kind) of all that can be listed."""
    bases = ["/api/v1"] + [f"/apis/{group['preferredVersion']['groupVersion']}"
                           for group in objects.need("GET", "/apis").body["groups"]]
    for base in bases:
        for found in objects.need("GET", base).body["resources"]:
            if "/" not in found["name"] and "list" in found["verbs"] and found["kind"] not in OF_THE_CLUSTER:
                yield base, found["name"], found["kind"]


def inventory(objects, namespace):
    """(kind, namespace, name) of every object in no namespace or in this one."""
    found = set()
    for base, plural, kind in resources(objects):
        for item in objects.need("GET", f"{base}/{plural}").body["items"]:
            meta = item["metadata"]
            if meta.get("namespace", namespace) == namespace:
                found.add((kind, meta.get("namespace"), meta["name"]))
    return {entry for entry in found if entry[0] != "Namespace"}
