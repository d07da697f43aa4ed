"""Canaries in every input, and the search for them and for every secret of the run in all that was written.

The suites run this file last.
"""

import secrets

import pytest

import secret_search
from authority import make_key
from conftest import WRITTEN
from keyhook import Replica
from process import wait_for
from secret_search import find, remember


def canary(what):
    return remember(what, f"canary-{secrets.token_hex(16)}")


def fake_jwt(what):
    return remember(what, ".".join(("eyJhbGciOiJFUzI1NiJ9", f"eyJ{secrets.token_hex(24)}", secrets.token_hex(32))))


@pytest.fixture(name="key")
def fixture_key(tmp_path):
    path = make_key(tmp_path / "canary.key")
    return path, remember("a private key in a file", path.read_text(encoding="ascii"))


def planted(pki, directory, key):
    """(name, options, environment): each with a canary where a secret may stand, most of them useless."""
    files = {"token": canary("a token of Vault in a file"), "jwt": fake_jwt("a service account's token in a file"),
             "odd": canary("a token with a line break") + "\nsecond"}
    for name, text in files.items():
        (directory / name).write_text(text, encoding="ascii")
    good = pki.options(ttl="10s")

    def instead(**changed):
        names = {f"-{n.replace('_', '-')}=": v for n, v in changed.items()}
        kept = [o for o in good if not o.startswith(tuple(names))]
        return [*kept, *(f"{n}{v}" for n, v in names.items() if v is not None)]

    user = canary("a password in an address")
    yield "token", instead(pki_jwt_file=None, pki_auth_role=None, pki_token_file=directory / "token"), {}
    yield "odd", instead(pki_jwt_file=None, pki_auth_role=None, pki_token_file=directory / "odd"), {}
    yield "jwt", instead(pki_jwt_file=directory / "jwt"), {}
    yield "ca", instead(pki_ca_file=key[0]), {}
    yield "address", instead(pki_address=f"https://someone:{user}@10.66.0.21:8200"), {}
    yield "files", [f"-tls-cert-file={key[0]}", f"-tls-key-file={key[0]}"], {}
    yield "environment", good, {"VAULT_TOKEN": canary("VAULT_TOKEN"), "BAO_TOKEN": canary("BAO_TOKEN")}
    yield "debug", [*good, "-log-level=trace"], {}


def test_canaries_in_every_input(installation, pki, replica, key, tmp_path):
    """What is refused ends or fails for a while; what works renews once. All of it is searched below."""
    installation.set_bundle(key[1].encode())  # somebody's mistake: a private key in the caBundle
    for name, options, env in planted(pki, tmp_path, key):
        one = replica(11, *options, env=env)
        one.start()
        wait_for(lambda o=one: not o.process.is_alive() or o.renewals() >= 2,
                 f"'{name}' to end, or to have asked twice")
        one.stop()
    bad = replica(11, *pki.options(ttl="10s"))
    (bad.account / "token").write_text(fake_jwt("a token for the API server"), encoding="ascii")
    bad.start()
    wait_for(lambda: bad.renewals() >= 2, "a replica that nobody knows")
    bad.stop()


def test_canaries_in_pods(endpoints, installation, pki, replica):
    endpoints.add(replica(11, *pki.options(ttl="1h")))
    pod = installation.pod()
    pod["metadata"]["annotations"] |= {
        "vault.hashicorp.com/agent-inject-template-db": canary("a template"),
        "vault.hashicorp.com/agent-inject-command-db": canary("a command"),
        "vault.hashicorp.com/auth-config-secret-id": canary("a secret id"),
        "vault.hashicorp.com/agent-limits-cpu": "many"}
    path = f"/api/v1/namespaces/{installation.apps}/pods?dryRun=All"
    client = installation.cluster.client
    answer = wait_for(lambda: (a := client.ask("POST", path, pod)).status != 500 and a, "an answer")
    assert answer.status in (400, 403) and "agent-limits-cpu" in answer.text()
    WRITTEN.append(("a denial", answer.text()))


def everything(cluster):
    for one in Replica.all:
        yield f"{one.name}'s log", one.process.text()
        yield f"{one.name}'s metrics", one.last_metrics
    for event in cluster.events():
        yield "an Event", str(event)
    yield from WRITTEN


def test_the_search_finds_what_is_there(tmp_path):
    """The control: every secret that is known, planted, is found; and so is every shape."""
    control = tmp_path / "control"
    for secret, what in secret_search.KNOWN.items():
        control.write_text(f'{{"message":"failed with {secret}: denied"}}\n', encoding="utf-8")
        assert what in find(control.read_text(encoding="utf-8"))
    for what, text in (("a token of Vault", "hvs.CAESIJ" + "a" * 30),
                       ("a private key", "-----BEGIN EC PRIVATE" + " KEY-----"),
                       ("a JSON Web Token", f"Bearer eyJ{'a' * 20}.eyJ{'b' * 20}.c")):
        assert what in find(text)
    assert len(secret_search.KNOWN) >= 20
    assert find("nothing of that kind") == []


def test_no_secret_was_written(cluster, figure):
    searched = [(where, text) for where, text in everything(cluster) if text]
    found = [(where, what) for where, text in searched for what in find(text)]
    figure(f"{len(secret_search.KNOWN)} secrets looked for in {len(searched)} texts, "
           f"{sum(len(t) for _, t in searched) / 1e6:.1f} MB")
    assert not found
    kinds = {where.split("'s ")[-1] for where, _ in searched}
    assert kinds >= {"log", "metrics", "an Event", "a denial"}
