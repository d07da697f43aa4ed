"""Fixtures: the built daemon on a port of its own choosing, over real and verified TLS."""

import os

import pytest

from daemon import Daemon, make_certificate


@pytest.fixture
def start(tmp_path):
    """start(*args, env=..., **options) -> Daemon, ready to answer; stopped after the test."""
    running = []

    def run(*args, **options):
        directory = tmp_path / f"daemon-{len(running)}"
        directory.mkdir()
        running.append(Daemon(directory, args, **options))
        return running[-1].wait_ready()

    yield run
    for one in running:
        one.end()
    for one in running:
        assert one.status == 0, one.log_text()


@pytest.fixture(scope="module")
def daemon(tmp_path_factory):
    """One daemon with metrics for all tests of a module."""
    one = Daemon(tmp_path_factory.mktemp("daemon"), ["-telemetry-path=/metrics"]).wait_ready()
    yield one
    one.end()
    assert one.status == 0, one.log_text()


@pytest.fixture
def certificate(tmp_path):
    """certificate(**options) -> (certificate file, key file); see make_certificate()."""

    def make(name="server", **options):
        directory = tmp_path / f"certificate-{name}"
        directory.mkdir()
        return make_certificate(directory, **options)

    return make


def pytest_report_header(config):
    return f"keyhook: {os.environ.get('KEYHOOK', 'build/keyhook')}"
