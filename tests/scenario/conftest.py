"""Fixtures of the scenario's suite: the whole of Phoenix Guardian, once; `tests/e2e/run --scenario` brings the cluster."""

import itertools
import json
import pathlib
import sys
import time

import pytest
from kubernetes.client.exceptions import ApiException

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import report  # noqa: E402
from report import figure, pytest_collection_modifyitems, pytest_terminal_summary, pytest_unconfigure  # noqa: E402,F401
from stage import NAMESPACE, Stage, SYSTEM, wait_for  # noqa: E402
import workload  # noqa: E402
from collect import collecting  # noqa: E402
from outage import Outage  # noqa: E402
from pairs import pair_of  # noqa: E402
from services import replicas_are_well, services_are_well  # noqa: E402

NUMBERS = itertools.count(1)
COMMAND_FAILED = "command terminated with exit code"  # kubectl's words; others tell of the way to it
REACH_GUARD = 60  # seconds
# These namespaces outlive each test, and what was ended is repaired at the end of one.
pytest_runtest_makereport = collecting("scenario", {NAMESPACE, SYSTEM}.__contains__, ("setup", "call", "teardown"))


@pytest.fixture(scope="session", name="stage")
def fixture_stage():
    return Stage().prepare(lambda text: report.FIGURES.append(("stage", text)))


@pytest.fixture(name="inside")
def fixture_inside(stage):
    """inside(pod, *command, container=...) -> what it printed; its failure fails the test. When the command was not even
    run, it is tried again for a while: the API server or containerd may just have come back."""

    def inside(name, *command, container="app"):
        end = time.monotonic() + REACH_GUARD
        while True:
            try:
                return stage.kubectl("-n", NAMESPACE, "exec", name, "-c", container, "--", *command)
            except AssertionError as error:
                if COMMAND_FAILED in str(error) or time.monotonic() > end:
                    raise
            time.sleep(0.5)

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


@pytest.fixture(name="login")
def fixture_login(stage):
    """login(account, role, audience) -> (status, answer) of Vault; without an audience with the pod's usual token."""

    def login(account, role, audience):
        wanted = [f"--audience={audience}"] if audience else []
        jwt = stage.kubectl("-n", NAMESPACE, "create", "token", account, *wanted).strip()
        return stage.vault.ask("POST", "auth/kubernetes/login", {"role": role, "jwt": jwt})

    return login


@pytest.fixture(name="own_role")
def fixture_own_role(stage):
    """own_role(name, TTL): a database role and a login for it, like app-role and the example's with another time."""
    made = []

    def allow():
        stage.vault.write("database/config/phoenix-guardian-db", {
            "plugin_name": "postgresql-database-plugin", "allowed_roles": ["app-role", "readonly-role", *made]})

    def make(name, seconds):
        like = stage.vault.read("database/roles/app-role")
        stage.vault.write(f"database/roles/{name}", like | {"default_ttl": seconds, "max_ttl": seconds})
        made.append(name)
        allow()
        stage.vault.policy(name, f'path "database/creds/{name}" {{ capabilities = ["read"] }}')
        stage.vault.bare_role(name, ["encounter-service"], [name, "vault-agent"], token_ttl="1h", token_max_ttl="24h")

    yield make
    made.clear()
    allow()


@pytest.fixture(name="repaired")
def fixture_repaired(stage):
    """Whatever a test has ended runs again for the next one, and by itself everything is well."""
    yield
    for name, is_alive in stage.control("status").items():
        if not is_alive:
            stage.control("start", name)
    Outage(stage).repair()
    services_are_well(stage)
    replicas_are_well(stage)


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


@pytest.fixture(name="running")
def fixture_running(start, agent_says):
    """A pod that renews its credentials."""
    name = start(workload.bound_pod("running", "encounter-service", pair_of(), "phoenix-guardian-app-bound"))
    agent_says(name, "rendered", container="vault-agent")
    return name
