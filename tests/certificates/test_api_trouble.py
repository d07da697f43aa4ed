"""The API server goes away, cuts the watch, knows the token no more, or is written to all the time."""

import threading
import time

import pytest

import kube
from injected import is_injected
from pki import anchors
from process import wait_for
from test_bundle import emptied, force

WRITERS, REFUSALS, DAMAGES_MAX = 2, 5, 60


@pytest.fixture(name="two")
def fixture_two(endpoints, pki, replica, relay):
    """Two replicas whose way to the API server is the relay."""
    two = [replica(number, *pki.options(ttl="60s"), api=relay.address) for number in (11, 12)]
    endpoints.add(*two)
    return two


def damage(installation, pki):
    """Seconds until an emptied caBundle is whole again."""
    whole = {pki.anchor()}
    force(emptied, installation)
    begin = time.monotonic()
    wait_for(lambda: anchors(installation.bundle()[0]) == whole, "the caBundle to be repaired", guard=300)
    return time.monotonic() - begin


@pytest.mark.usefixtures("two")
def test_the_api_server_is_restarted(cluster, endpoints, installation, pki, figure):
    history = len(endpoints.history)
    cluster.api.kill()
    time.sleep(5)
    cluster.start_api()
    wait_for(lambda: is_injected(installation.create_pod()), "a pod after the restart")
    assert len(endpoints.history) == history, "a replica was not ready for a moment"
    figure(f"repaired {damage(installation, pki):.2f} s after the first damage, {damage(installation, pki):.2f} s"
           " after the second")


@pytest.mark.usefixtures("two")
def test_the_watch_is_cut(endpoints, installation, pki, pressure, relay, figure):
    history, under, times = len(endpoints.history), pressure(rate=5), []
    for _ in range(3):
        relay.cut()
        times.append(damage(installation, pki))
    accepted = relay.accepted
    time.sleep(5)
    assert relay.accepted - accepted <= 10, "connections are made without a pause"
    wait_for(lambda: under.load.in_a_row >= 20, "pods in a row after the damage")
    assert len(endpoints.history) == history, "a replica was not ready for a moment"
    figure("repaired " + ", ".join(f"{t:.2f}" for t in times) + " s after a cut")


@pytest.mark.usefixtures("two")
def test_the_api_server_hangs(endpoints, installation, pki, pressure, relay, figure):
    """Requests of the replicas reach nobody and nobody says so; reviews come in as ever."""
    under = pressure(rate=5)
    relay.hold()
    time.sleep(10)
    under.stop()
    under.assert_clean()
    relay.release()
    relay.cut()
    figure(f"repaired {damage(installation, pki):.2f} s after the end of the hang")
    assert len(endpoints.ready) == 2


def test_tokens_are_replaced(cluster, installation, pki, relay, two, figure):
    """The account is made anew: no older token is worth anything. The kubelet writes new ones."""
    path = f"/api/v1/namespaces/{installation.namespace}/serviceaccounts"
    cluster.client.need("DELETE", f"{path}/{installation.account}")
    cluster.make_account(installation.namespace, installation.account)
    for one in two:
        one.write_account()
    relay.cut()
    figure(f"repaired {damage(installation, pki):.2f} s after the tokens were replaced")


@pytest.mark.usefixtures("two")
def test_others_write_all_the_time(installation, pki, figure):
    """Versions are stale by the time that they are written against, again and again."""
    stop, writers = threading.Event(), []

    def scribble():
        while not stop.wait(0.005):
            body = {"metadata": {"annotations": {"scribble": str(time.monotonic())}}}
            installation.cluster.client.ask("PATCH", f"{kube.HOOKS}/{installation.hook}", body, kube.MERGE)

    before = installation.writes()[1]
    try:
        for _ in range(WRITERS):
            writers.append(threading.Thread(target=scribble, daemon=True))
            writers[-1].start()
        times = [damage(installation, pki)]
        while installation.writes()[1] - before < REFUSALS and len(times) < DAMAGES_MAX:
            times.append(damage(installation, pki))
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    written, refused = installation.writes()
    theirs = installation.cluster.writes(installation.hook, "tests")[0]
    figure(f"{len(times)} repairs within {max(times):.2f} s beside {theirs} foreign writes; {written} writes,"
           f" {refused} refused with 409")
    assert refused - before >= REFUSALS, "the storm was none"
