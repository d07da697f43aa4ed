"""The clock of a replica jumps: it renews at once, and what it serves is valid for everybody else."""

import pathlib
import signal
import time

import pytest

from process import wait_for


@pytest.fixture(name="clock")
def fixture_clock(tmp_path):
    """clock.set("+20h"): what a replica with clock.env believes from then on."""
    return Clock(tmp_path / "clock")


class Clock:
    """libfaketime: only the wall clock moves, timers do not."""

    def __init__(self, path):
        self.path = path
        library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
        assert library, "libfaketime is missing: scripts/deps test"
        self.env = {"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": path, "FAKETIME_NO_CACHE": "1",
                    "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
        self.set("+0")

    def set(self, offset):
        part = self.path.with_suffix(".part")
        part.write_text(f"{offset}\n", encoding="ascii")
        part.replace(self.path)


def test_forward_and_back(clock, endpoints, pki, pressure, replica, figure):
    """Past the moment of renewal, still within what Vault grants anew; then back, and a little further."""
    endpoints.add(*(replica(number, *pki.options(ttl="24h"), env=clock.env) for number in (11, 12)))
    under, told = pressure(rate=5), []
    for offset in ("+18h", "+0", "+20h", "-4m", "+0"):
        before, begin = under.serials(), time.monotonic()
        clock.set(offset)
        if offset in ("+18h", "+20h"):
            under.wait_renewed(before)
            told.append(f"renewed {time.monotonic() - begin:.1f} s after {offset}")
        else:
            done = under.prober.done
            wait_for(lambda d=done: under.prober.done >= d + 50, "probes")
    under.stop()
    figure(", ".join([*told, under.told()]))
    under.assert_clean()


@pytest.mark.parametrize("offset", ["-1h", "+48h"])
def test_a_clock_that_is_far_off(clock, endpoints, pki, pressure, replica, offset):
    """No certificate is valid for such a replica: it steps back, the other one carries on, and it returns."""
    lost = replica(11, *pki.options(ttl="24h"), env=clock.env)
    other = replica(12, *pki.options(ttl="24h"))
    endpoints.add(lost, other)
    under = pressure(rate=5)
    clock.set(offset)
    wait_for(lambda: endpoints.ready == [other.address], "the replica with the wrong clock to step back")
    clock.set("+0")
    endpoints.wait_for({lost.address, other.address})
    probes = under.prober.counts.get(lost.address, 0)
    wait_for(lambda: under.prober.counts.get(lost.address, 0) >= probes + 10, "probes of it")
    under.stop()
    under.assert_clean()


def test_stopped_longer_than_a_life(endpoints, pki, pressure, replica, figure):
    """As a suspended machine: timers stood still, and the certificate has ended meanwhile."""
    one, other = (replica(number, *pki.options(ttl="20s")) for number in (11, 12))
    endpoints.add(one, other)
    one.process.send(signal.SIGSTOP)
    time.sleep(25)
    begin = time.monotonic()
    one.process.send(signal.SIGCONT)
    endpoints.wait_for({one.address, other.address})
    under = pressure(rate=5)
    wait_for(lambda: under.prober.counts.get(one.address, 0) >= 10, "probes")
    under.stop()
    figure(f"{under.told()}, {time.monotonic() - begin:.1f} s after the end of the pause")
    under.assert_clean()
