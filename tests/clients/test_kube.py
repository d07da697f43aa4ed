"""src/kube against the fake API server, through tests/clients/kube-call."""

import json
import os
import pathlib
import queue
import re
import subprocess
import threading
import time

import pytest

from caller import HANG_GUARD, ROOT, wait_for
from fakes.authority import Authority
from fakes.kube import STRATEGIC, webhook_configuration
from fakes.kube_fixtures import fake_kube  # noqa: F401

PEM = "-----BEGIN CERTIFICATE-----\nb25l\n-----END CERTIFICATE-----\n"
OTHER = "-----BEGIN CERTIFICATE-----\ndHdv\n-----END CERTIFICATE-----\n"
STAMP = "keyhook/retire-0123456789abcdef"


def program():
    build = pathlib.Path(os.environ.get("BUILD", ROOT / "build" / "release"))
    return str(build.resolve() / "tests" / "clients" / "kube-call")


def short(text):
    """A name for a parameter: pytest puts it into the environment."""
    return f"{text[:12]!r}-{len(text)}"


class Call:
    """A running kube-call; everything it prints is kept in `output`."""

    def __init__(self, directory, *words, env=None):
        self.directory = directory
        self.output = []
        self.files = 0
        proxies = {k: v for k, v in os.environ.items()
                   if not re.fullmatch(r"(https?|no|all)_proxy|KUBERNETES_.*", k, re.IGNORECASE)}
        self.process = subprocess.Popen([program(), *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                        env={**proxies, **(env or {})})
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._gather, daemon=True)
        self.reader.start()
        self.start = self.read()

    def _gather(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def read(self):
        line = self.lines.get(timeout=HANG_GUARD)
        assert line, f"ended: {self.output}"
        self.output.append(line)
        return json.loads(line)

    def send(self, *words):
        self.process.stdin.write(" ".join(str(w) for w in words) + "\n")
        self.process.stdin.flush()

    def result(self):
        """The closing line of a command, and the lines before it are wake-ups."""
        while "ok" not in (line := self.read()):
            assert line == {"event": "wake"}
        return line

    def ask(self, *words):
        self.send(*words)
        return self.result()

    def file(self, text):
        self.files += 1
        path = self.directory / f"text-{self.files}"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def good(self, *words):
        answer = self.ask(*words)
        assert answer["ok"], answer
        return answer.get("webhook")

    def bad(self, failure, *words):
        answer = self.ask(*words)
        assert (answer["ok"], answer["failure"]) == (False, failure), answer
        assert answer["advice"]
        return answer

    def counters(self):
        answer = self.ask("counters")
        return answer["calls"], {k: v for k, v in answer["failures"].items() if v}

    def end(self):
        self.process.stdin.close()
        try:
            return self.process.wait(HANG_GUARD)
        finally:
            self.process.kill()
            self.reader.join(HANG_GUARD)
            self.process.stdout.close()


@pytest.fixture
def call(tmp_path):
    """call(kube, name=value...) -> Call; ended after the test, with status 0 and no token in its output."""
    running, kubes = [], []

    def start(kube, *words, env=None, **settings):
        directory = tmp_path / f"call-{len(running)}"
        directory.mkdir()
        kubes.append(kube)
        if not words:
            settings = {"ca_file": kube.ca_file, "token_file": kube.token_file, **settings}
            words = [kube.address, *(f"{k}={v}" for k, v in settings.items())]
        running.append(Call(directory, *words, env=env))
        return running[-1]

    yield start
    for one in running:
        assert one.end() == 0, one.output
        assert "canary" not in "".join(one.output)


@pytest.fixture
def kube(fake_kube):
    server = fake_kube()
    server.put(webhook_configuration("hook", ["", None], {"other.example/a": "b"}))
    return server


# --- reading


def test_get(kube, call):
    kube.overwrite("hook", PEM, index=0)
    got = call(kube).good("get", "hook")
    assert got["resource_version"] == kube.version("hook")
    assert got["uid"] == kube.object("hook")["metadata"]["uid"]
    assert [e["ca_bundle"] for e in got["entries"]] == [PEM, ""]
    assert all(e["is_base64"] for e in got["entries"])
    assert got["annotations"] == {}
    assert got["other_manager"] == "helm"


def test_requests_say_who_we_are(kube, call):
    one = call(kube)
    one.good("get", "hook")
    one.good("patch", f"0={one.file(PEM)}")
    one.good("watch", "hook", 1)
    for request in kube.seen():
        assert request.headers["authorization"] == f"Bearer {kube.token}"
        assert request.headers["user-agent"].startswith("keyhook/")
        assert request.headers["accept"] == "application/json"


def test_one_connection_for_many_calls(kube, call):
    one = call(kube)
    for _ in range(5):
        one.good("get", "hook")
    assert kube.connections == 1
    kube.drop_connections()
    one.good("get", "hook")
    assert kube.connections == 2


@pytest.mark.parametrize("name", ["No", "a/b", "a?b", "..", ".a", "a.", "%2e", "a" * 254])
def test_a_name_that_can_be_none(kube, call, name):
    one = call(kube)
    for command in ("get", "watch"):
        answer = one.bad("local", command, name)
        assert answer["code"] == "usage" and "MutatingWebhookConfiguration" in answer["message"]
    assert kube.seen() == []


def test_a_reply_about_another_object(kube, call):
    kube.put(webhook_configuration("other"))
    kube.script("get", body=kube.object("other"))
    assert "metadata.name" in call(kube).bad("protocol", "get", "hook")["message"]


# --- writing


def test_patch_touches_only_what_is_ours(kube, call):
    one = call(kube)
    before = kube.object("hook")
    one.good("get", "hook")
    got = one.good("patch", f"0={one.file(PEM)}", f"1={one.file(OTHER)}", f"{STAMP}=2026-01-02T03:04:05Z")
    assert [e["ca_bundle"] for e in got["entries"]] == [PEM, OTHER] == kube.bundles("hook")
    assert got["annotations"] == {STAMP: "2026-01-02T03:04:05Z"}
    assert got["other_manager"] is None
    after = kube.object("hook")
    for thing in (before, after):
        thing["metadata"] = {k: v for k, v in thing["metadata"].items()
                             if k not in ("managedFields", "resourceVersion")}
        thing["metadata"].get("annotations", {}).pop(STAMP, None)
        for webhook in thing["webhooks"]:
            webhook["clientConfig"].pop("caBundle", None)
    assert before == after


def test_the_patch_itself(kube, call):
    one = call(kube)
    version = kube.version("hook")
    one.good("get", "hook")
    one.good("patch", f"1={one.file('x')}", f"{STAMP}=t")
    request, = kube.seen("patch")
    assert request.headers["content-type"] == STRATEGIC
    assert request.path.endswith("/hook?fieldManager=keyhook")
    assert request.json == {
        "metadata": {"resourceVersion": version, "annotations": {STAMP: "t"}},
        "webhooks": [{"name": "w1.keyhook.example", "clientConfig": {"caBundle": "eA=="}}],
    }


def test_annotations_go_again(kube, call):
    one = call(kube)
    one.good("get", "hook")
    one.good("patch", f"{STAMP}=t", "keyhook/b=2")
    assert kube.annotations("hook") == {"other.example/a": "b", STAMP: "t", "keyhook/b": "2"}
    one.good("patch", f"{STAMP}=", "keyhook/never-there=")
    assert kube.annotations("hook") == {"other.example/a": "b", "keyhook/b": "2"}
    assert "never-there" not in kube.seen("patch")[1].body.decode()


def test_only_our_annotations(kube, call):
    one = call(kube)
    one.good("get", "hook")
    assert "not ours" in one.bad("local", "patch", "other.example/a=z")["message"]
    assert kube.seen("patch") == []


def test_conflict_and_again(kube, call):
    one = call(kube)
    one.good("get", "hook")
    kube.race = 3
    for _ in range(3):
        answer = one.bad("conflict", "patch", f"0={one.file(PEM)}")
        assert "has been modified" in answer["message"]
        assert kube.bundle("hook") == ""
        one.good("get", "hook")
    one.good("patch", f"0={one.file(PEM)}")
    assert kube.bundle("hook") == PEM
    assert one.counters() == (8, {"conflict": 3})


def test_an_object_made_anew_is_a_conflict(kube, call):
    one = call(kube)
    one.good("get", "hook")
    kube.delete("hook")
    one.bad("not_found", "patch", f"0={one.file(PEM)}")
    kube.put(webhook_configuration("hook", [""], names=["another.keyhook.example"]))
    one.bad("conflict", "patch", f"0={one.file(PEM)}")
    assert len(kube.object("hook")["webhooks"]) == 1


def test_managers(kube, call):
    one = call(kube)
    kube.overwrite("hook", OTHER, manager="cainjector", index=1)
    one.good("get", "hook")
    assert one.good("patch", f"0={one.file(PEM)}")["other_manager"] == "cainjector"
    assert one.good("patch", f"1={one.file(PEM)}")["other_manager"] is None
    kube.overwrite("hook", OTHER, manager="argocd")
    assert one.good("get", "hook")["other_manager"] == "argocd"
    managers = {m["manager"] for m in kube.object("hook")["metadata"]["managedFields"]}
    assert managers == {"kubectl", "argocd"}


def test_a_written_object_that_cannot_be_read(kube, call):
    one = call(kube)
    one.good("get", "hook")
    kube.script("patch", body="<html>", times=1)
    assert "patched" in one.bad("protocol", "patch", f"0={one.file(PEM)}")["message"]


# --- failures

STATUSES = [
    (400, "invalid"), (403, "forbidden"), (404, "not_found"), (409, "conflict"), (410, "expired"),
    (413, "invalid"), (415, "invalid"), (422, "invalid"), (429, "throttled"), (500, "server"),
    (502, "server"), (503, "server"), (504, "server"), (301, "protocol"), (418, "protocol"),
]


@pytest.mark.parametrize("status,failure", STATUSES)
def test_statuses(kube, call, status, failure):
    one = call(kube)
    one.good("get", "hook")
    kube.script("*", status=status)
    note = one.file("note")
    for words in (["get", "hook"], ["patch", "keyhook/a=1"], ["watch", "hook"],
                  ["event", "Reason", note, "apps", "pod"]):
        answer = one.bad(failure, *words)
        assert f"status {status}: scripted failure {status}" in answer["message"]
    assert one.counters() == (5, {failure: 4})
    kube.clear()
    one.good("get", "hook")


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after(kube, call, status):
    one = call(kube)
    kube.script("get", status=status, headers={"Retry-After": "7"}, times=1)
    assert one.ask("get", "hook")["retry_after"] == 7_000_000
    assert one.ask("get", "hook")["retry_after"] == 0


@pytest.mark.parametrize("offset", [0, 3 * 86400, -3 * 86400])
def test_the_server_tells_the_time(kube, call, offset):
    one = call(kube)
    kube.date_offset = offset
    for ask in (["get", "hook"], ["patch", "keyhook/a=1"]):
        assert abs(one.ask(*ask)["server_time"] - time.time() - offset) < 120
    kube.script("get", status=404, times=1)
    assert abs(one.ask("get", "hook")["server_time"] - time.time() - offset) < 120
    kube.date_offset = None
    assert one.ask("get", "hook")["server_time"] == 0


FAULTS = [
    ("hang", "unreachable"), ("close", "unreachable"), ("reset", "unreachable"),
    ("reset_after_head", "unreachable"), ("truncated", "unreachable"), ("stall_body", "unreachable"),
    ("garbage", "protocol"), ("endless_body", "protocol"),
]


@pytest.mark.parametrize("fault,failure", FAULTS)
def test_faults(kube, call, fault, failure):
    one = call(kube, total_ms=2000)
    kube.script("get", fault=fault)
    one.bad(failure, "get", "hook")
    kube.clear()
    one.good("get", "hook")


def test_a_slow_answer_is_one(kube, call):
    small = webhook_configuration("small")
    small["metadata"].update(uid="u", resourceVersion="1")
    kube.script("get", fault="drip", body={k: v for k, v in small.items() if k != "webhooks"})
    assert call(kube, total_ms=200000).good("get", "small")["entries"] == []


def test_a_huge_answer(kube, call):
    kube.script("get", fault="big_body", size=5 << 20)
    assert "limit" in call(kube).bad("protocol", "get", "hook")["message"]


BODIES = ["", "null", "[]", "{}", "<html>it works</html>", '{"kind":"Status"}', "{" * 5000, "\0\xff",
          '{"kind":"MutatingWebhookConfiguration","metadata":{"name":"hook"}}']


@pytest.mark.parametrize("body", BODIES, ids=short)
def test_answers_that_are_none(kube, call, body):
    kube.script("get", body=body, headers={"Content-Type": "text/html"})
    assert "'hook'" in call(kube).bad("protocol", "get", "hook")["message"]


@pytest.mark.parametrize("body", ["", "gone", "{}", '{"message":7}', "[" * 100000], ids=short)
def test_a_failure_without_a_status_object(kube, call, body):
    kube.script("get", status=500, body=body)
    assert call(kube).bad("server", "get", "hook")["message"].endswith("status 500")


def test_the_servers_words_are_one_short_line(kube, call):
    kube.script("get", status=422, body={"message": "first\nsecond\x1b[31m\u202e " + "x" * 5000})
    message = call(kube).bad("invalid", "get", "hook")["message"]
    assert r"first\nsecond\x1b[31m\u202e xxx" in message and len(message.encode()) <= 512


def test_the_token_is_not_repeated(kube, call):
    kube.script("get", status=403, body={"message": f"no {kube.token} here"})
    assert "not shown" in call(kube).bad("forbidden", "get", "hook")["message"]


def test_nobody_there(kube, call):
    one = call(kube)
    kube.stop()
    one.bad("unreachable", "get", "hook")


def test_a_port_without_tls(kube, call):
    one = call(kube)
    kube.context = None
    one.bad("unreachable", "get", "hook")
    assert kube.seen() == []


def test_connecting_has_an_end(kube, call):
    kube.deaf = True
    call(kube, connect_ms=500).bad("unreachable", "get", "hook")


# --- tokens and trust


def test_a_refused_token_is_read_again(kube, call):
    one = call(kube)
    one.good("get", "hook")
    old = kube.token
    new = kube.rotate()
    one.good("get", "hook")
    assert [r.headers["authorization"].split()[1] for r in kube.seen("get")] == [old, old, new]
    assert one.counters() == (2, {})


@pytest.mark.parametrize("words", [["patch", "keyhook/a=1"], ["watch", "hook", "1"]])
def test_so_it_is_for_each_call(kube, call, words):
    one = call(kube)
    one.good("get", "hook")
    kube.rotate()
    one.good(*words)
    assert len(kube.seen(words[0])) == 2


def test_refused_twice_is_refused(kube, call):
    one = call(kube)
    kube.tokens = {"another"}
    one.bad("unauthorized", "get", "hook")
    assert len(kube.seen("get")) == 2
    one.bad("unauthorized", "watch", "hook")
    assert len(kube.seen("watch")) == 2
    assert one.counters() == (2, {"unauthorized": 2})


def test_a_token_file_that_is_gone(kube, call):
    one = call(kube)
    pathlib.Path(kube.token_file).unlink()
    assert kube.token_file in one.bad("local", "get", "hook")["message"]
    assert kube.seen() == []
    kube.rotate()
    one.good("get", "hook")
    pathlib.Path(kube.token_file).unlink()
    one.good("get", "hook")  # what was read serves on
    kube.tokens = {"another"}
    one.bad("local", "get", "hook")


@pytest.mark.parametrize("text", ["", " \n", "two words", "canary\x01", "canary\u00e4", "x" * (17 << 10)],
                         ids=short)
def test_a_token_file_with_something_else(kube, call, text):
    kube.write_token(text)
    message = call(kube).bad("local", "get", "hook")["message"]
    assert kube.token_file in message and "canary" not in message


def test_the_ca_is_read_for_each_connection(kube, call):
    one = call(kube)
    one.good("get", "hook")
    fresh = Authority("another CA")
    kube.use_certificate(authority=fresh)
    one.good("get", "hook")  # the old connection
    kube.drop_connections()
    one.bad("untrusted", "get", "hook")
    fresh.write(kube.ca_file)
    one.good("get", "hook")


def test_a_certificate_for_another_name(kube, call):
    kube.use_certificate(names=["other.example"])
    one = call(kube)
    one.bad("untrusted", "get", "hook")
    assert kube.seen() == []


# --- rights

RULES = [{"verbs": ["get", "patch", "watch"], "names": ["hook"]}]


def test_rights_for_one_name_are_enough(kube, call):
    kube.rules = RULES
    kube.put(webhook_configuration("other"))
    one = call(kube)
    one.good("get", "hook")
    one.good("patch", f"0={one.file(PEM)}")
    one.good("watch", "hook", 1)
    for command in ("get", "watch"):
        assert "forbidden" in one.bad("forbidden", command, "other")["message"]
    one.bad("forbidden", "event", "Reason", one.file("n"), "apps", "pod")


# --- watches


def watching(one, kube, *words):
    one.send("watch", "hook", *words)
    assert one.read() == {"event": "wake"}  # what is there
    wait_for(lambda: kube.watching == 1, "a watch")


def test_a_watch_wakes_for_each_change(kube, call):
    one = call(kube)
    watching(one, kube)
    kube.overwrite("hook", OTHER)
    assert one.read() == {"event": "wake"}
    kube.put(webhook_configuration("other"))  # nothing of ours
    kube.bookmark()  # nothing at all
    kube.delete("hook")
    assert one.read() == {"event": "wake"}
    kube.put(webhook_configuration("hook"))
    assert one.read() == {"event": "wake"}
    kube.end_watches()
    answer = one.result()
    assert answer["ok"] and answer["lines"] == 4
    one.good("get", "hook")


def test_the_request_of_a_watch(kube, call):
    one = call(kube, watch_life_ms=200000)
    seconds = set()
    for _ in range(8):
        one.good("watch", "hook", 1)
    for request in kube.seen("watch"):
        query = dict(p.split("=") for p in request.path.split("?")[1].split("&"))
        seconds.add(int(query.pop("timeoutSeconds")))
        assert query == {"watch": "true", "fieldSelector": "metadata.name%3Dhook",
                         "allowWatchBookmarks": "true"}
    assert len(seconds) > 1 and min(seconds) >= 200 and max(seconds) <= 300


def test_an_absent_object_wakes_when_it_is_made(kube, call):
    kube.delete("hook")
    one = call(kube)
    one.send("watch", "hook", 1)
    wait_for(lambda: kube.watching == 1, "a watch")
    kube.put(webhook_configuration("hook"))
    assert one.result()["lines"] == 1


def test_the_server_ends_it_in_time(kube, call):
    answer = call(kube, watch_life_ms=1000).ask("watch", "hook")
    assert answer["ok"] and answer["lines"] == 1


@pytest.mark.parametrize("line,failure", [
    ('{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}', "expired"),
    ('{"type":"ERROR","object":{"kind":"Status","code":500}}', "server"),
    ('{"type":"ERROR","object":{"kind":"Status","code":403}}', "forbidden"),
    ('{"type":"ERROR","object":{"kind":"Status","code":200}}', "server"),
    ('{"type":"ERROR","object":null}', "server"),
    ('{"type":"ERROR"}', "server"),
])
def test_a_line_with_an_error(kube, call, line, failure):
    one = call(kube)
    watching(one, kube)
    kube.say(line + "\n")
    assert "watch" in (answer := one.result())["message"]
    assert (answer["ok"], answer["failure"]) == (False, failure)


def test_a_watch_that_has_expired(kube, call):
    kube.script("watch", status=410, times=1)
    one = call(kube)
    one.bad("expired", "watch", "hook")
    one.good("watch", "hook", 1)


@pytest.mark.parametrize("line", ["garbage", "{", '{"type":7}', '{"type":"NEW","object":{}}', "null",
                                  '"', "\x00\x01", "[" * 9000, "{" + "x" * 20000, "y" * (3 << 20)],
                         ids=short)
def test_whatever_a_line_says_it_wakes(kube, call, line):
    one = call(kube)
    watching(one, kube)
    kube.say(line + "\n\n")  # and an empty one does not
    assert one.read() == {"event": "wake"}
    kube.end_watches()
    assert one.result()["lines"] == 2


def test_lines_in_pieces(kube, call):
    one = call(kube)
    watching(one, kube)
    kube.say('{"type":"BOOK')
    kube.say('MARK"}\n{"type":')
    kube.say('"ADDED"}\n{"type":"MODIFIED"}\n{"type":"ERROR","object":{"code":')
    kube.say('410}}\n')
    answer = one.result()
    assert (answer["lines"], answer["failure"]) == (3, "expired")


def test_half_a_line_at_the_end_is_none(kube, call):
    one = call(kube)
    watching(one, kube)
    kube.say('{"type":"MODI')
    kube.end_watches()
    assert (answer := one.result())["ok"] and answer["lines"] == 1


def test_an_endless_line(kube, call):
    kube.script("watch", fault="endless_body")
    assert "limit" in call(kube).bad("protocol", "watch", "hook")["message"]


def test_a_slow_trickle_is_no_silence(kube, call):
    one = call(kube, watch_silence_ms=2000)
    watching(one, kube)
    for byte in '{"type":"ADDED"}\n':
        kube.say(byte)
        time.sleep(0.3)
    kube.end_watches()
    assert (answer := one.result())["ok"] and answer["lines"] == 2


@pytest.mark.parametrize("fault", ["hang", "stall_body"])
def test_silence_has_an_end(kube, call, fault):
    kube.script("watch", fault=fault, body='{"type":"ADDED"}\n' * 2)
    answer = call(kube, watch_silence_ms=1000).bad("unreachable", "watch", "hook")
    assert answer["lines"] == (0 if fault == "hang" else 1)


def test_a_quiet_watch_has_an_end(kube, call):
    one = call(kube, watch_silence_ms=1000)
    watching(one, kube)
    assert (answer := one.result())["failure"] == "unreachable"
    assert "watch" in kube.seen()[-1].path and answer["lines"] == 1


@pytest.mark.parametrize("fault", ["close", "reset", "truncated", "reset_after_head"])
def test_a_cut_watch(kube, call, fault):
    kube.script("watch", fault=fault, body='{"type":"ADDED"}\n' * 8, times=4)
    one = call(kube)
    one.bad("unreachable", "watch", "hook")
    kube.clear()
    one.good("watch", "hook", 1)


def test_a_watch_cut_while_it_waits(kube, call):
    one = call(kube)
    watching(one, kube)
    kube.drop_connections()
    assert one.result()["failure"] == "unreachable"
    one.good("watch", "hook", 1)


def test_cancel_ends_a_watch_and_all_later_calls(kube, call):
    one = call(kube)
    answer = one.ask("cancel-watch", "hook")
    assert (answer["ok"], answer["failure"], answer["lines"]) == (False, "local", 1)
    one.bad("local", "get", "hook")
    assert kube.seen("get") == []


# --- Events


def test_event(kube, call):
    one = call(kube)
    note = "the certificate cannot be renewed:\n'Vault' is sealed"
    one.good("event", "CertificateRenewalFailed", one.file(note), "apps", "pod-1", "hook", "an-uid")
    one.good("event", "Another", one.file("x"), "apps", "pod-1")
    first, second = kube.events
    assert first["regarding"] == {"apiVersion": "admissionregistration.k8s.io/v1", "namespace": "apps",
                                  "kind": "MutatingWebhookConfiguration", "name": "hook", "uid": "an-uid"}
    assert second["regarding"] == {"apiVersion": "v1", "kind": "Pod", "namespace": "apps", "name": "pod-1"}
    assert first["note"] == note.replace("\n", r"\n")
    assert (first["type"], first["reason"], first["action"]) == ("Warning", "CertificateRenewalFailed", "Try")
    assert (first["reportingController"], first["reportingInstance"]) == ("keyhook", "pod-1")
    assert "series" not in first
    assert first["metadata"]["name"] != second["metadata"]["name"]


@pytest.mark.parametrize("text", ["x" * 1024, "x" * 1025, "\u00e4" * 600, "x" + "\u00e4" * 600,
                                  "\U0001f600" * 300, "xx" + "\U0001f600" * 300, "\x01" * 2000, "\x01\x01\x01x" + "\u00e4" * 600,
                                  ""], ids=short)
def test_a_note_is_cut_between_characters(kube, call, text):
    one = call(kube)
    one.good("event", "Reason", one.file(text), "apps", "pod")
    note = kube.events[0]["note"]
    assert len(note.encode()) <= 1024
    assert len(note.encode()) > 1020 or note == text
    assert text.startswith((note.removesuffix("..."), "\x01"))
    assert "\ufffd" not in note


def test_a_note_that_is_no_text(kube, call):
    one = call(kube)
    one.good("event", "Reason", one.file(b"\xff\xfe\x00"), "apps", "pod")
    assert kube.events[0]["note"] == r"\xff\xfe\x00"


def test_a_long_pod_name(kube, call):
    one = call(kube)
    one.good("event", "Reason", one.file("x"), "apps", "p" * 200)
    assert kube.events[0]["reportingInstance"] == "p" * 128
    assert kube.events[0]["regarding"]["name"] == "p" * 200


@pytest.mark.parametrize("words", [["R" * 129, "apps", "pod"], ["R", "Apps", "pod"], ["R", "apps", "a/b"],
                                   ["R", "apps", "pod", "Hook"]])
def test_an_event_that_cannot_be(kube, call, words):
    one = call(kube)
    assert one.bad("local", "event", words[0], one.file("x"), *words[1:])["code"] == "usage"
    assert kube.seen() == []


def test_many_events_have_many_names(kube, call):
    one = call(kube)
    for _ in range(30):
        one.good("event", "Reason", one.file("x"), "apps", "pod")
    assert len({e["metadata"]["name"] for e in kube.events}) == 30


# --- in a cluster


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_in_cluster(fake_kube, call, tmp_path, host):
    kube = fake_kube(host=host)
    kube.put(webhook_configuration("hook"))
    environment = kube.advertise(tmp_path / "account")
    one = call(kube, "in-cluster", str(tmp_path / "account"), env=environment)
    assert one.start["address"] == kube.address and one.start["namespace"] == "apps"
    one.good("get", "hook")


@pytest.mark.parametrize("environment", [
    {}, {"KUBERNETES_SERVICE_HOST": "127.0.0.1"}, {"KUBERNETES_SERVICE_PORT": "443"},
    {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "https"},
    {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "0"},
    {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": "65536"},
    {"KUBERNETES_SERVICE_HOST": "a b", "KUBERNETES_SERVICE_PORT": "443"},
    {"KUBERNETES_SERVICE_HOST": "user@host", "KUBERNETES_SERVICE_PORT": "443"},
])
def test_outside_of_a_cluster(tmp_path, environment):
    one = Call(tmp_path, "in-cluster", env=environment)
    assert (one.start["ok"], one.start["code"]) == (False, "usage")
    assert one.end() == 1


# --- two at once


def test_two_writers_lose_nothing(kube, call):
    """Each adds its own text to what it read until it is there: the precondition is what keeps both."""
    kube.overwrite("hook", "start\n")

    def add(one, mark):
        while True:
            text = one.good("get", "hook")["entries"][0]["ca_bundle"]
            answer = one.ask("patch", f"0={one.file(text + mark)}")
            if answer["ok"]:
                return
            assert answer["failure"] == "conflict"

    def work(one, mark):
        for number in range(10):
            add(one, f"{mark}{number}\n")

    threads = [threading.Thread(target=work, args=(call(kube), mark)) for mark in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANG_GUARD)
    wanted = {f"{mark}{number}" for mark in "ab" for number in range(10)} | {"start"}
    assert set(kube.bundle("hook").split()) == wanted
