"""certs/setup against a real Vault: what it makes, that a second run changes nothing, and what it says."""

import json

import pytest

from pki import anchors, Pki
from process import ROOT
from web import Client


@pytest.fixture(name="bare")
def fixture_bare(vault, installation):
    """Names of an installation for which nothing was made yet."""
    return Pki(vault, installation)


def lines(done):
    assert done.returncode == 0, done.stderr
    return [line.split()[0] for line in done.stdout.splitlines()[:-1]]


def state(pki):
    """All that the script makes, as the server shows it."""
    paths = [f"{pki.path}/roles/{pki.role}", f"sys/policies/acl/{pki.policy}", f"auth/{pki.auth}/config",
             f"auth/{pki.auth}/role/{pki.auth_role}", f"{pki.path}/ca/pem", f"{pki.root}/ca/pem"]
    found = [pki.client.ask("GET", f"/v1/{path}") for path in paths]
    return [a.text() if path.endswith("pem") else a.body.get("data", a.body.get("errors"))
            for path, a in zip(paths, found)]


def test_a_dry_run_does_nothing(bare):
    mounts = bare.client.ask("GET", "/v1/sys/mounts").body["data"]
    assert set(lines(bare.setup("--dry-run"))) == {"would"}
    assert bare.client.ask("GET", "/v1/sys/mounts").body["data"] == mounts
    assert bare.client.ask("GET", f"/v1/sys/policies/acl/{bare.policy}").status == 404
    assert bare.client.ask("GET", f"/v1/sys/auth/{bare.auth}").status == 400


def test_a_second_run_changes_nothing(bare):
    assert set(lines(bare.setup())) == {"made"}
    before = state(bare)
    assert set(lines(bare.setup())) == {"is"}
    assert set(lines(bare.setup("--dry-run"))) == {"is"}
    assert state(bare) == before


def test_what_was_changed_is_set_right(bare):
    bare.must_setup()
    before = state(bare)
    bare.client.need("PATCH", f"/v1/{bare.path}/roles/{bare.role}", {"client_flag": True},
                     "application/merge-patch+json")
    bare.client.need("PUT", f"/v1/sys/policies/acl/{bare.policy}", {"policy": 'path "*" {capabilities=["read"]}'})
    done = bare.setup()
    assert sorted(lines(done)) == ["is"] * 7 + ["made"] * 2, done.stdout
    assert state(bare) == before


def test_the_policy_is_one_path(bare):
    bare.must_setup()
    found = bare.client.need("GET", f"/v1/sys/policies/acl/{bare.policy}")["data"]["policy"]
    rules = [line for line in found.splitlines() if line.startswith("path")]
    assert rules == [f'path "{bare.path}/sign/{bare.role}" {{']


def test_the_role_gives_the_names_and_nothing_else(bare):
    bare.must_setup("--host", "hooks.example.com")
    role = bare.client.need("GET", f"/v1/{bare.path}/roles/{bare.role}")["data"]
    assert role["allowed_domains"] == [bare.installation.host, "hooks.example.com"]
    assert (role["key_type"], role["server_flag"], role["client_flag"]) == ("ec", True, False)
    for name, status in ((bare.installation.host, 200), ("hooks.example.com", 200), ("example.com", 400),
                         (f"x.{bare.installation.host}", 400), ("*.example.com", 400), ("localhost", 400)):
        answer = bare.client.ask("POST", f"/v1/{bare.path}/issue/{bare.role}", {"common_name": name})
        assert answer.status == status, answer.text()


def test_another_intermediate(bare):
    bare.must_setup()
    old = bare.anchor()
    assert lines(bare.setup("--rotate")).count("made") == 1
    assert bare.anchor() != old
    root = anchors(bare.client.ask("GET", f"/v1/{bare.root}/ca/pem").text())
    assert len(root) == 1 and bare.anchor() not in root
    keys = bare.client.ask("LIST", f"/v1/{bare.path}/issuers").body["data"]["keys"]
    assert len(keys) == 2  # what the old one has signed stays valid


