"""From nothing to the first injected pod, and what is refused while nobody can inject."""

import time

from injected import is_injected
from pki import Pki
from process import wait_for


def test_only_pods_that_ask_are_refused_while_no_replica_is_ready(installation):
    refused = wait_for(lambda: (a := installation.create_pod()).status != 201 and a, "a refused pod")
    assert "failed calling webhook" in refused.text()
    other = installation.create_pod(asks=False)
    assert other.status == 201 and not is_injected(other)


def test_from_an_empty_cluster(installation, endpoints, vault, replica, figure, judge):
    """certs/setup, two replicas: certificates, publication, readiness, and a pod through them."""
    pki = Pki(vault, installation)
    two = [replica(number, *pki.options(ttl="1h")) for number in (11, 12)]
    begin = time.monotonic()
    pki.must_setup()
    prepared = time.monotonic() - begin
    for one in two:
        endpoints.replicas.append(one.start())
    wait_for(lambda: is_injected(installation.create_pod()), "an injected pod", poll=0.02)
    seconds = time.monotonic() - begin
    figure(f"{seconds:.2f} s to the first injected pod, {prepared:.2f} s of them certs/setup")
    for one in two:
        one.wait_ready()
    assert not is_injected(installation.create_pod(asks=False))
    judge(seconds, 5)
