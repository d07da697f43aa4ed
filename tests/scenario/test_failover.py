"""The fourth validation of the scenario: Vault loses its leader, with nodes left to elect another, or without."""

import time

import workload
from outage import Outage
from pairs import another_pair, new_pod_works, pair_of, seconds_left, usable_pair
from pressure import Pressure
from stage import BACKOFF_GUARD, NAMESPACE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"

# An agent renews a lease that can grow no more after 70 to 74 hundredths of its life, and then replaces it. Keyhook's
# certificates live for 45 s here and are renewed every 30. Both are tried in an outage that begins a little before; it
# must be over while the agent, which waits longer after each try, has one left.
OUTAGE_LEASE = 240  # seconds
LEFT_AT_OUTAGE = 0.35 * OUTAGE_LEASE


def rotation_failed(stage, name, since):
    """Whether the sidecar has tried in vain to renew or replace its lease."""
    log = stage.pods.logs(NAMESPACE, name, "vault-agent", since_seconds=int(time.monotonic() - since) + 1)
    return any("[WARN]" in line and "database/creds/outage" in line for line in log.splitlines())


def renewals(stage, result):
    """{address of a replica: how often its certificate's source answered so}"""
    return {address: stage.metric("keyhook_certificate_renewals_total", of=[address], result=result)
            for address in stage.replicas()}


def grown(stage, result, before):
    """The replicas that have done so since."""
    return {address for address, number in renewals(stage, result).items() if number > before[address]}


def test_4_failover_with_a_renewal_and_a_rotation_inside(stage, start, create, json_of, own_role, agent_says, repaired,
                                                         figure):
    """The leader is killed. A renewal of Keyhook's own certificate and a rotation of a pod's credentials are tried
    while there is none; a standby is promoted; both succeed by themselves. No admission fails, a pod that was created
    meanwhile waits and then starts, and the pair in the running pod's file logs in at every moment."""
    assert repaired is None
    own_role("outage", OUTAGE_LEASE)
    notes = pair_of("outage")
    outage = Outage(stage)
    with Pressure(NAMESPACE, workload.bound_pod("admitted", ACCOUNT, notes, "outage")) as pressure:
        name = start(workload.bound_pod("fresh", ACCOUNT, notes, "outage"))
        agent_says(name, "rendered", container="vault-agent")
        old = usable_pair(stage, json_of, name)
        wait_for(lambda: seconds_left(stage, old) < LEFT_AT_OUTAGE, "the lease to grow old", 10 * OUTAGE_LEASE, 1)
        failed = renewals(stage, "failed")
        outage.begin()
        cut = time.monotonic()
        newcomer = create(workload.bound_pod("newcomer", ACCOUNT, notes, "outage"))

        def both_were_tried():
            assert usable_pair(stage, json_of, name) == old
            return rotation_failed(stage, name, cut) and grown(stage, "failed", failed)

        wait_for(both_were_tried, "a rotation and a renewal in the outage")
        agent_says(newcomer, "error authenticating")
        figure(f"rotation and renewal tried within {time.monotonic() - cut:.1f} s without a leader")

        renewed, back = renewals(stage, "ok"), time.monotonic()
        outage.end()
        figure(f"a new leader {time.monotonic() - back:.1f} s after there could be one")
        wait_for(lambda: usable_pair(stage, json_of, name) != old, "another pair in the file")
        figure(f"another pair in the file after {time.monotonic() - back:.1f} s")
        wait_for(lambda: grown(stage, "ok", renewed) == set(renewed), "a renewal by each replica")
        stage.pods.wait_ready(NAMESPACE, newcomer, guard=BACKOFF_GUARD)
        figure(f"the pod that was created in the outage is ready after {time.monotonic() - back:.1f} s")
    figure(f"{pressure.judge()} admissions meanwhile, none failed")


def test_4_leader_killed_and_another_elected(stage, running, start, json_of, repaired, figure):
    """Two nodes are left, and need nobody."""
    assert repaired is None
    with Pressure(NAMESPACE, workload.bound_pod("admitted", ACCOUNT, pair_of(), APP)) as pressure:
        stage.control("stop", stage.vault.leader())
        cut = time.monotonic()
        stage.vault.leader()
        figure(f"a new leader after {time.monotonic() - cut:.1f} s")
        new_pod_works(stage, start, json_of)
        another_pair(stage, json_of, running)
    figure(f"{pressure.judge()} admissions meanwhile, none failed")
