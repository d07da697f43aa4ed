"""Fixtures: the built daemon on a port of its own choosing, over real and verified TLS."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from certificates import World
from daemon import Daemon, make_certificate
from fakes.fixtures import fake_vault
from fakes.kube_fixtures import fake_kube


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


@pytest.fixture
def world(tmp_path, fake_kube, fake_vault):
    """A webhook's object with an empty caBundle, a Vault, and replicas that end well."""
    one = World(tmp_path, fake_kube(), fake_vault())
    one.put_hook()
    yield one
    one.end()
    one.check_end()


def pytest_report_header(config):
    return f"keyhook: {os.environ.get('KEYHOOK', 'build/keyhook')}"
