"""Leaves of ten seconds: every renewal under load, and nobody notices."""

from conftest import series
from process import wait_for

RENEWALS = 100


def test_renewals_under_load(endpoints, pki, pressure, replica, figure):
    endpoints.add(*(replica(number, *pki.options(ttl="10s")) for number in (11, 12)))
    under = pressure()
    wanted = series(RENEWALS)
    wait_for(lambda: under.renewals() >= wanted, f"{wanted} renewals", guard=70 * wanted, poll=1)
    under.stop()
    figure(f"{under.renewals()} renewals, {under.handshakes():.0f} handshakes of the API server, {under.told()}")
    under.assert_clean()
    assert under.handshakes() >= 5 * under.renewals()
