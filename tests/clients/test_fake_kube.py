"""The fake API server itself, by Python's own client: what other tests stand on."""

import http.client
import json
import pathlib
import ssl
import subprocess
import sys

import pytest

from caller import HANG_GUARD, ROOT
from fakes.kube import BASE, STRATEGIC, webhook_configuration
from fakes.kube_fixtures import fake_kube  # noqa: F401


@pytest.fixture
def kube(fake_kube):
    server = fake_kube()
    server.put(webhook_configuration("hook", ["", "x"]))
    return server


def connect(kube):
    context = ssl.create_default_context(cafile=kube.ca_file)
    return http.client.HTTPSConnection("localhost", kube.port, timeout=HANG_GUARD, context=context)


def ask(kube, method, path, body=None, kind="application/json", token=None):
    client = connect(kube)
    headers = {"Authorization": f"Bearer {token or kube.token}", "Content-Type": kind}
    try:
        client.request(method, path, body if isinstance(body, str) else json.dumps(body), headers)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        client.close()


def patch(kube, body, kind=STRATEGIC):
    return ask(kube, "PATCH", f"{BASE}/hook?fieldManager=me", body, kind)


def test_merges_by_name(kube):
    bundle = {"name": "w1.keyhook.example", "clientConfig": {"caBundle": "eQ=="}}
    status, got = patch(kube, {"webhooks": [bundle]})
    assert status == 200 and kube.bundles("hook") == ["", "y"]
    assert got["webhooks"][1]["clientConfig"]["service"]["name"] == "keyhook"
    assert {m["manager"] for m in got["metadata"]["managedFields"]} == {"kubectl", "me"}


@pytest.mark.parametrize("body,kind,status", [
    ({}, "application/json-patch+json", 415),
    ("{", STRATEGIC, 400),
    ({"webhooks": [{"name": "new"}]}, STRATEGIC, 422),
    ({"webhooks": [{}]}, STRATEGIC, 400),
    ({"webhooks": [{"name": "w0.keyhook.example", "clientConfig": {"caBundle": "?"}}]}, STRATEGIC, 400),
    ({"metadata": {"resourceVersion": "1"}}, STRATEGIC, 409),
])
def test_refuses(kube, body, kind, status):
    before = kube.object("hook")
    got, reply = patch(kube, body, kind)
    assert (got, reply["kind"], reply["code"]) == (status, "Status", status)
    assert kube.object("hook") == before


def test_nothing_new_is_no_new_version(kube):
    version = kube.version("hook")
    kube.overwrite("hook", "x", index=1)
    assert patch(kube, {"metadata": {"resourceVersion": version}})[0] == 200
    assert kube.version("hook") == version
    kube.overwrite("hook", "z", index=1)
    assert kube.version("hook") != version


def test_tokens_and_rights(kube):
    assert ask(kube, "GET", f"{BASE}/hook", token="wrong")[0] == 401
    kube.rules = [{"verbs": ["get", "watch"], "names": ["hook"]}]
    assert ask(kube, "GET", f"{BASE}/hook")[0] == 200
    assert ask(kube, "GET", f"{BASE}/other")[0] == 403
    assert ask(kube, "GET", BASE)[0] == 403
    assert patch(kube, {})[0] == 403
    for verb, allowed in (("get", True), ("patch", False)):
        review = {"spec": {"resourceAttributes": {"verb": verb, "name": "hook",
                                                  "resource": "mutatingwebhookconfigurations"}}}
        status, got = ask(kube, "POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review)
        assert (status, got["status"]["allowed"]) == (201, allowed)


def test_lists_and_watches(kube):
    kube.put(webhook_configuration("other"))
    selector = "fieldSelector=metadata.name%3Dhook"
    _, got = ask(kube, "GET", f"{BASE}?{selector}")
    assert [o["metadata"]["name"] for o in got["items"]] == ["hook"]
    client = connect(kube)
    client.request("GET", f"{BASE}?watch=true&{selector}&timeoutSeconds=600", headers={
        "Authorization": f"Bearer {kube.token}"})
    answer = client.getresponse()
    assert json.loads(answer.readline())["type"] == "ADDED"
    kube.overwrite("hook", "new")
    assert json.loads(answer.readline())["type"] == "MODIFIED"
    kube.bookmark()
    assert json.loads(answer.readline())["type"] == "BOOKMARK"
    kube.delete("hook")
    assert json.loads(answer.readline())["type"] == "DELETED"
    kube.end_watches()
    assert answer.read() == b""
    client.close()
    kube.oldest = 5000
    assert ask(kube, "GET", f"{BASE}?watch=true&resourceVersion=1")[0] == 410


def test_events_are_checked(kube):
    path = "/apis/events.k8s.io/v1/namespaces/apps/events"
    event = {"metadata": {"name": "a.1", "namespace": "apps"}, "regarding": {"namespace": "apps"},
             "eventTime": "2026-01-02T03:04:05.000006Z", "reportingController": "c",
             "reportingInstance": "i", "action": "A", "reason": "R", "type": "Normal", "note": "n"}
    for change in ({"note": "x" * 1025}, {"reason": ""}, {"type": "Odd"}, {"action": "x" * 129},
                   {"eventTime": "2026-01-02T03:04:05Z"}, {"regarding": {}}):
        assert ask(kube, "POST", path, {**event, **change})[0] in (400, 422), change
    assert kube.events == []
    assert ask(kube, "POST", path, event)[0] == 201
    assert ask(kube, "POST", path, event)[0] == 409


def test_a_script_comes_first(kube):
    kube.script("get", status=503, times=1)
    assert ask(kube, "GET", f"{BASE}/hook")[1]["reason"] == "ServiceUnavailable"
    assert ask(kube, "GET", f"{BASE}/hook")[0] == 200


def test_from_a_shell(tmp_path):
    fake = pathlib.Path(ROOT) / "tests" / "fakes" / "kube.py"
    commands = [{"put": webhook_configuration("hook")}, {"overwrite": ["hook", "PEM"]}, {"bundles": "hook"},
                {"set": {"race": 2}}, {"nonsense": None}, {"seen": None}, {"watching": None}]
    done = subprocess.run([sys.executable, str(fake), str(tmp_path)], text=True, check=True,
                          input="\n".join(json.dumps(c) for c in commands), capture_output=True,
                          timeout=HANG_GUARD)
    start, *answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert start["address"].endswith(str(start["port"]))
    assert answers[:4] == ["ok", "ok", ["PEM"], "ok"] and answers[5:] == [[], 0]
    assert "nonsense" in answers[4]["error"]
