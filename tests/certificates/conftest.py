"""Fixtures of the end-to-end suites; `run` beside this file makes the network that they need."""

import itertools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))

from authority import Authority  # noqa: E402
from keyhook import Endpoints, Installation, Replica  # noqa: E402
import kube  # noqa: E402
from load import Pressure  # noqa: E402
from pki import Pki  # noqa: E402
from relay import Relay  # noqa: E402
from report import figure, pytest_collection_modifyitems, pytest_terminal_summary, pytest_unconfigure  # noqa: E402,F401
from vault import Vault  # noqa: E402

WRITTEN = []  # (where, text): other things that were written, for the search for secrets


def is_short():
    return os.environ.get("SERIES") == "short"


def series(count):
    """A number of turns: all of them, or a tenth with SERIES=short."""
    return max(1, count // 10) if is_short() else count


@pytest.fixture(scope="session", name="servers")
def fixture_servers():
    return pathlib.Path(os.environ["SERVERS"])


@pytest.fixture(scope="session", name="authority")
def fixture_authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="session", name="cluster")
def fixture_cluster(servers, tmp_path_factory, authority):
    cluster = kube.Kube(servers, tmp_path_factory.mktemp("kube") / "kube", authority)
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture(scope="session", name="vault")
def fixture_vault(servers, tmp_path_factory, authority):
    """One node; a test that seals it or stops it leaves it usable."""
    vault = Vault(servers, tmp_path_factory.mktemp("vault"), authority)
    vault.start()
    yield vault
    vault.stop()


NUMBERS = itertools.count(1)


@pytest.fixture(name="installation")
def fixture_installation(cluster):
    return Installation(cluster, f"t{next(NUMBERS)}").create()


@pytest.fixture(name="endpoints")
def fixture_endpoints(installation):
    """Which replicas are asked; whatever was added to it is ended after the test."""
    endpoints = Endpoints(installation)
    yield endpoints
    endpoints.stop()
    for replica in endpoints.replicas:
        replica.kill()


@pytest.fixture(name="pki")
def fixture_pki(vault, installation):
    pki = Pki(vault, installation)
    pki.must_setup()
    return pki


@pytest.fixture(name="replica")
def fixture_replica(installation, tmp_path):
    """replica(number, *options, env=...) -> Replica at 10.66.0.<number>, not started."""
    fixed = ["-requests-per-connection=10"]
    return lambda number, *options, **more: Replica(installation, number, tmp_path, [*fixed, *options], **more)


@pytest.fixture(name="relay")
def fixture_relay():
    """A way to the API server that can be cut and held: replica(..., api=relay.address)."""
    relay = Relay((kube.PROXIED, 6443), (kube.HOST, kube.PORT))
    yield relay
    relay.stop()


@pytest.fixture(name="pressure")
def fixture_pressure(installation, endpoints):
    """pressure(rate=...) -> Pressure; ended with the test at the latest."""
    running = []

    def begin(**options):
        running.append(Pressure(installation, endpoints, **options))
        return running[-1]

    yield begin
    for one in running:
        one.stop()
        WRITTEN.extend(("a failed pod", text) for _, text in one.load.failures)


@pytest.fixture
def judge():
    """judge(seconds, limit): with --judge a promised time is a promise; else ten times that, a hang guard."""

    def decide(seconds, limit):
        assert seconds <= (limit if os.environ.get("JUDGE") == "yes" else 10 * limit)

    return decide
