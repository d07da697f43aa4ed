"""Every series of the certificate and of the webhook's object at once, each with a value of its own."""

import datetime
import signal
import time

from certificates import HOOK, der, parsed, served, wait_ready
from daemon import wait_for
from fakes.authority import Authority
from scrape import samples

FULL = 64  # anchors: no bundle holds more


def test_each_series_has_its_value(world):
    mount = world.vault.pki["pki"]
    issuer = mount.root
    for _ in range(3):
        issuer = mount.add_issuer(parent=issuer, ttl=20 * 24 * 3600)
    mount.default = 3
    strangers = [Authority(f"stranger {n}") for n in range(FULL)]
    world.put_hook(bundles=("".join(s.pem for s in strangers),))
    world.kube.script("get", status=503, times=1)
    world.kube.race = 6
    begin = int(time.time())
    daemon = world.start_vault("-publish=chain")
    wait_ready(daemon)
    first = time.time()

    def shown(name, **labels):
        return samples(daemon)[(f"keyhook_{name}", tuple(sorted(labels.items())))]

    def is_written(times):
        return shown("webhook_writes_total") == times and shown("webhook_published") == 1

    wait_for(lambda: is_written(1), "the first write")
    assert shown("webhook_anchors") == FULL and shown("webhook_crowded_out_total") == 4
    wait_for(lambda: int(time.time()) > first, "a second that tells the two times apart")
    for times in (1, 2):
        last = time.time()
        world.kube.overwrite(HOOK, strangers[0].pem)
        wait_for(lambda n=times: is_written(n + 1), "a repair")
    world.vault.script("sign", status=400, errors=["not allowed"], times=2)
    for times in (1, 2):
        daemon.send_signal(signal.SIGHUP)
        wait_for(lambda n=times: shown("certificate_renewals_total", result="failed") == n, "a failure")
    crt = parsed(served(daemon))
    expected = {
        "certificate_expiry_timestamp_seconds":
            crt.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp(),
        "certificate_anchor_expiry_timestamp_seconds": issuer.not_after,
        "certificate_fallback": 0,
        "webhook_published": 1,
        "webhook_anchors": 5,
        "webhook_unclaimed_anchors": 1,
        "webhook_writes_total": 3,
        "webhook_conflicts_total": 6,
        "webhook_overwrites_total": 2,
        "webhook_contested": 0,
        "webhook_crowded_out_total": 4,
    }
    assert {name: shown(name) for name in expected} == expected
    assert begin <= shown("certificate_last_success_timestamp_seconds") <= first
    assert int(last) <= shown("webhook_seen_timestamp_seconds") <= time.time()
    assert shown("certificate_renewals_total", result="ok") == 1
    assert {dict(labels)["class"]: n for (name, labels), n in samples(daemon).items()
            if name == "keyhook_certificate_failures_total" and n} == {"bad_request": 2}
    assert {dict(labels)["class"]: n for (name, labels), n in samples(daemon).items()
            if name == "keyhook_kubernetes_failures_total" and n} == {"conflict": 6, "server": 1}
    assert set(world.anchors) == {der(strangers[0].pem), *(der(pem) for pem in issuer.chain())}
