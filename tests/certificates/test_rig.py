"""The rig itself, with a stand-in instead of Keyhook: what judges must be able to fail."""

import sys

from injected import is_injected
from keyhook import Replica
from load import Load, Prober
from process import ROOT, wait_for


def stand_in(installation, number, directory):
    one = Replica(installation, number, directory)
    one.process.command = [sys.executable, str(ROOT / "tests/cluster/other_injector.py"), one.address,
                           installation.host, installation.hook, str(one.account)]
    return one


def test_load_and_prober_see_what_is_wrong(installation, endpoints, tmp_path):
    one = stand_in(installation, 11, tmp_path)
    endpoints.add(one)
    wait_for(lambda: is_injected(installation.create_pod()), "a pod from the stand-in")
    load, prober = Load(installation), Prober(installation, endpoints)
    wait_for(lambda: load.done >= 20 and prober.done >= 20, "some turns")
    assert (load.failures, prober.failures) == ([], [])
    one.process.kill()
    wait_for(lambda: load.failures, "a failed pod")
    assert wait_for(lambda: prober.failures or not endpoints.ready, "a failed probe, or none to probe")
    load.stop(), prober.stop()
    assert "failed calling webhook" in load.told()
    assert not is_injected(installation.create_pod(asks=False))
    assert installation.create_pod(asks=False).status == 201
