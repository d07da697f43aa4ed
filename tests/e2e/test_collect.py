"""What is kept of a failure, when the cluster is what has failed."""

import json
import re

from collect import collect
from conftest import is_own_namespace


def test_logs_that_cannot_be_had(request, tmp_path, monkeypatch):
    """In a hook of pytest any exception would end the whole session."""
    config = {"apiVersion": "v1", "kind": "Config", "current-context": "c", "users": [{"name": "u", "user": {}}],
              "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
              "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}]}
    (tmp_path / "config").write_text(json.dumps(config), encoding="ascii")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    monkeypatch.setenv("BUILD", str(tmp_path))
    collect(request.node, "e2e", is_own_namespace)
    told = tmp_path / "logs/e2e/cluster" / re.sub(r"\W+", "-", request.node.name) / "incomplete"
    assert "could not be collected: MaxRetryError" in told.read_text(encoding="utf-8")


def test_logs_of_a_failure(request, core, namespace, tmp_path, monkeypatch):
    """Also of namespaces that the test itself has not made."""
    assert core.read_namespace(namespace)
    monkeypatch.setenv("BUILD", str(tmp_path))
    collect(request.node, "e2e", is_own_namespace)
    (place,) = (tmp_path / "logs/e2e/cluster").iterdir()
    assert {namespace, "default"} <= {path.name for path in place.iterdir()}
