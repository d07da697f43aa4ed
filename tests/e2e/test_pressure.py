"""The judge of admissions: whatever is not an admission with an agent is seen, and tells what it is."""

import socket
import types

import kubernetes
import pytest

from objects import Answer, Objects
from pressure import Pressure
from waiting import wait_for
from workloads import inject, pod

BODY = pod("app:1", inject("any", "secret/data/any"), name="any", namespace="any")
INJECTED = '{"spec": {"initContainers": [{"name": "vault-agent-init"}]}}'


def judged(objects):
    """After some turns, and what the judge says."""
    with Pressure("any", BODY, objects, rate=1000) as pressure:
        wait_for(lambda: pressure.admitted + len(pressure.failures) + len(pressure.unanswered) > 2, "some turns")
    try:
        pressure.judge(least=2)
    except AssertionError as error:
        return pressure, str(error)
    return pressure, ""


def always(status, raw):
    return types.SimpleNamespace(try_create=lambda *_: Answer(status, raw, {}))


def test_admissions():
    assert judged(always(201, INJECTED))[1] == ""


@pytest.mark.parametrize("status, raw", [(500, "failed calling webhook"), (201, '{"spec": {}}')])
def test_an_admission_that_failed(status, raw):
    pressure, told = judged(always(status, raw))
    assert "admissions failed" in told and pressure.unanswered == []


def test_an_api_server_that_is_away():
    """A refused connection is no answer of the client's own kind, and ended the thread once."""
    with socket.socket() as bound:  # nobody listens
        bound.bind(("127.0.0.1", 0))
        host = f"http://127.0.0.1:{bound.getsockname()[1]}"
        objects = Objects(kubernetes.client.ApiClient(kubernetes.client.Configuration(host=host)))
        objects.resources["v1", "Pod"] = "/api/v1", "pods", True
        pressure, told = judged(objects)
    assert "was away" in told and pressure.failures == []


def test_too_few():
    pressure, _ = judged(always(201, INJECTED))
    with pytest.raises(AssertionError, match="only"):
        pressure.judge(least=10**6)
