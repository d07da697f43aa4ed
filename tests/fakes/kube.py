#!/usr/bin/python3
"""A fake Kubernetes API server: one kind of object, its patches and watches, Events, and every way to fail.

As a pytest fixture (a conftest.py puts tests/ on sys.path first):

  from fakes.kube_fixtures import fake_kube     # a factory; all are stopped after the test

  def test_x(fake_kube):
      kube = fake_kube()                # https on a free port; kube.address, kube.ca_file, kube.token_file
      kube.put(webhook_configuration("hook", bundles=[""]))
      kube.script("patch", status=409, times=3)
      ...
      assert kube.bundle("hook") == pem and kube.seen("patch")[0].json["metadata"]["resourceVersion"]

What it does as the real one does: GET of mutatingwebhookconfigurations; strategic merge patches by the name
of a webhook, with metadata.resourceVersion as precondition (409), null to remove, managedFields for
caBundles and annotations, no new version when nothing changes; 404, 415, 422; list and watch with a
fieldSelector (ADDED at once for what is there, then MODIFIED and DELETED, to the end of timeoutSeconds; a
resourceVersion older than `kube.oldest` is 410); Events (events.k8s.io/v1) with the server's checks;
SelfSubjectAccessReview; dry runs of pods; bearer tokens; RBAC with resourceNames.

For tests, free to use while it runs:

  put(object)  delete(name)  object(name)  version(name)
  bundle(name, index=0)      the decoded caBundle;  bundles(name) all of them
  annotations(name)          a copy
  overwrite(name, text, manager="helm", index=None)      somebody else writes a caBundle (index None: all)
  annotate(name, key, value, manager="someone")          or an annotation; value None removes it
  race = n                   before each of the next n patches somebody else changes the object: a real 409
  date_offset = seconds      what its clock, as the header Date tells it, is ahead; None: it does not tell
  tokens                     what is accepted; None: anything.  rotate() makes a new token in token_file,
                             the old one is refused from then on; write_token(text) only writes the file
  rules                      None: everything is allowed; or dicts with verbs, resource and names (absent: any)
  events                     Events that were created, oldest first
  admit                      what becomes of a pod: a function of it, which may raise Refused; kept is none
  watching                   number of watches that are open now
  say(text)                  these bytes into every open watch;  bookmark()  a bookmark
  end_watches()              they end as at timeoutSeconds;  drop_connections() cuts them
  advertise(directory)       a service-account directory (token, ca.crt, namespace), and the variables
                             of a pod as a dict

Endpoints for script(), clear() and seen(): get patch watch list event access pod, or "*" for all.  What
script() does is told in server.py; a status without a body gets a Status object as its body, and a play
of "watch" with a body is sent as it is, without chunks.

From a shell: commands are JSON lines on stdin, each gets one line back, the end of stdin ends it:

  python3 tests/fakes/kube.py DIRECTORY      {"address": ..., "ca_file": ..., "token_file": ..., "port": ...}
  {"put": {...}}  {"object": "hook"}  {"delete": "hook"}  {"overwrite": ["hook", "PEM"]}  {"events": null}
  {"script": {"endpoint": "patch", "status": 409, "times": 2}}  {"clear": null}  {"seen": "patch"}
  {"set": {"race": 3}}  {"rotate": null}  {"say": "garbage\\n"}  {"end_watches": null}  {"release": null}
"""

import base64
import binascii
import copy
import datetime
import email.utils
import json
import pathlib
import re
import secrets
import sys
import threading
import time
import urllib.parse
import uuid

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from fakes.server import Answer, Server, obey

