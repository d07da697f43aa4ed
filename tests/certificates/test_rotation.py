"""Another issuer, and replicas that come and go with authorities of their own; all of it under load."""

import signal
import time

from conftest import series
from pki import anchors
from process import wait_for

RESTARTS = 30


def test_another_issuer(endpoints, installation, pki, pressure, replica, figure):
    endpoints.add(*(replica(number, *pki.options(ttl="20s", settle="3s")) for number in (11, 12, 13)))
    old = pki.anchor()
    assert anchors(installation.bundle()[0]) == {old}
    under = pressure()
    pki.must_setup("--rotate")
    new, begin = pki.anchor(), time.monotonic()
    wait_for(lambda: anchors(installation.bundle()[0]) == {old, new}, "both anchors", guard=300)
    both = time.monotonic() - begin
    wait_for(lambda: anchors(installation.bundle()[0]) == {new}, "the new anchor alone", guard=900, poll=0.5)
    figure(f"both anchors from {both:.1f} s to {time.monotonic() - begin:.1f} s after the change, {under.told()}")
    under.wait_renewed()
    under.stop()
    under.assert_clean()
    assert anchors(installation.bundle()[0]) == {new}


def test_an_anchor_that_cannot_be_published(endpoints, installation, pki, pressure, relay, replica):
    """The API server is out of reach for the replicas: the old certificate serves until the new one is trusted."""
    two = [replica(number, *pki.options(ttl="5m", settle="2s"), api=relay.address) for number in (11, 12)]
    endpoints.add(*two)
    under, old = pressure(), pki.anchor()
    relay.hold()  # before there is anything new to publish
    pki.must_setup("--rotate")
    asked = [one.renewals() for one in two]
    for one in two:
        one.process.send(signal.SIGHUP)
    wait_for(lambda: all(one.renewals() > n for one, n in zip(two, asked)), "new certificates")
    done = under.prober.done
    wait_for(lambda: under.prober.done >= done + 50, "probes of the old ones")
    assert anchors(installation.bundle()[0]) == {old}
    assert under.renewals() == 0
    relay.release()
    relay.cut()
    under.wait_renewed()
    under.stop()
    under.assert_clean()


def self_signed(installation):
    """As upstream's environment asks for it."""
    return {"AGENT_INJECT_TLS_AUTO": installation.hook, "AGENT_INJECT_TLS_AUTO_HOSTS": installation.host}


def test_self_signed_replicas_restart(endpoints, installation, pressure, replica, figure):
    three = [replica(number, "-publish-settle=1s", env=self_signed(installation), drain="4s")
             for number in (11, 12, 13)]
    endpoints.add(*three)
    assert len(anchors(installation.bundle()[0])) == 3
    under, most = pressure(), 0
    for turn in range(series(RESTARTS)):
        one = three[turn % 3]
        assert one.stop() == 0, one.process.tail()
        endpoints.add_again(one)
        most = max(most, len(anchors(installation.bundle()[0])))
    wait_for(lambda: len(anchors(installation.bundle()[0])) == 3, "three anchors")
    under.stop()
    figure(f"{series(RESTARTS)} restarts, at most {most} anchors after one, {under.told()}")
    under.assert_clean()
    assert most <= 4
