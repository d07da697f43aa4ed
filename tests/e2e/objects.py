"""Any object of any kind through the official client: applied, tried without effect, deleted; answers with warnings.

The typed calls of the client know neither the warnings of an answer nor fieldValidation, which these tests are about.
"""

import json
import re

import yaml
from kubernetes.client.exceptions import ApiException

APPLY = "application/apply-patch+yaml"
MANAGER = "tests"
HANG_GUARD = 60  # seconds: of one answer
WARNING = re.compile(r'299 \S+ "((?:[^"\\]|\\.)*)"')


class Answer:
    def __init__(self, status, raw, headers):
        self.status, self.raw = status, raw
        self.warnings = [re.sub(r"\\(.)", r"\1", text) for text in WARNING.findall(headers.get("Warning", ""))]

    @property
    def body(self):
        return json.loads(self.raw) if self.raw else None

    @property
    def message(self):
        """Of a refusal."""
        return self.body.get("message", "")


def documents(text):
    """The objects of a YAML text; lists are taken apart."""
    for document in yaml.safe_load_all(text):
        if document is not None:
            yield from document["items"] if document["kind"] == "List" else [document]


class Objects:
    """`client` is a kubernetes.client.ApiClient; what was made is remembered, for delete_all()."""

    def __init__(self, client):
        self.client, self.resources, self.made = client, {}, []

    def ask(self, method, path, body=None, kind="application/json", **query):
        """The answer, whatever its status."""
        headers = {"Accept": "application/json", "Content-Type": kind}
        if kind == APPLY:
            body = json.dumps(body)
        try:
            found = self.client.call_api(path, method, query_params=list(query.items()), header_params=headers, body=body,
                                         auth_settings=["BearerToken"], _preload_content=False,
                                         _return_http_data_only=True, _request_timeout=HANG_GUARD)  # fmt: skip
            return Answer(found.status, found.data, found.headers)
        except ApiException as error:
            return Answer(error.status, error.body, error.headers or {})

    def need(self, method, path, body=None, kind="application/json", **query):
        """Anything but success fails the test."""
        answer = self.ask(method, path, body, kind, **query)
        assert answer.status < 300, f"{method} {path}: {answer.status} {answer.raw}"
        return answer

    # --- paths

    def resource(self, version, kind):
        """(path of the group, plural, whether it has namespaces), as the API server lists it."""
        if (version, kind) not in self.resources:
            base = f"/apis/{version}" if "/" in version else f"/api/{version}"
            for found in self.need("GET", base).body["resources"]:
                if "/" not in found["name"]:
                    self.resources[version, found["kind"]] = base, found["name"], found["namespaced"]
        assert (version, kind) in self.resources, f"the API server has no {kind} of {version}"
        return self.resources[version, kind]

    def place(self, thing, namespace=None):
        """The path of the object's collection."""
        base, plural, has_namespace = self.resource(thing["apiVersion"], thing["kind"])
        where = thing["metadata"].get("namespace") or namespace or "default"
        return f"{base}/namespaces/{where}/{plural}" if has_namespace else f"{base}/{plural}"

    def path(self, thing, namespace=None):
        return f"{self.place(thing, namespace)}/{thing['metadata']['name']}"

    # --- objects

    def try_apply(self, thing, namespace=None, manager=MANAGER):
        """Server-side apply without effect; unknown and doubled fields are errors."""
        return self.ask("PATCH", self.path(thing, namespace), thing, APPLY, fieldManager=manager,
                        fieldValidation="Strict", dryRun="All", force="true")  # fmt: skip

    def apply(self, thing, namespace=None, manager=MANAGER):
        done = self.need("PATCH", self.path(thing, namespace), thing, APPLY, fieldManager=manager,
                         fieldValidation="Strict", force="true")  # fmt: skip
        self.made.append(self.path(thing, namespace))
        return done.body

    def apply_all(self, things, namespace=None):
        return [self.apply(thing, namespace) for thing in things]

    def try_create(self, thing, namespace=None):
        """What creating it would give, admission included."""
        return self.ask("POST", self.place(thing, namespace), thing, fieldValidation="Strict", dryRun="All")

    def get(self, thing, namespace=None):
        return self.need("GET", self.path(thing, namespace)).body

    def exists(self, path):
        return self.ask("GET", path).status == 200

    def delete(self, path):
        answer = self.ask("DELETE", path, {"propagationPolicy": "Background"})
        assert answer.status < 300 or answer.status == 404, answer.raw

    def delete_all(self):
        """The other way round, as they may need each other."""
        for path in reversed(self.made):
            self.delete(path)
        self.made.clear()