GROUP = "admissionregistration.k8s.io"
RESOURCE = "mutatingwebhookconfigurations"
BASE = f"/apis/{GROUP}/v1/{RESOURCE}"
STRATEGIC = "application/strategic-merge-patch+json"
LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
SUBDOMAIN = re.compile(rf"{LABEL}(\.{LABEL})*")
REASONS = {
    400: "BadRequest", 401: "Unauthorized", 403: "Forbidden", 404: "NotFound", 409: "Conflict",
    410: "Expired", 415: "UnsupportedMediaType", 422: "Invalid", 429: "TooManyRequests",
    500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout",
}
ENDPOINTS = (
    ("get", "GET", rf"{BASE}/[^/?]+(\?.*)?"),
    ("patch", "PATCH", rf"{BASE}/[^/?]+(\?.*)?"),
    ("watch", "GET", rf"{BASE}\?(.*&)?watch=(true|1)(&.*)?"),
    ("list", "GET", rf"{BASE}(\?.*)?"),
    ("event", "POST", r"/apis/events\.k8s\.io/v1/namespaces/[^/]+/events(\?.*)?"),
    ("pod", "POST", r"/api/v1/namespaces/[^/]+/pods(\?.*)?"),
    ("access", "POST", r"/apis/authorization\.k8s\.io/v1/selfsubjectaccessreviews(\?.*)?"),
)
USER = "system:serviceaccount:apps:keyhook"


class Refused(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status, self.message = status, message


def status_object(code, message=None):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": message or f"scripted failure {code}", "reason": REASONS.get(code, ""),
            "code": code}


def webhook_configuration(name="hook", bundles=("",), annotations=None, names=None):
    """An object with one webhook for each bundle (PEM text; None: no caBundle at all)."""
    webhooks = []
    for index, text in enumerate(bundles):
        client = {"service": {"name": "keyhook", "namespace": "apps", "path": "/mutate", "port": 443}}
        if text is not None:
            client["caBundle"] = base64.b64encode(text.encode()).decode()
        webhooks.append({
            "name": names[index] if names else f"w{index}.keyhook.example",
            "admissionReviewVersions": ["v1"],
            "clientConfig": client,
            "failurePolicy": "Fail",
            "matchPolicy": "Equivalent",
            "sideEffects": "None",
            "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                       "resources": ["pods"], "scope": "*"}],
        })
    return {"apiVersion": f"{GROUP}/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": name, "annotations": dict(annotations or {})},
            "webhooks": webhooks}


def merge(into, patch):
    """A strategic merge: objects by member, lists of webhooks by name, null removes."""
    out = dict(into)
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        elif isinstance(value, dict) and isinstance(out.get(key), dict):
            out[key] = merge(out[key], value)
        elif key == "webhooks" and isinstance(value, list):
            out[key] = merge_by_name(out.get(key) or [], value)
        else:
            out[key] = merge({}, value) if isinstance(value, dict) else value
    return out


def merge_by_name(into, patches):
    out = list(into)
    for patch in patches:
        if not isinstance(patch, dict) or "name" not in patch:
            raise Refused(400, "map: does not contain declared merge key: name")
        places = [i for i, one in enumerate(out) if one["name"] == patch["name"]]
        if places:
            out[places[0]] = merge(out[places[0]], patch)
        else:
            out.append(merge({}, patch))
    return out


def owned_fields(thing):
    """What managers can own here: {path: value}."""
    fields = {}
    for key, value in (thing["metadata"].get("annotations") or {}).items():
        fields["f:metadata", "f:annotations", f"f:{key}"] = value
    for one in thing.get("webhooks") or []:
        if "caBundle" in one["clientConfig"]:
            key = "k:" + json.dumps({"name": one["name"]}, separators=(",", ":"))
            fields["f:webhooks", key, "f:clientConfig", "f:caBundle"] = one["clientConfig"]["caBundle"]
    return fields


def check_webhooks(thing):
    names = set()
    for index, one in enumerate(thing.get("webhooks") or []):
        place = f'{thing["kind"]}.{GROUP} "{thing["metadata"]["name"]}" is invalid: webhooks[{index}]'
        for member in ("admissionReviewVersions", "sideEffects", "clientConfig"):
            if member not in one:
                raise Refused(422, f"{place}.{member}: Required value")
        if one["name"] in names:
            raise Refused(422, f'{place}.name: Duplicate value: "{one["name"]}"')
        names.add(one["name"])
        try:
            base64.b64decode(one["clientConfig"].get("caBundle") or "", validate=True)
        except (binascii.Error, ValueError, TypeError):
            raise Refused(400, "illegal base64 data at input byte 0") from None


