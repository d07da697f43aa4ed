"""The daemon and the fakes of the integration tests, for the alerts on a running replica."""

import pathlib
import sys

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS), str(TESTS / "integration")]

from certificates import World  # noqa: E402
import pytest  # noqa: E402
from fakes.fixtures import fake_vault  # noqa: E402, F401
from fakes.kube_fixtures import fake_kube  # noqa: E402, F401


@pytest.fixture(name="world")
def fixture_world(tmp_path, fake_kube, fake_vault):  # noqa: F811
    """A webhook's object with an empty caBundle, a Vault, and replicas that end well."""
    one = World(tmp_path, fake_kube(), fake_vault())
    one.put_hook()
    yield one
    one.end()
    one.check_end()
