"""The webhook's caBundle: written once, repaired, shared with others, and let go."""

import signal
import ssl
import time

import pytest

from certificates import (HOOK, Prober, certificates_of, der, handshake, ready, reasons, served,
                          wait_ready)
from daemon import HANG_GUARD, wait_for
from fakes.authority import DAY, Authority
from fakes.kube import RESOURCE
from scrape import value


LEFT = "time is up: our own anchor is still in the caBundle"


def start_own(world, *args, **options):
    """A replica with a self-signed certificate, as AGENT_INJECT_TLS_AUTO and _TLS_AUTO_HOSTS ask for."""
    return world.start(*args, **options)


def root_of(world):
    return der(world.vault.pki["pki"].root.pem)


def wait_for_anchors(world, *expected):
    wait_for(lambda: sorted(world.anchors) == sorted(expected), f"{len(expected)} anchors")


def test_self_signed_replicas_share_the_bundle(world):
    daemons = [start_own(world) for _ in range(2)]
    wait_ready(*daemons)
    wait_for_anchors(world, *[served(d) for d in daemons])
    prober = Prober(world, *daemons)
    wait_for(lambda: prober.count > 20, "probes")
    prober.end()
    assert not world.kube.annotations(HOOK)  # each knows its own anchor: no stamps


def test_the_last_act_takes_the_own_anchor_out(world):
    first, second = start_own(world), start_own(world)
    wait_ready(first, second)
    left = served(second)
    first.send_signal()
    assert first.process.wait(HANG_GUARD) == 0
    assert world.anchors == [left]
    assert handshake(second, world.bundle)
    assert first.events("anchor withdrawn") and not first.events(LEFT)


def test_an_api_server_that_hangs_does_not_hold_the_last_act(world):
    daemon = start_own(world)
    wait_ready(daemon)
    own = served(daemon)
    world.kube.script("*", fault="hang")
    daemon.send_signal()
    assert daemon.process.wait(HANG_GUARD) == 0
    assert world.anchors == [own]  # until it ends
    assert daemon.events(LEFT)


def test_the_last_act_does_not_wait_for_a_back_off(world):
    daemon = start_own(world)
    wait_ready(daemon)
    world.kube.script("get", status=503, headers={"Retry-After": "120"})
    world.kube.annotate(HOOK, "example.com/unrelated", "1")
    wait_for(lambda: daemon.events("the webhook's object was not read"), "the failure")
    world.kube.clear()
    daemon.send_signal()
    assert daemon.process.wait(HANG_GUARD) == 0
    assert not world.anchors and not daemon.events(LEFT)


def test_rolling_restarts_do_not_grow_the_bundle(world):
    old = start_own(world)
    wait_ready(old)
    for _ in range(5):
        new = start_own(world)
        wait_ready(new)
        prober = Prober(world, new)
        assert old.end() == 0
        prober.end()
        old = new
    assert world.anchors == [served(old)]