def check_event(event, namespace):
    for member in ("eventTime", "reportingController", "reportingInstance", "action", "reason", "type"):
        if not event.get(member):
            raise Refused(422, f"{member}: Required value")
    for member in ("reportingInstance", "action", "reason"):
        if len(event[member].encode()) > 128:
            raise Refused(422, f"{member}: can have at most 128 characters")
    if len(event.get("note", "").encode()) > 1024:
        raise Refused(422, "note: can have at most 1024 characters")
    if event["type"] not in ("Normal", "Warning"):
        raise Refused(422, f'type: Invalid value: "{event["type"]}"')
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["eventTime"]):
        raise Refused(400, "eventTime: not a MicroTime")
    if not SUBDOMAIN.fullmatch(event["metadata"].get("name", "")):
        raise Refused(422, "metadata.name: Invalid value")
    if event["metadata"].get("namespace") != namespace:
        raise Refused(400, "the namespace of the provided object does not match the request")
    if event["regarding"].get("namespace") != namespace:
        raise Refused(422, "involvedObject.namespace: Invalid value: does not match event.namespace")


def injected(pod):
    """What the webhook makes of a pod that asks for an agent, as far as somebody looks."""
    pod = copy.deepcopy(pod)
    agent = {"image": "vault", "volumeMounts": [{"name": "vault-secrets", "mountPath": "/vault/secrets"}]}
    pod["spec"].setdefault("volumes", []).append({"name": "vault-secrets", "emptyDir": {"medium": "Memory"}})
    pod["spec"]["initContainers"] = [{"name": "vault-agent-init", **agent}]
    pod["spec"]["containers"].append({"name": "vault-agent", **agent})
    return pod


