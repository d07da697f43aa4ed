"""Fixtures of the scenario's suite: the whole of Phoenix Guardian, once; `tests/e2e/run --scenario` brings the cluster."""

import itertools
import json
import pathlib
import sys

import pytest
from kubernetes.client.exceptions import ApiException

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import report  # noqa: E402
from report import figure, pytest_collection_modifyitems, pytest_terminal_summary, pytest_unconfigure  # noqa: E402,F401
from stage import NAMESPACE, Stage, wait_for  # noqa: E402

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session", name="stage")
def fixture_stage():
    return Stage().prepare(lambda text: report.FIGURES.append(("stage", text)))


@pytest.fixture(name="inside")
def fixture_inside(stage):
    """inside(pod, *command, container=...) -> what it printed; its failure fails the test."""

    def inside(name, *command, container="app"):
        return stage.kubectl("-n", NAMESPACE, "exec", name, "-c", container, "--", *command)

    return inside


@pytest.fixture(name="file_of")
def fixture_file_of(inside):
    """file_of(pod, name) -> text of /vault/secrets/<name>"""
    return lambda name, file, container="app": inside(name, "cat", f"/vault/secrets/{file}", container=container)


@pytest.fixture(name="json_of")
def fixture_json_of(file_of):
    return lambda name, file, container="app": json.loads(file_of(name, file, container))


@pytest.fixture(name="create")
def fixture_create(stage):
    """create(pod) -> its name, made unique; deleted after the test, which does not wait for its end."""
    made = []

    def create(pod):
        pod["metadata"]["name"] += f"-{next(NUMBERS)}"
        made.append(stage.core.create_namespaced_pod(NAMESPACE, pod).metadata.name)
        return made[-1]

    yield create
    for name in made:
        stage.objects.delete(f"/api/v1/namespaces/{NAMESPACE}/pods/{name}?gracePeriodSeconds=1")


@pytest.fixture(name="start")
def fixture_start(stage, create):
    """The same, and it is ready."""

    def start(pod):
        name = create(pod)
        stage.pods.wait_ready(NAMESPACE, name)
        return name

    return start


@pytest.fixture(name="agent_says")
def fixture_agent_says(stage):
    """agent_says(pod, text, container): waits until the agent's log has it, and returns the log."""

    def agent_says(name, *texts, container="vault-agent-init"):
        def said():
            try:
                log = stage.pods.logs(NAMESPACE, name, container)
            except ApiException as error:
                if error.status != 400:
                    raise
                return None
            return log if all(text in log for text in texts) else None

        return wait_for(said, lambda: f"{texts} in the log of {name}:\n{stage.pods.logs(NAMESPACE, name, container)}")

    return agent_says