@pytest.mark.parametrize("text", ["", "garbage\n", "-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_overwritten_bundles_are_repaired(world, text):
    daemon = world.start_vault()
    wait_ready(daemon)
    whole = world.bundle
    for n in range(3):
        world.kube.overwrite(HOOK, text, manager="helm")
        wait_for(lambda: world.bundle == whole, "the repair")
        assert ready(daemon)[0] == 204  # latched
        wait_for(lambda n=n: value(daemon, "keyhook_webhook_overwrites_total") == n + 1, "the count")
    assert {e["manager"] for e in daemon.events("the caBundle was overwritten")} == {"helm"}
    assert value(daemon, "keyhook_webhook_contested") == 0


def test_what_others_put_there_stays(world):
    stranger = Authority("a stranger")
    world.put_hook(bundles=(stranger.pem,))
    daemon = world.start_vault()
    wait_ready(daemon)
    wait_for_anchors(world, der(stranger.pem), der(world.vault.pki["pki"].root.pem))


@pytest.mark.parametrize("days", [8, -1])
def test_a_clock_of_ours_that_is_wrong_ends_no_anchor_of_others(world, days):
    """The API server's clock is the right one."""
    world.kube.date_offset = -days * DAY
    other = Authority("of others", ttl=DAY / 2 - days * DAY, not_before=time.time() - 10 * DAY)
    world.put_hook(bundles=(other.pem,))
    daemon = start_own(world)
    wait_ready(daemon)
    wait_for_anchors(world, der(other.pem), served(daemon))
    event = wait_for(lambda: [e for e in world.kube.events if e["reason"] == "ClockSkew"], "the Event")[0]
    side = "ahead of" if days > 0 else "behind"
    assert f"s {side} the API server's" in event["note"] and event["type"] == "Warning"
    told = daemon.events("our clock and the API server's differ")
    assert len(told) == 1 and abs(told[0]["seconds_ahead"] - days * DAY) < 300


def test_conflicts(world):
    world.kube.race = 5
    daemon = world.start_vault()
    wait_ready(daemon)
    assert value(daemon, "keyhook_webhook_conflicts_total") == 5
    assert value(daemon, "keyhook_webhook_writes_total") == 1


def test_conflicts_that_do_not_end(world):
    """A proxy that answers 409 to everything, for example: told after a while, and taken back."""
    world.kube.script("patch", status=409)
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("the caBundle was not written"), "a line")[0]
    assert told["class"] == "conflict" and told["advice"]
    note = wait_for(lambda: [e["note"] for e in world.kube.events if e["reason"] == "WebhookNotPublished"], "it")[0]
    assert "(conflict)" in note
    assert "conflict: " in ready(daemon)[1]
    assert value(daemon, "keyhook_webhook_conflicts_total") > 3
    world.kube.clear()
    wait_ready(daemon)
    assert daemon.events("the webhook's object can be read and written again")


def test_who_puts_back_what_was_taken_out(world):
    """The anchors of replicas are all there: it is a fight all the same."""
    ended = Authority("ended", ttl=-DAY, not_before=time.time() - 2 * DAY)
    world.put_hook(bundles=(ended.pem,))
    daemon = world.start_vault()
    wait_ready(daemon)
    wait_for_anchors(world, root_of(world))
    for n in range(3):
        assert value(daemon, "keyhook_webhook_overwrites_total") == n
        world.kube.overwrite(HOOK, world.bundle + ended.pem, manager="gitops")
        wait_for_anchors(world, root_of(world))
        wait_for(lambda n=n: value(daemon, "keyhook_webhook_overwrites_total") == n + 1, "the count")
    assert {e["manager"] for e in daemon.events("the caBundle was overwritten")} == {"gitops"}


def test_many_replicas_at_once(world):
    daemons = [start_own(world, waits=False) for _ in range(4)]
    for one in daemons:
        one.wait_ready()
    wait_ready(*daemons)
    wait_for_anchors(world, *[served(d) for d in daemons])


def test_object_absent_then_made(world):
    world.kube.delete(HOOK)
    daemon = world.start_vault()
    wait_for(lambda: "WebhookNotFound" in reasons(world.kube), "the Event")
    status, why = ready(daemon)
    assert status == 503 and "caBundle" in why
    world.put_hook()
    wait_ready(daemon)
    world.kube.delete(HOOK)
    wait_for(lambda: value(daemon, "keyhook_webhook_published") == 0, "the metric")
    assert ready(daemon)[0] == 204  # latched, and it serves
    assert served(daemon)
    world.put_hook()
    wait_for(lambda: world.anchors, "the anchor")
    wait_for(lambda: value(daemon, "keyhook_webhook_published") == 1, "the metric")


def test_news_of_an_absent_object_end_the_back_off(world):
    world.kube.delete(HOOK)
    world.kube.script("get", status=404, headers={"Retry-After": "120"})  # longer than this test waits
    daemon = world.start_vault()
    wait_for(lambda: "WebhookNotFound" in reasons(world.kube) and world.kube.watching, "the Event and the watch")
    world.kube.clear()
    world.put_hook()
    wait_ready(daemon)


def test_api_server_down_at_the_start(world):
    world.kube.deaf = True
    daemon = world.start_vault()
    wait_for(lambda: "caBundle" in ready(daemon)[1], "the certificate")
    world.kube.deaf = False
    world.kube.drop_connections()
    wait_ready(daemon)


def test_api_server_fails_for_a_while(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    world.kube.script("*", status=503)
    world.kube.drop_connections()
    wait_for(lambda: value(daemon, "keyhook_kubernetes_failures_total", **{"class": "server"}) > 0, "a count")
    assert ready(daemon)[0] == 204
    world.kube.clear()
    world.kube.overwrite(HOOK, "")
    wait_for(lambda: world.bundle, "the repair")


def test_token_is_rotated(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    world.kube.rotate()
    world.kube.overwrite(HOOK, "")
    wait_for(lambda: world.bundle, "the repair")
    assert not daemon.events("the webhook's object was not read")


def test_no_rights(world):
    world.kube.rules = []
    daemon = world.start_vault()
    told = wait_for(lambda: daemon.events("the webhook's object was not read"), "a line")[0]
    assert told["class"] == "forbidden" and told["advice"]
    status, why = wait_for(lambda: (r := ready(daemon)) and "forbidden" in r[1] and r, "the reason")
    assert status == 503 and why.rstrip().endswith(f"forbidden: {told['advice']}")
    watch = wait_for(lambda: daemon.events("the webhook's object is not watched"), "a line")[0]
    assert (watch["@level"], watch["class"], watch["advice"]) == ("warn", "forbidden", told["advice"])
    world.kube.rules = [{"verbs": ["get", "patch", "watch"], "names": [HOOK], "resource": RESOURCE}]
    wait_ready(daemon)


@pytest.mark.parametrize("endpoint, status, kind", [
    ("get", 401, "unauthorized"), ("get", 403, "forbidden"), ("patch", 403, "forbidden"), ("patch", 422, "invalid")])
def test_what_a_person_must_mend_is_an_event(world, endpoint, status, kind):
    world.kube.script(endpoint, status=status)
    daemon = world.start_vault()
    note = wait_for(lambda: [e["note"] for e in world.kube.events if e["reason"] == "WebhookNotPublished"], "it")[0]
    assert f"({kind})" in note and f"status {status}" in note
    wait_for(lambda: f"{kind}: " in ready(daemon)[1], "the reason")
    world.kube.clear()
    wait_ready(daemon)


def test_what_ends_by_itself_is_no_event(world):
    world.kube.script("get", status=503, times=1)
    daemon = world.start_vault()
    wait_ready(daemon)
    assert daemon.events("the webhook's object was not read")
    assert "WebhookNotPublished" not in reasons(world.kube)


def test_without_the_right_to_make_events(world):
    """Upstream's chart grants none: silence."""
    world.kube.rules = [{"verbs": ["get", "list", "watch", "patch"], "resource": RESOURCE}]
    world.vault.script("sign", status=403, errors=["permission denied"])
    daemon = world.start_vault("-log-level=debug")
    wait_for(lambda: world.kube.seen("event"), "the try")
    world.vault.clear()
    wait_ready(daemon)
    assert not world.kube.events and not daemon.events("an Event was not taken")


def test_fights_are_noticed_and_calmed(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    whole = world.bundle
    count = 0

    def is_contested():
        # A comment makes a version of its own each time: more overwrites than we have writes.
        nonlocal count
        count += 1
        world.kube.overwrite(HOOK, f"# {count}\n", manager="other-injector")
        return "WebhookBundleContested" in reasons(world.kube)

    wait_for(is_contested, "the Event")
    event = next(e for e in world.kube.events if e["reason"] == "WebhookBundleContested")
    assert "other-injector" in event["note"] and event["type"] == "Warning"
    assert value(daemon, "keyhook_webhook_contested") == 1
    assert ready(daemon)[0] == 204
    wait_for(lambda: world.bundle == whole, "peace")
    writes, overwrites = (value(daemon, f"keyhook_webhook_{n}_total") for n in ("writes", "overwrites"))
    assert writes < overwrites  # not one for each


def test_watch_is_cut_and_ends(world):
    daemon = world.start_vault()
    wait_ready(daemon)
    for cut in (world.kube.end_watches, world.kube.drop_connections):
        wait_for(lambda: world.kube.watching, "the watch")
        before = len(world.kube.seen("watch"))
        cut()
        wait_for(lambda n=before: len(world.kube.seen("watch")) > n, "the next watch")
        world.kube.overwrite(HOOK, "")
        wait_for(lambda: world.bundle, "the repair")
    world.kube.say("garbage\n")
    world.kube.overwrite(HOOK, "")
    wait_for(lambda: world.bundle, "the repair")


def test_no_write_in_steady_state(world):
    daemons = [world.start_vault(), world.start_vault()]
    wait_ready(*daemons)
    before = len(world.kube.seen("patch"))
    for n in range(5):
        world.kube.annotate(HOOK, "example.com/unrelated", str(n))
        seen = len(world.kube.seen("get"))
        wait_for(lambda s=seen: len(world.kube.seen("get")) >= s + 1, "a look")
    assert len(world.kube.seen("patch")) == before


def test_unsettled_anchor_is_not_served(world):
    """While the old certificate lasts, the new one waits for the settling time."""
    mount = world.vault.pki["pki"]
    mount.roles["keyhook"]["not_before_duration"] = 300
    daemon = world.start_vault(settle="1h")
    wait_ready(daemon)
    old = der(mount.root.pem)
    new = der(mount.add_issuer(name="next").pem)
    mount.default = 1
    daemon.send_signal(signal.SIGHUP)
    wait_for_anchors(world, old, new)
    seen = len(world.kube.seen("get"))
    world.kube.annotate(HOOK, "example.com/unrelated", "1")
    wait_for(lambda: len(world.kube.seen("get")) > seen, "another look")
    assert handshake(daemon, ssl.DER_cert_to_PEM_cert(old))


def test_files_are_published_when_asked(world, tmp_path):
    ca = Authority("CA of the files")
    cert, key = ca.server_files(tmp_path / "files", names=["keyhook.vault.svc"])
    silent = world.start(f"-tls-cert-file={cert}", f"-tls-key-file={key}")
    wait_ready(silent)
    assert not world.bundle
    told = world.start(f"-tls-cert-file={cert}", f"-tls-key-file={key}",
                       f"-tls-ca-cert-file={ca.write(tmp_path / 'ca.pem')}")
    wait_ready(told)
    assert certificates_of(world.bundle) == [der(ca.pem)]
    Prober(world, told, silent).end()