class FakeKube(Server):
    def __init__(self, directory, **options):
        self.objects = {}
        self.owners = {}  # name -> {manager: [time, {path, ...}]}
        self.revision = 1000
        self.oldest = 0
        self.race = 0
        self.date_offset = 0
        self.rules = None
        self.events = []
        self.admit = injected
        self.feeds = []  # of open watches
        self.tokens = None
        self.token_file = str(pathlib.Path(directory) / "token")
        self.rotate()
        super().__init__(directory, **options)

    # --- for tests: tokens and places

    def write_token(self, text):
        pathlib.Path(self.token_file).write_text(text, encoding="utf-8")

    def rotate(self):
        token = f"canary-token-{secrets.token_hex(16)}"
        self.tokens = {token}
        self.write_token(token + "\n")
        return token

    @property
    def token(self):
        return pathlib.Path(self.token_file).read_text(encoding="utf-8").strip()

    def advertise(self, directory, namespace="apps"):
        directory = pathlib.Path(directory)
        directory.mkdir(parents=True, exist_ok=True)
        self.token_file = str(directory / "token")
        self.rotate()
        (directory / "ca.crt").write_text(pathlib.Path(self.ca_file).read_text("ascii"), "ascii")
        (directory / "namespace").write_text(namespace, "ascii")
        return {"KUBERNETES_SERVICE_HOST": self.host, "KUBERNETES_SERVICE_PORT": str(self.port)}

    # --- for tests: objects

    def put(self, thing, manager="kubectl"):
        with self.lock:
            thing = copy.deepcopy(thing)
            name = thing["metadata"]["name"]
            check_webhooks(thing)
            thing["metadata"].setdefault("uid", self._uid(name))
            self._store(name, thing, manager)

    def _uid(self, name):
        old = self.objects.get(name)
        return old["metadata"]["uid"] if old else str(uuid.uuid4())

    def delete(self, name):
        with self.lock:
            gone = self.objects.pop(name)
            self.owners.pop(name, None)
            self.revision += 1
            gone["metadata"]["resourceVersion"] = str(self.revision)
            self._tell("DELETED", gone)

    def object(self, name):
        with self.lock:
            return copy.deepcopy(self.objects[name])

    def version(self, name):
        return self.object(name)["metadata"]["resourceVersion"]

    def bundles(self, name):
        return [base64.b64decode(one["clientConfig"].get("caBundle", "")).decode()
                for one in self.object(name).get("webhooks") or []]

    def bundle(self, name, index=0):
        return self.bundles(name)[index]

    def annotations(self, name):
        return self.object(name)["metadata"].get("annotations") or {}

    def overwrite(self, name, text, manager="helm", index=None):
        encoded = base64.b64encode(text.encode()).decode()
        with self.lock:
            thing = copy.deepcopy(self.objects[name])
            for place, one in enumerate(thing["webhooks"]):
                if index in (None, place):
                    one["clientConfig"]["caBundle"] = encoded
            self._store(name, thing, manager)

    def annotate(self, name, key, value, manager="someone"):
        with self.lock:
            self._annotate(name, key, value, manager)

    def _annotate(self, name, key, value, manager):
        change = {"metadata": {"annotations": {key: value}}}
        self._store(name, merge(self.objects[name], change), manager)

    # --- storage; with the lock held

    def _store(self, name, thing, manager):
        """A new version, unless nothing changed."""
        old = self.objects.get(name)
        if old and without_managers(old) == without_managers(thing):
            return
        self._own(name, owned_fields(old) if old else {}, owned_fields(thing), manager)
        self.revision += 1
        thing["metadata"]["resourceVersion"] = str(self.revision)
        thing["metadata"]["managedFields"] = self._managed_fields(name)
        self.objects[name] = thing
        self._tell("MODIFIED" if old else "ADDED", thing)

    def _own(self, name, before, after, manager):
        owners = self.owners.setdefault(name, {})
        changed = {path for path, value in after.items() if before.get(path) != value}
        for entry in owners.values():
            entry[1] = (entry[1] & set(after)) - changed
        if changed:
            entry = owners.setdefault(manager, ["", set()])
            entry[1] |= changed
            entry[0] = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")

    def _managed_fields(self, name):
        out = []
        for manager, (stamp, paths) in self.owners[name].items():
            if not paths:
                continue
            fields = {}
            for path in sorted(paths):
                node = fields
                for step in path:
                    node = node.setdefault(step, {})
            out.append({"manager": manager, "operation": "Update", "apiVersion": f"{GROUP}/v1",
                        "time": stamp, "fieldsType": "FieldsV1", "fieldsV1": fields})
        return out

    # --- requests

    def endpoint(self, method, path):
        for word, verb, shape in ENDPOINTS:
            if method == verb and re.fullmatch(shape, path):
                return word
        return "other"

    def send(self, sock, answer, play, request):
        """As the server's own, but that a watch goes on."""
        feed = answer.body
        if not isinstance(feed, Feed):
            return super().send(sock, answer, play, request)
        try:
            if play.fault in (None, "hold"):
                feed.run(sock)
                return True
            answer.body = None
            return super().send(sock, answer, play, request)
        finally:
            with self.lock:
                self.feeds.remove(feed)

    def _played(self, play, request):
        if play.status is not None and play.status >= 300 and play.body is None:
            play.body = status_object(play.status)
        answer = super()._played(play, request)
        if self.date_offset is not None:
            date = email.utils.formatdate(time.time() + self.date_offset, usegmt=True)
            answer.headers = {"Date": date, **answer.headers}
        return answer

    def answer(self, request):
        try:
            self._check_token(request)
            handler = getattr(self, f"_{request.endpoint}", None)
            if not handler:
                raise Refused(404, "the server could not find the requested resource")
            url = urllib.parse.urlsplit(request.path)
            query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
            return handler(request, url.path.rsplit("/", 1)[1], query)
        except Refused as refused:
            return Answer(refused.status, status_object(refused.status, refused.message))

    def _check_token(self, request):
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if self.tokens is not None and token not in self.tokens:
            raise Refused(401, "Unauthorized")

    def _may(self, verb, resource, name):
        if self.rules is None:
            return True
        return any(verb in rule["verbs"] and rule.get("resource", RESOURCE) == resource
                   and ("names" not in rule or name in rule["names"]) for rule in self.rules)

    def _check_right(self, verb, resource, name, group=GROUP):
        if not self._may(verb, resource, name):
            raise Refused(403, f'{resource}.{group} "{name}" is forbidden: User "{USER}" cannot {verb} '
                          f'resource "{resource}" in API group "{group}"')

    def _found(self, name):
        if name not in self.objects:
            raise Refused(404, f'{RESOURCE}.{GROUP} "{name}" not found')
        return self.objects[name]

    def _get(self, _request, name, _query):
        self._check_right("get", RESOURCE, name)
        return Answer(200, copy.deepcopy(self._found(name)))

    def _patch(self, request, name, query):
        self._check_right("patch", RESOURCE, name)
        if request.headers.get("content-type") != STRATEGIC:
            raise Refused(415, "the body of the request was in an unknown format")
        if self.race > 0:
            self.race -= 1
            self._annotate(self._found(name)["metadata"]["name"], "example.com/race", str(self.race), "racer")
        old = self._found(name)
        try:
            patch = json.loads(request.body)
        except ValueError:
            raise Refused(400, "error decoding patch") from None
        wanted = patch.get("metadata", {}).pop("resourceVersion", None)
        if wanted not in (None, old["metadata"]["resourceVersion"]):
            raise Refused(409, f'Operation cannot be fulfilled on {RESOURCE}.{GROUP} "{name}": the object '
                          "has been modified; please apply your changes to the latest version and try again")
        thing = merge(copy.deepcopy(old), patch)
        check_webhooks(thing)
        agent = request.headers.get("user-agent", "").split("/")[0]
        self._store(name, thing, query.get("fieldManager") or agent)
        return Answer(200, copy.deepcopy(self.objects[name]))

    def _event(self, request, _name, _query):
        namespace = request.path.split("/")[5]
        self._check_right("create", "events", "", "events.k8s.io")
        event = request.json
        check_event(event, namespace)
        if any(e["metadata"]["name"] == event["metadata"]["name"] for e in self.events):
            raise Refused(409, f'events "{event["metadata"]["name"]}" already exists')
        self.events.append(event)
        return Answer(201, event)

    def _pod(self, request, _name, query):
        namespace = request.path.split("/")[4]
        if not self._may("create", "pods", ""):
            raise Refused(403, f'pods is forbidden: User "{USER}" cannot create resource "pods" in API group "" '
                          f'in the namespace "{namespace}"')
        if query.get("dryRun") != "All":
            raise Refused(422, "only dry runs here")
        return Answer(201, self.admit(request.json))

    def _access(self, request, _name, _query):
        asked = request.json["spec"]["resourceAttributes"]
        allowed = self._may(asked.get("verb"), asked.get("resource"), asked.get("name", ""))
        return Answer(201, {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
                            "spec": request.json["spec"], "status": {"allowed": allowed}})

    # --- lists and watches

    def _selected(self, verb, query):
        field, _, name = query.get("fieldSelector", "").partition("=")
        if query.get("fieldSelector") and field != "metadata.name":
            raise Refused(400, f'field label not supported: "{field}"')
        self._check_right(verb, RESOURCE, name)
        return name

    def _list(self, _request, _name, query):
        name = self._selected("list", query)
        items = [copy.deepcopy(o) for n, o in self.objects.items() if name in ("", n)]
        return Answer(200, {"kind": "MutatingWebhookConfigurationList", "apiVersion": f"{GROUP}/v1",
                            "metadata": {"resourceVersion": str(self.revision)}, "items": items})

    def _watch(self, _request, _name, query):
        name = self._selected("watch", query)
        since = query.get("resourceVersion") or "0"
        if int(since) and int(since) < self.oldest:
            raise Refused(410, f"too old resource version: {since} ({self.oldest})")
        feed = Feed(name, float(query.get("timeoutSeconds") or 1800))
        for one, thing in self.objects.items():
            if name in ("", one) and int(thing["metadata"]["resourceVersion"]) > int(since):
                feed.put(line_of("MODIFIED" if int(since) else "ADDED", thing))
        self.feeds.append(feed)
        return Answer(200, feed)

    def _tell(self, kind, thing):
        for feed in self.feeds:
            if feed.name in ("", thing["metadata"]["name"]):
                feed.put(line_of(kind, thing))

    @property
    def watching(self):
        with self.lock:
            return len(self.feeds)

    def say(self, text):
        with self.lock:
            for feed in self.feeds:
                feed.put(text.encode() if isinstance(text, str) else text)

    def bookmark(self):
        self.say(line_of("BOOKMARK", {"kind": "MutatingWebhookConfiguration", "apiVersion": f"{GROUP}/v1",
                                      "metadata": {"resourceVersion": str(self.revision),
                                                   "creationTimestamp": None}}))

    def end_watches(self):
        with self.lock:
            for feed in self.feeds:
                feed.end()

    def stop(self):
        super().stop()
        self.end_watches()


