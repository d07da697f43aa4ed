"""A certificate from Vault: got, published, renewed, replaced when Vault fails, and taken back."""

import datetime
import http.client
import json
import pathlib
import signal
import socket
import ssl

import pytest

from certificates import (HOOK, NAME, Prober, der, handshake, is_self_signed, parsed, ready, reasons,
                          served, wait_ready)
from daemon import HANG_GUARD, review, run_keyhook, wait_for
from fakes.authority import Authority
from scrape import value

PAST = "2026-01-01T00:00:00Z"
SHORT = "9s"  # of life: renewed every 6 s or so


def root(world):
    return der(world.vault.pki["pki"].root.pem)


def test_got_and_published(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    assert world.anchors == [root(world)]
    assert handshake(daemon, world.bundle)
    crt = parsed(served(daemon))
    assert crt.issuer == world.vault.pki["pki"].root.certificate.subject
    assert value(daemon, "keyhook_ready") == 1
    assert value(daemon, "keyhook_webhook_published") == 1
    assert value(daemon, "keyhook_webhook_writes_total") == 1
    assert value(daemon, "keyhook_certificate_renewals_total", result="ok") == 1
    assert value(daemon, "keyhook_certificate_expiry_timestamp_seconds") == \
        crt.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert value(daemon, "keyhook_certificate_anchor_expiry_timestamp_seconds") == \
        world.vault.pki["pki"].root.not_after
    assert [e["source"] for e in daemon.events("certificate ready")] == ["vault"]


def test_it_injects(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=world.bundle)
    plain = socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD)
    with context.wrap_socket(plain, server_hostname=NAME) as sock:
        client = http.client.HTTPConnection("keyhook")
        client.sock = sock
        client.request("POST", "/mutate", json.dumps(review()), {"Content-Type": "application/json"})
        assert json.loads(client.getresponse().read())["response"]["allowed"] is True


def test_the_issuing_ca_alone_or_the_chain(world):
    mount = world.vault.pki["pki"]
    issuing = mount.add_issuer(parent=mount.root)
    mount.default = 1
    one = world.start_vault()
    wait_ready(one)
    assert world.anchors == [der(issuing.pem)]
    other = world.start_vault("-publish=chain")
    wait_ready(other)
    assert set(world.anchors) == {der(issuing.pem), der(mount.root.pem)}
    Prober(world, one, other).end()


def test_the_chain_is_what_signed(world):
    """Whatever else Vault puts beside it is nobody's anchor."""
    mount = world.vault.pki["pki"]
    issuer = mount.add_issuer(name="intermediate", parent=mount.issuers[0])
    mount.default = 1
    foreign = Authority("unrelated CA").pem
    world.vault.script("sign", merge={"data": {"ca_chain": [issuer.pem, foreign, mount.issuers[0].pem]}})
    wait_ready(world.start_vault("-publish=chain"))
    assert set(world.anchors) == {der(issuer.pem), root(world)}


def test_every_entry_of_the_webhook(world):
    world.put_hook(bundles=("", None, ""))
    wait_ready(world.start_vault())
    assert [der(b) for b in world.kube.bundles(HOOK)] == [root(world)] * 3


def test_renewed_under_probes(world):
    daemons = [world.start_vault(ttl=SHORT) for _ in range(2)]
    wait_ready(*daemons)
    prober = Prober(world, *daemons)
    for one in daemons:
        wait_for(lambda d=one: value(d, "keyhook_certificate_renewals_total", result="ok") > 3, "renewals")
    prober.end()
    assert len(prober.serials) > 4
    assert world.anchors == [root(world)]
    # No write in steady state: both wrote once at most, or lost the race to the other.
    assert sum(value(d, "keyhook_webhook_writes_total") for d in daemons) <= 2
    assert all(ready(d)[0] == 204 for d in daemons)


def test_another_ca(world):
    """The bundle holds both anchors in between, and the new one alone in the end."""
    mount = world.vault.pki["pki"]
    old = root(world)
    daemons = [world.start_vault(ttl=SHORT) for _ in range(2)]
    wait_ready(*daemons)
    prober = Prober(world, *daemons)
    new = der(mount.add_issuer(name="next").pem)
    mount.default = 1
    wait_for(lambda: set(world.anchors) == {old, new}, "both anchors")
    wait_for(lambda: all(parsed(served(d)).issuer == parsed(new).subject for d in daemons), "the new CA")
    wait_for(lambda: world.kube.annotations(HOOK), "the stamp")
    stamps = world.kube.annotations(HOOK)
    assert len(stamps) == 1 and next(iter(stamps)).startswith("keyhook/retire-")
    prober.end()
    assert not prober.failures

    def is_old_gone():
        """Its time is minutes away, for clocks that differ; a stamp that somebody writes counts as well."""
        for name, time in world.kube.annotations(HOOK).items():
            if time != PAST:  # the other replica left the CA just now
                world.kube.annotate(HOOK, name, PAST)
        return world.anchors == [new]

    wait_for(is_old_gone, "the old anchor to go")
    Prober(world, *daemons).end()


