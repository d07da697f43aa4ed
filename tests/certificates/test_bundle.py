"""Somebody overwrites the caBundle, and nobody does; and the day on which another injector is replaced."""

import sys
import threading
import time

import kube
from conftest import is_short, series
from injected import is_injected
from keyhook import Replica
from pki import anchors
from process import ROOT, wait_for

DAMAGES, APART = 50, 5  # seconds
QUIET = 90  # seconds without a write, and with some renewals
IN_A_ROW = 100  # pods
PATIENCE = 30  # seconds of watching how often is written


def emptied(installation):
    installation.set_bundle(b"")


def garbage(installation):
    installation.set_bundle(b"this is not a certificate")


def helm_like(installation):
    """The whole object as a chart renders it, without the field."""
    found = installation.cluster.hook(installation.hook)
    fresh = installation.hook_object()
    fresh["metadata"]["resourceVersion"] = found["metadata"]["resourceVersion"]
    installation.cluster.client.need("PUT", f"{kube.HOOKS}/{installation.hook}?fieldManager=helm", fresh)


def force(change, installation):
    """Again when a replica was faster: an AssertionError is an answer that was no success."""
    for _ in range(20):
        try:
            return change(installation)
        except AssertionError:
            continue
    return change(installation)


def test_damage_is_repaired(endpoints, installation, pki, replica, figure, judge):
    endpoints.add(*(replica(number, *pki.options(ttl="60s")) for number in (11, 12)))
    whole, times = {pki.anchor()}, []
    history, (written, _) = len(endpoints.history), installation.writes()
    for turn in range(series(DAMAGES)):
        force((emptied, garbage, helm_like)[turn % 3], installation)
        begin = time.monotonic()
        wait_for(lambda: anchors(installation.bundle()[0]) == whole, f"repair {turn}", poll=0.01)
        times.append(time.monotonic() - begin)
        time.sleep(max(0.0, begin + APART - time.monotonic()))
    now, refused = installation.writes()
    figure(f"{len(times)} repairs, {max(times) * 1000:.0f} ms at most, {now - written} writes, {refused} refused")
    assert len(endpoints.history) == history, "a replica was not ready for a moment"
    assert now - written <= len(times) + 2, "replicas wrote what others had written already"
    wait_for(lambda: is_injected(installation.create_pod()), "a pod after all that")
    judge(max(times), 1)


def test_no_write_in_steady_state(endpoints, installation, pki, replica, pressure, figure):
    endpoints.add(*(replica(number, *pki.options(ttl="10s")) for number in (11, 12)))
    under = pressure(rate=5)
    version = installation.bundle()[1]
    writes = installation.writes()
    time.sleep(QUIET / 3 if is_short() else QUIET)
    assert installation.bundle()[1] == version and installation.writes() == writes
    under.stop()
    figure(f"{under.renewals()} renewals without a write, {under.told()}")
    under.assert_clean()
    assert under.renewals() >= 4


def test_somebody_never_gives_in(endpoints, installation, pki, replica, figure):
    """Each repair is undone at once: after a minute of it Keyhook writes less often, and says who it is."""
    endpoints.add(replica(11, *pki.options(ttl="1h")))
    own, ended, undone = pki.anchor(), threading.Event(), [0]

    def undo():
        while not ended.wait(0.05):
            if own in anchors(installation.bundle()[0]):
                installation.set_bundle(b"mine")
                undone[0] += 1

    thread = threading.Thread(target=undo, daemon=True)
    thread.start()
    try:
        told = wait_for(lambda: [e for e in installation.events() if "somebody" in told_by(e)], "an Event about it",
                        guard=900, poll=1)
        before, begin = installation.writes()[0], time.monotonic()
        time.sleep(PATIENCE)
        written, seconds = installation.writes()[0] - before, time.monotonic() - begin
    finally:
        ended.set()
        thread.join()
    wait_for(lambda: own in anchors(installation.bundle()[0]), "the last repair")
    figure(f"{undone[0]} repairs were undone; after the Event {written} writes in {seconds:.0f} s: {told_by(told[0])}")
    assert written <= seconds / 10 + 2


def told_by(event):
    """The text, whichever of the two kinds of Event it is."""
    return event.get("note") or event.get("message") or ""


def other_injector(installation, number, directory):
    one = Replica(installation, number, directory)
    one.process.command = [sys.executable, str(ROOT / "tests/cluster/other_injector.py"), one.address,
                           installation.host, installation.hook, str(one.account)]
    return one


def test_another_injector_is_replaced(endpoints, installation, pressure, replica, tmp_path, figure):
    """As a roll-out does it: new replicas become ready while the old one still writes its own caBundle."""
    old = other_injector(installation, 11, tmp_path)
    endpoints.add(old)
    wait_for(lambda: is_injected(installation.create_pod()), "a pod from the other injector")
    under, begin = pressure(), time.monotonic()
    env = {"AGENT_INJECT_TLS_AUTO": installation.hook, "AGENT_INJECT_TLS_AUTO_HOSTS": installation.host}
    new = [replica(number, "-publish-settle=1s", env=env) for number in (12, 13)]
    endpoints.add(*new)
    time.sleep(10)  # both sides write: nobody may write without a pause
    old.kill()
    ended, seconds = time.time(), time.monotonic() - begin
    wait_for(lambda: installation_is_whole(installation), "both anchors")
    # The API server learns of bundle and endpoints when it does: some more may be refused.
    wait_for(lambda: under.load.in_a_row >= IN_A_ROW, f"{IN_A_ROW} pods in a row after the change")
    written, refused = installation.writes()
    theirs = installation.cluster.writes(installation.hook, "other/")[0]
    under.stop()
    times = [t for t, _ in under.load.failures]
    window = max(times) - min(times) if times else 0.0
    after = max((t - ended for t in times), default=0.0)
    figure(f"window {window:.2f} s: {len(times)} pods refused, the last {after:+.2f} s after the end of the old"
           f" one; in {seconds:.0f} s {written} writes and {refused} refused of both new replicas, {theirs} of the old")
    assert written + refused <= 2 * (seconds + 5), "more than one write a second of each replica"


def installation_is_whole(installation):
    return len(anchors(installation.bundle()[0])) >= 3