def test_an_issuer_that_is_there(bare):
    done = bare.setup("--existing")
    assert done.returncode == 1 and f"{bare.path} has no issuer" in done.stderr
    bare.client.need("POST", f"/v1/sys/mounts/{bare.path}", {"type": "pki"})
    bare.client.need("POST", f"/v1/{bare.path}/root/generate/internal", {"common_name": "theirs", "key_type": "ec"})
    theirs = bare.anchor()
    bare.must_setup("--existing")
    assert bare.anchor() == theirs
    assert bare.client.ask("GET", f"/v1/{bare.root}/ca/pem").status == 404


def operator(pki):
    """A token with certs/operator.hcl, for the names of this installation."""
    text = (ROOT / "certs" / "operator.hcl").read_text(encoding="utf-8")
    for theirs, ours in (("pki-root", pki.root), ("pki/", f"{pki.path}/"), ('mounts/pki"', f'mounts/{pki.path}"'),
                         ("auth/kubernetes", f"auth/{pki.auth}"), ("acl/keyhook", f"acl/{pki.policy}")):
        text = text.replace(theirs, ours)
    name = f"operator-{pki.installation.name}"
    pki.client.need("PUT", f"/v1/sys/policies/acl/{name}", {"policy": text})
    made = pki.client.need("POST", "/v1/auth/token/create", {"policies": [name], "ttl": "1h"})
    return made["auth"]["client_token"]


def test_the_operators_policy_is_enough(bare):
    token = operator(bare)
    assert set(lines(bare.setup("--dry-run", token=token))) == {"would"}
    assert set(lines(bare.setup(token=token))) == {"made"}
    assert set(lines(bare.setup(token=token))) == {"is"}
    assert lines(bare.setup("--rotate", token=token)).count("made") == 1


def test_a_login_with_the_service_account(bare):
    bare.must_setup()
    at = bare.installation
    plain = Client(bare.vault.first_node.address, 8200, bare.vault.ca_file)
    for audience, status in (("vault", 200), (None, 403)):
        jwt = at.cluster.token(at.namespace, at.account, audience)
        login = {"role": bare.auth_role, "jwt": jwt}
        assert plain.ask("POST", f"/v1/auth/{bare.auth}/login", login).status == status, audience
    jwt = at.cluster.token(at.apps, "default", "vault")
    assert plain.ask("POST", f"/v1/auth/{bare.auth}/login", {"role": bare.auth_role, "jwt": jwt}).status == 403


@pytest.mark.parametrize("options, words", [
    (["--colour", "red"], "--colour is not an option"),
    (["--pki"], "--pki wants a value"),
    (["--pki", 'a"b'], "is not a name of letters"),
    (["--ttl", "1h"], "'1h' is not a number of seconds"),
    (["--kubernetes-ca", "/nowhere/ca.crt"], "'/nowhere/ca.crt' cannot be read"),
    (["--rotate", "--existing"], "choose one"),
])
def test_options_that_cannot_work(bare, options, words):
    done = bare.setup(*options)
    assert done.returncode == 1 and words in done.stderr


def test_trouble_with_the_server_is_explained(bare, vault):
    done = bare.setup(token="no-token-at-all")
    assert done.returncode == 1 and "certs/operator.hcl" in done.stderr and "no-token-at-all" not in done.stderr
    done = bare.setup(VAULT_ADDR="https://10.66.0.21:1")
    assert done.returncode == 1 and "check VAULT_ADDR" in done.stderr
    done = bare.setup(VAULT_ADDR="")
    assert done.returncode == 1 and "set VAULT_ADDR" in done.stderr
    bare.client.need("POST", f"/v1/sys/mounts/{bare.path}", {"type": "kv"})
    done = bare.setup()
    assert done.returncode == 1 and f"{bare.path}: there is something else than pki" in done.stderr
    vault.first_node.seal()
    try:
        done = bare.setup()
        assert done.returncode == 1 and "is sealed" in done.stderr
    finally:
        vault.first_node.unseal()
        vault.first_node.wait_usable()


def test_the_names_of_openbao(bare):
    """The same settings under BAO_, as OpenBao's own client has them."""
    done = bare.setup("--dry-run", VAULT_ADDR="", VAULT_TOKEN="", VAULT_CACERT="",
                      BAO_ADDR=bare.vault.first_node.url(), BAO_TOKEN=bare.vault.root_token,
                      BAO_CACERT=bare.vault.ca_file)
    assert set(lines(done)) == {"would"}
    assert json.dumps(done.stdout).count(bare.vault.root_token) == 0
