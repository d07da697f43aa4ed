"""A fixture over the fake API server."""

import pytest

from fakes.kube import FakeKube


@pytest.fixture
def fake_kube(tmp_path):
    """fake_kube(**options of Server) -> FakeKube, without objects; stopped after the test."""
    running = []

    def start(**options):
        directory = tmp_path / f"kube-{len(running)}"
        directory.mkdir()
        running.append(FakeKube(directory, **options))
        return running[-1]

    yield start
    for one in running:
        one.stop()
