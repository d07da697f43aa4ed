"""The fakes as fixtures, and the program that calls them."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from caller import Caller
from fakes.authority import make_csr
from fakes.fixtures import authority, fake_server, fake_vault

JWT = "the.projected.token"


@pytest.fixture
def caller():
    """caller(env=...) -> Caller; all are ended after the test."""
    running = []

    def start(**options):
        running.append(Caller(**options))
        return running[-1]

    yield start
    for one in running:
        one.end()


@pytest.fixture
def http(caller):
    """http(server, **settings) -> Caller with an HTTP client for the server."""

    def start(server, env=None, **settings):
        one = caller(env=env)
        own = {"base": server.address, "plain_ok": not server.context}
        if server.context:
            own["ca_file"] = server.ca_file
        one.good("http", {**own, **settings})
        return one

    return start


class Files:
    """What the pod would have mounted."""

    def __init__(self, directory):
        self.jwt = directory / "jwt"
        self.token = directory / "token"
        self.jwt.write_text(JWT + "\n")


@pytest.fixture
def files(tmp_path):
    return Files(tmp_path)


@pytest.fixture
def client(caller, files):
    """client(vault, **settings) -> Caller with a Vault client that logs in with files.jwt."""

    def start(vault, env=None, **settings):
        one = caller(env=env)
        own = {"address": vault.address, "auth_path": "auth/kubernetes", "auth_role": "keyhook",
               "jwt_file": str(files.jwt), "plain_ok": not vault.context}
        if vault.context:
            own["ca_file"] = vault.ca_file
        one.good("vault", {**own, **settings})
        return one

    return start


@pytest.fixture(scope="session")
def ask():
    """A request to sign, good for an hour."""
    return {"pki_path": "pki", "role": "keyhook", "csr": make_csr()[0], "ttl": 3600}
