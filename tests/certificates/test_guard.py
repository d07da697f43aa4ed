"""The chart's guard: what somebody can do who has a replica's token for the API server. All other tests run under it."""

import base64
import copy

import pytest

import kube
from process import wait_for

STAMP = "keyhook/retire-0123456789abcdef"
URL = "https://10.66.0.250/mutate"
MESSAGE = "the account of Keyhook may change no"


class Thief:
    """Has the token, and writes whole objects as well as patches."""

    def __init__(self, installation):
        self.installation, self.place = installation, f"{kube.HOOKS}/{installation.hook}"
        cluster = installation.cluster
        self.client = cluster.client_of(cluster.token(installation.namespace, installation.account))

    def patch(self, body, kind=kube.MERGE):
        return self.client.ask("PATCH", f"{self.place}?dryRun=All", body, kind)

    def change(self, edit):
        """A merge patch takes lists as a whole, so this can be anything."""
        thing = self.installation.cluster.hook(self.installation.hook)
        wanted = copy.deepcopy(thing)
        edit(wanted)
        body = {"webhooks": wanted["webhooks"]}
        for part in ("labels", "annotations", "finalizers", "ownerReferences"):
            if wanted["metadata"].get(part) != thing["metadata"].get(part):
                gone = {k: None for k in thing["metadata"].get(part) or {}}
                new = wanted["metadata"].get(part)
                body.setdefault("metadata", {})[part] = {**gone, **(new or {})} if part in ("labels", "annotations") else new
        return self.patch(body)


@pytest.fixture(name="thief")
def fixture_thief(installation):
    """Once the API server has taken up policy and binding; the object has some of everything before."""
    installation.cluster.client.need("PATCH", f"{kube.HOOKS}/{installation.hook}", {"metadata": {
        "labels": {"team": "a"}, "annotations": {"team": "a", STAMP: "2030-01-01T00:00:00Z"}}}, kube.MERGE)
    thief = Thief(installation)
    wait_for(lambda: thief.change(lambda o: o["metadata"]["labels"].clear()).status == 422, "the guard")
    return thief


def first(**members):
    return lambda o: o["webhooks"][0].update(members)


def client_config(**members):
    def edit(thing):
        thing["webhooks"][0]["clientConfig"] = members

    return edit


def another_service(thing):
    thing["webhooks"][0]["clientConfig"]["service"]["name"] = "thief"


def another_webhook(thing):
    thing["webhooks"].append({**copy.deepcopy(thing["webhooks"][0]), "name": "second.keyhook.test"})


def other_name(thing):
    thing["webhooks"][0]["name"] = "other.keyhook.test"


def note(name, value):
    return lambda o: o["metadata"]["annotations"].update({name: value})


REFUSED = [
    ("url", client_config(url=URL)),
    ("service", another_service),
    ("rules", lambda o: o["webhooks"][0]["rules"][0].update(resources=["secrets"])),
    ("more rules", lambda o: o["webhooks"][0]["rules"].append(
        {"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["*"], "resources": ["*/*"]})),
    ("conditions", lambda o: o["webhooks"][0].pop("matchConditions")),
    ("another condition", first(matchConditions=[{"name": "all", "expression": "true"}])),
    ("namespaces", first(namespaceSelector={})),
    ("objects", first(objectSelector={"matchLabels": {"a": "b"}})),
    ("failurePolicy", first(failurePolicy="Ignore")),
    ("matchPolicy", first(matchPolicy="Exact")),
    ("reinvocation", first(reinvocationPolicy="IfNeeded")),
    ("time-out", first(timeoutSeconds=30)),
    ("side effects", first(sideEffects="NoneOnDryRun")),
    ("another webhook", another_webhook),
    ("another name", other_name),
    ("no webhook", lambda o: o["webhooks"].clear()),
    ("a label", lambda o: o["metadata"]["labels"].update(more="x")),
    ("no label", lambda o: o["metadata"]["labels"].clear()),
    ("an annotation", note("more", "x")),
    ("another annotation", note("team", "b")),
    ("no annotation", lambda o: o["metadata"]["annotations"].pop("team")),
    ("not quite ours", note("keyhook/retire-01", "x")),
    ("a finalizer", lambda o: o["metadata"].update(finalizers=["example.com/stay"])),
]


@pytest.mark.parametrize("edit", [r[1] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_a_stolen_token_cannot_change_it(thief, edit):
    answer = thief.change(edit)
    assert answer.status == 422 and MESSAGE in answer.body["message"], answer.body


@pytest.mark.parametrize("edit", [
    lambda o: o["webhooks"][0]["clientConfig"].update(caBundle=base64.b64encode(b"").decode()),
    note("keyhook/retire-fedcba9876543210", "2031-01-01T00:00:00Z"),
    note(STAMP, "2032-01-01T00:00:00Z"),
    lambda o: o["metadata"]["annotations"].pop(STAMP),
], ids=["bundle", "a stamp", "another time", "no stamp"])
def test_what_publishing_needs(thief, edit):
    answer = thief.change(edit)
    assert answer.status == 200, answer.body


def test_it_does_not_bind_others(thief):
    """As helm upgrade has to change it."""
    thief.client = thief.installation.cluster.client
    answer = thief.change(first(timeoutSeconds=5))
    assert answer.status == 200, answer.body