def test_vault_down_at_the_start(world):
    world.vault.sealed = True
    daemon = world.start_vault()
    status, why = ready(daemon)
    assert status == 503 and "no certificate" in why
    with pytest.raises((ssl.SSLError, ConnectionError)):
        served(daemon)
    wait_for(lambda: "sealed: unseal" in ready(daemon)[1], "the reason")
    wait_for(lambda: value(daemon, "keyhook_certificate_failures_total", **{"class": "sealed"}) > 0, "a count")
    assert value(daemon, "keyhook_ready") == 0
    world.vault.sealed = False
    wait_ready(daemon)
    assert daemon.events("there is no certificate")[0]["class"] == "sealed"
    assert world.anchors == [root(world)]


def test_stands_in_and_changes_over(world):
    """Without Vault for 30 s a self-signed certificate is served; Vault's first success ends that."""
    world.vault.pki["pki"].roles["keyhook"]["not_before_duration"] = 300
    world.vault.sealed = True
    daemon = world.start_vault()
    wait_ready(daemon)
    assert is_self_signed(daemon) and value(daemon, "keyhook_certificate_fallback") == 1
    own = served(daemon)
    assert world.anchors == [own]
    assert pathlib.Path(daemon.ca).read_text("ascii") == world.bundle
    prober = Prober(world, daemon)
    wait_for(lambda: "CertificateFallback" in reasons(world.kube), "the Event")
    world.vault.sealed = False
    wait_for(lambda: not is_self_signed(daemon), "Vault's certificate")
    assert value(daemon, "keyhook_certificate_fallback") == 0
    wait_for(lambda: world.anchors == [root(world)], "the own anchor to go")
    prober.end()
    wait_for(lambda: "CertificateRecovered" in reasons(world.kube), "the Event")
    assert ready(daemon)[0] == 204 and not world.kube.annotations(HOOK)


def test_stands_in_before_the_old_one_ends(world):
    """Renewals fail: the certificate is used to its end, nobody is turned away, the trouble is told."""
    daemon = world.start_vault(ttl=SHORT)
    wait_ready(daemon)
    prober = Prober(world, daemon, is_hurried=True)
    world.vault.script("sign", status=403, errors=["1 error occurred: permission denied"])
    wait_for(lambda: is_self_signed(daemon), "the fallback")
    wait_for(lambda: {"CertificateRenewalFailed", "CertificateFallback"} <= set(reasons(world.kube)), "Events")
    assert value(daemon, "keyhook_certificate_failures_total", **{"class": "forbidden"}) > 0
    world.vault.clear()
    wait_for(lambda: not is_self_signed(daemon), "Vault's certificate")
    prober.end()


def test_no_fallback(world):
    daemon = world.start_vault("-cert-fallback=none", ttl="3s")
    wait_ready(daemon)
    world.vault.sealed = True
    wait_for(lambda: ready(daemon)[0] == 503, "the end of the certificate")
    assert "not valid now" in ready(daemon)[1]
    assert not is_self_signed(daemon)
    world.vault.sealed = False
    wait_ready(daemon)


@pytest.mark.parametrize("play, word", [
    ({"status": 503, "errors": ["Vault is sealed"]}, "sealed"),
    ({"status": 400, "errors": ["role requires keys of type rsa"]}, "bad_request"),
    ({"status": 404, "errors": []}, "not_found"),
    ({"status": 429, "errors": ["quota"], "headers": {"Retry-After": "1"}}, "throttled"),
    ({"status": 500, "errors": ["internal error"]}, "server"),
    ({"fault": "reset"}, "unreachable"),
    ({"fault": "truncated"}, "unreachable"),
    ({"body": "<html>"}, "protocol"),
    ({"merge": {"data": {"certificate": "nonsense"}}}, None),
])
def test_failures_are_told_apart_and_end(world, play, word):
    world.vault.script("sign", **play)
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("there is no certificate"), "a line")[0]
    assert word in (None, told["class"]) and told["advice"] and told["next_try_millis"] > 0
    world.vault.clear()
    daemon.send_signal(signal.SIGHUP)
    wait_ready(daemon)