def line_of(kind, thing):
    return json.dumps({"type": kind, "object": thing}, separators=(",", ":")).encode() + b"\n"


def without_managers(thing):
    out = copy.deepcopy(thing)
    for name in ("managedFields", "resourceVersion"):
        out["metadata"].pop(name, None)
    return out


class Feed:
    """What an open watch is still to send."""

    def __init__(self, name, seconds):
        self.name = name
        self.end_time = time.monotonic() + seconds
        self.changed = threading.Condition()
        self.waiting = []
        self.is_ended = False

    def put(self, data):
        with self.changed:
            self.waiting.append(data)
            self.changed.notify()

    def end(self):
        with self.changed:
            self.is_ended = True
            self.changed.notify()

    def _next(self):
        """Bytes, or None at the end."""
        with self.changed:
            while not self.waiting and not self.is_ended:
                left = self.end_time - time.monotonic()
                if left <= 0:
                    return None
                self.changed.wait(left)
            return self.waiting.pop(0) if self.waiting else None

    def run(self, sock):
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                     b"Transfer-Encoding: chunked\r\n\r\n")
        while (data := self._next()) is not None:
            if data:
                sock.sendall(b"%x\r\n%s\r\n" % (len(data), data))
        sock.sendall(b"0\r\n\r\n")


# --- from a shell


def command(kube, word, value):
    if word == "script":
        kube.script(value.pop("endpoint", "*"), **value)
    elif word == "set":
        for name, what in value.items():
            assert hasattr(kube, name), f"no member {name}"
            setattr(kube, name, set(what) if name == "tokens" and what is not None else what)
    elif word == "events":
        return kube.events
    elif word == "watching":
        return kube.watching
    else:
        allowed = ("put", "delete", "object", "bundles", "overwrite", "annotate", "rotate", "say",
                   "write_token", "bookmark", "end_watches", "drop_connections", "clear", "release",
                   "advertise")
        assert word in allowed, f"no command {word}"
        arguments = value if isinstance(value, list) else [] if value is None else [value]
        result = getattr(kube, word)(*arguments)
        return "ok" if result is None else result
    return "ok"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with FakeKube(sys.argv[1]) as kube:
        obey(kube, {"address": kube.address, "ca_file": kube.ca_file, "token_file": kube.token_file,
                    "port": kube.port}, command)


if __name__ == "__main__":
    main()
