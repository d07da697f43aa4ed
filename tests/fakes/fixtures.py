"""Fixtures over the fakes; a conftest.py puts tests/ on sys.path and imports what it wants of them."""

import pytest

from fakes.authority import Authority
from fakes.server import Server
from fakes.vault import FakeVault


@pytest.fixture
def authority():
    """The CA of the servers of one test, where they are to share one."""
    return Authority("CA of one test")


def _factory(kind, tmp_path):
    running = []

    def start(**options):
        directory = tmp_path / f"{kind.__name__.lower()}-{len(running)}"
        directory.mkdir()
        running.append(kind(directory, **options))
        return running[-1]

    return running, start


@pytest.fixture
def fake_server(tmp_path):
    """fake_server(**options) -> Server: https, or plain with tls=False; stopped after the test."""
    running, start = _factory(Server, tmp_path)
    yield start
    for one in running:
        one.stop()


@pytest.fixture
def fake_vault(tmp_path):
    """fake_vault(flavour="vault", **options of Server) -> FakeVault; stopped after the test."""
    running, start = _factory(FakeVault, tmp_path)
    yield start
    for one in running:
        one.stop()