def test_without_a_certificate_no_retry_after_is_an_order(world):
    """A balancer in front of a sealed Vault may ask for an hour."""
    world.vault.script("sign", status=503, body="no healthy upstream", headers={"Retry-After": "3600"})
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("there is no certificate"), "a line")[0]
    assert told["class"] == "server" and told["next_try_millis"] <= 30_000
    world.vault.clear()
    daemon.send_signal(signal.SIGHUP)
    wait_ready(daemon)


def test_a_clock_that_is_behind_that_of_vault(world):
    world.vault.advance(600)
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("there is no certificate"), "a line")[0]
    assert told["class"] == "clock" and "clock" in told["advice"]
    world.vault.advance(-600)
    daemon.send_signal(signal.SIGHUP)
    wait_ready(daemon)
    assert value(daemon, "keyhook_certificate_failures_total", **{"class": "clock"}) > 0


def test_refused_logins(world):
    world.vault.jwts = {"another"}
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("there is no certificate"), "a line")[0]
    assert told["class"] == "login"
    world.vault.jwts = None
    wait_ready(daemon)


def test_token_file(world):
    token_file = world.tmp_path / "vault-token"
    token_file.write_text("hvs.fake-file\n", encoding="ascii")
    world.vault.add_token("hvs.fake-file", ttl=3600)
    args = world.vault_args(**{"pki-auth-role": None, "pki-jwt-file": None, "pki-token-file": token_file})
    wait_ready(world.start(*args))
    assert not world.vault.seen("login")


def test_hanging_vault_does_not_hold_the_end(world):
    world.vault.script("login", fault="hang")
    daemon = world.start_vault()
    wait_for(lambda: world.vault.seen("login"), "the call")
    daemon.send_signal()
    assert daemon.process.wait(HANG_GUARD) == 0
    assert not daemon.events("there is no certificate")


def test_hanging_api_server_does_not_hold_the_end(world):
    world.kube.script("get", fault="hang")
    daemon = world.start_vault()
    wait_for(lambda: world.kube.seen("get"), "the call")
    daemon.send_signal()
    assert daemon.process.wait(HANG_GUARD) == 0


def test_a_hanging_renewal_does_not_stop_the_clock(world):
    """The renewer waits for Vault; the certificate ends meanwhile, and something stands in."""
    daemon = world.start_vault(ttl=SHORT)
    wait_ready(daemon)
    prober = Prober(world, daemon, is_hurried=True)
    world.vault.script("sign", fault="hang")
    wait_for(lambda: is_self_signed(daemon), "the fallback")
    prober.end()


def test_drain_goes_on_renewing(world):
    daemon = world.start_vault(ttl=SHORT, drain="300s")
    wait_ready(daemon)
    daemon.send_signal()
    wait_for(lambda: ready(daemon) == (503, "draining\n"), "the drain")
    before = value(daemon, "keyhook_certificate_renewals_total", result="ok")
    wait_for(lambda: value(daemon, "keyhook_certificate_renewals_total", result="ok") > before, "a renewal")
    daemon.send_signal(signal.SIGINT)
    assert daemon.process.wait(HANG_GUARD) == 0
    assert world.anchors == [root(world)]  # of Vault: others need it


@pytest.mark.parametrize("args, words", [
    (("-cert-source=vault",), "-pki-role"),
    (("-pki-address=https://127.0.0.1:1", "-pki-role=a"), "-pki-auth-role"),
    (("-pki-address=https://127.0.0.1:1", "-pki-role=a", "-pki-auth-role=b"), "-tls-auto-hosts"),
    (("-cert-source=files",), "-tls-cert-file"),
    (("-cert-source=self-signed", "-tls-cert-file=a", "-tls-key-file=b"), "-cert-source"),
    (("-cert-source=cert-manager",), "give vault, files or self-signed"),
    (("-publish=issuer",), "-webhook-name"),
    (("-publish=all",), "give off, issuer or chain"),
    (("-webhook-name=a", "-tls-auto=b"), "give one"),
    (("-tls-auto=a",), "KUBERNETES_SERVICE_HOST"),
    (("-pki-address=vault:8200",), "is no URL"),
    (("-cert-fallback=files",), "give self-signed or none"),
])
def test_contradictions(args, words):
    result = run_keyhook("serve", "-listen=127.0.0.1:0", *args, env={
        "KUBERNETES_SERVICE_HOST": None, "KUBERNETES_SERVICE_PORT": None})
    assert result.returncode == 2 and words in result.stderr
