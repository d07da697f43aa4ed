"""Vault in trouble: the old certificate serves on, the class of the failure is told, and renewal resumes."""

import contextlib
import time

import pytest

from injected import is_injected
from pki import anchors, Pki
from process import wait_for
from vault import Vault

FAILURES = "keyhook_certificate_failures_total"
LIFE = "40s"  # renewed after 24 to 29 of them
FALLBACK = 30  # seconds


def failures(replicas):
    """By class, over all replicas."""
    found = {}
    for one in replicas:
        for (name, labels), value in one.metrics().items():
            if name == FAILURES:
                found[dict(labels)["class"]] = found.get(dict(labels)["class"], 0) + value
    return found


@contextlib.contextmanager
def sealed(pki):
    node = pki.vault.first_node
    node.seal()
    yield
    node.unseal()
    node.wait_usable()


@contextlib.contextmanager
def stopped(pki):
    node = pki.vault.first_node
    node.process.kill()
    yield
    node.start()
    node.unseal()
    node.wait_usable()


@contextlib.contextmanager
def another_role(pki):
    """The PKI role is for somebody else now."""
    path = f"/v1/{pki.path}/roles/{pki.role}"
    pki.client.need("PATCH", path, {"allowed_domains": ["other.example"]}, "application/merge-patch+json")
    yield
    pki.must_setup()


@contextlib.contextmanager
def no_rights(pki):
    nothing = {"policy": 'path "x" {capabilities=["read"]}'}
    pki.client.need("PUT", f"/v1/sys/policies/acl/{pki.policy}", nothing)
    yield
    pki.must_setup()


@contextlib.contextmanager
def another_account(pki):
    """The login is for somebody else, and tokens that were given out are worth nothing any more."""
    path = f"/v1/auth/{pki.auth}/role/{pki.auth_role}"
    pki.client.need("POST", path, {"bound_service_account_names": ["other"], "audience": "vault",
                                   "bound_service_account_namespaces": [pki.installation.namespace]})
    pki.client.need("PUT", f"/v1/sys/leases/revoke-prefix/auth/{pki.auth}/login", {})
    yield
    pki.must_setup()


TROUBLES = [(sealed, "sealed"), (stopped, "unreachable"), (another_role, "bad_request"),
            (no_rights, "forbidden"), (another_account, "login")]


def test_classes_are_told_apart_and_renewal_resumes(endpoints, pki, pressure, replica, figure):
    two = [replica(number, *pki.options(ttl=LIFE)) for number in (11, 12)]
    endpoints.add(*two)
    under, told = pressure(rate=5), []
    for trouble, name in TROUBLES:
        before = failures(two)
        with trouble(pki):
            wait_for(lambda b=before, n=name: failures(two).get(n, 0) > b.get(n, 0), f"a failure '{name}'")
            new = {c for c, count in failures(two).items() if count > before.get(c, 0)}
            assert new == {name}, f"{trouble.__name__}: {new}"
        begin = time.monotonic()
        under.wait_renewed()
        seconds = time.monotonic() - begin
        told.append(f"{trouble.__name__}: {name}, both renewed {seconds:.0f} s after its end")
        under.assert_clean()
    under.stop()
    figure("; ".join(told) + f"; {under.told()}")
    for one in two:
        for _, name in TROUBLES:
            if failures([one]).get(name):
                assert name in one.log(), f"the class '{name}' is not in the log"


def test_tokens_are_revoked(endpoints, pki, pressure, replica, figure):
    """A token that is revoked between two renewals is replaced by a login, without a failure that counts."""
    endpoints.add(*(replica(number, *pki.options(ttl="20s")) for number in (11, 12)))
    under = pressure(rate=5)
    for _ in range(2):
        pki.client.need("PUT", f"/v1/sys/leases/revoke-prefix/auth/{pki.auth}/login", {})
        under.wait_renewed()
    under.stop()
    figure(under.told())
    under.assert_clean()


def test_a_restart_of_vault_goes_unnoticed(endpoints, pki, pressure, replica, figure):
    endpoints.add(*(replica(number, *pki.options(ttl="20s")) for number in (11, 12)))
    under = pressure(rate=5)
    for _ in range(2):
        pki.vault.first_node.restart()
        under.wait_renewed()
    under.stop()
    figure(under.told())
    under.assert_clean()


@pytest.fixture(name="three_nodes")
def fixture_three_nodes(servers, tmp_path, authority):
    vault = Vault(servers, tmp_path / "vault", authority, nodes=3, first=24, name="raft")
    vault.start()
    yield vault
    vault.stop()


def test_the_leader_moves(three_nodes, installation, endpoints, pressure, replica, figure):
    """One of three nodes after the other is killed while it leads; replicas ask one that does not."""
    pki = Pki(three_nodes, installation)
    pki.must_setup()
    asked = next(n for n in three_nodes.nodes if n is not three_nodes.leader())
    endpoints.add(*(replica(number, *pki.options(ttl="20s", node=asked)) for number in (11, 12)))
    under, told = pressure(rate=5), []
    for _ in range(2):
        old, begin = three_nodes.leader(), time.monotonic()
        old.process.kill()
        if old is asked:
            time.sleep(5)
            old.restart()
        new = three_nodes.leader()
        told.append(f"{old.name} -> {new.name} after {time.monotonic() - begin:.1f} s")
        under.wait_renewed()
        if not old.process.is_alive():
            old.restart()
    under.stop()
    figure(f"{', '.join(told)}; {under.told()}")
    under.assert_clean()


def fallback(replicas):
    return sum(one.metric("keyhook_certificate_fallback") for one in replicas)


def test_all_replicas_are_new_while_vault_is_sealed(endpoints, installation, pki, replica, figure, judge):
    """Refused until the fallback, then admitted, and back to Vault's certificate when it is there again."""
    two = [replica(number, *pki.options(ttl="1h")) for number in (11, 12)]
    endpoints.add(*two)
    wait_for(lambda: is_injected(installation.create_pod()), "a pod")
    with sealed(pki):
        for one in two:
            one.kill()
        wait_for(lambda: not endpoints.ready, "no endpoint")
        begin = time.monotonic()
        for one in two:
            one.start()
        answer = wait_for(lambda: (a := installation.create_pod()).status != 201 and a, "a refused pod")
        assert "failed calling webhook" in answer.text()
        wait_for(lambda: is_injected(installation.create_pod()), "a pod by the fallback", guard=10 * FALLBACK)
        admitted = time.monotonic() - begin
        assert admitted >= FALLBACK, "the fallback came too early"
        for one in two:
            one.wait_ready()
        assert fallback(two) == 2
        wait_for(installation.events, "an Event about the fallback")
    begin = time.monotonic()
    wait_for(lambda: fallback(two) == 0, "Vault's certificates", guard=600)
    changed = time.monotonic() - begin
    wait_for(lambda: anchors(installation.bundle()[0]) == {pki.anchor()}, "Vault's anchor alone", guard=600)
    assert is_injected(installation.create_pod())
    reasons = sorted({e["reason"] for e in installation.events()})
    figure(f"Events {reasons}; admitted {admitted:.1f} s after the start,"
           f" changed over {changed:.1f} s after the unseal")
    judge(admitted, 40)
    judge(changed, 60)
