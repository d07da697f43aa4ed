"""The alerts on the metrics of a running replica: what is scraped before and after something happened.

promtool gets half an hour of what was scraped first and an hour of what was scraped last, towards which counters
grow evenly, and tells what fires. That is what Prometheus would say, without waiting for it.
"""

import json
import re
import ssl
import time

import pytest
from certificates import HOOK, wait_ready
from daemon import read_to_end, review, wait_for
from prometheus_client.parser import text_string_to_metric_families
from scrape import plain, value

import rules

# A single replica, and few events instead of many.
ONE = ["replicas=1", *(
    f"monitoring.prometheusRule.thresholds.{name}=0"
    for name in ("kubernetesFailures", "denials", "handshakes", "refusedRequests")
)]  # fmt: skip
SCRAPED = {**rules.SCRAPE, "pod": "keyhook-0"}


def scrape(daemon):
    """series -> value, with the labels that a scrape adds; a label that it has already is renamed."""
    status, body = plain(daemon, "/metrics")
    assert status == 200
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        for one in family.samples:
            own = {f"exported_{k}" if k in SCRAPED else k: v for k, v in one.labels.items()}
            labels = ",".join(f"{k}={json.dumps(v)}" for k, v in {**SCRAPED, **own}.items())
            found[f"{one.name}{{{labels}}}"] = f"{one.value:.6f}"
    return found


def values_of(name, before, after):
    if re.search(r"_(total|bucket|count|sum)\{", name):
        return f"{before}x29 {before}+{(float(after) - float(before)) / 60:.6f}x60"
    return f"{before}x29 {after}x60"


def fired(tmp_path, before, after):
    """The names of the alerts that fire within the hour that follows `after`."""
    made = rules.rules_of(*ONE)
    series = [{"series": k, "values": values_of(k, before.get(k, "0"), v)} for k, v in after.items()]
    asked = 'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[90m]))'
    path = rules.put_yaml(tmp_path / "live.yaml", {
        "rule_files": [str(rules.put_rules(tmp_path, made))],
        "evaluation_interval": "1m",
        "tests": [{
            "interval": "1m", "input_series": series, "start_timestamp": int(time.time()),
            "promql_expr_test": [{"expr": asked, "eval_time": "89m", "exp_samples": [{"labels": '{alertname="none"}', "value": 1}]}],
        }],
    })  # fmt: skip
    done = rules.promtool("test", "rules", path)
    text = done.stdout + done.stderr
    assert done.returncode == 1 and "got:" in text, text
    return set(re.findall(r'alertname=\\?"(\w+)', text.split("got:")[1]))


def post(daemon, body, media="application/json"):
    """One request that does not look at the certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with daemon.connect(context=context) as sock:
        text = json.dumps(body).encode()
        head = f"POST /mutate?timeout=5s HTTP/1.1\r\nHost: x\r\nContent-Type: {media}\r\nContent-Length: {len(text)}\r\n"
        sock.sendall(f"{head}Connection: close\r\n\r\n".encode() + text)
        return read_to_end(sock, may_be_cut=False)


def test_what_alerts_ask_for_is_in_the_exposition(world):
    """Every metric, and every value of a label that is compared with, is there from the start."""
    daemon = world.start_vault()
    wait_ready(daemon)
    body = plain(daemon, "/metrics")[1].decode()
    for rule in rules.rules_of(*ONE):
        expr = rule["expr"]
        if "apiserver_" in expr:
            continue
        for name, matchers in re.findall(r"\b((?:keyhook|process)_\w+)\{([^}]*)\}", expr):
            values = dict(re.findall(r'(\w+)=~?"([^"]*)"', matchers))
            own = {k: v for k, v in values.items() if k not in SCRAPED}
            lines = [line for line in body.splitlines() if re.match(rf"{name}[ {{]", line)]
            assert any(all(re.search(rf'\b{k}="(?:{v})"', line) for k, v in own.items()) for line in lines), expr
        for label, words in re.findall(r'(\w+)!~?"([^"]*)"', expr):
            assert all(f'{label}="{word}"' in body for word in words.split("|")), expr


def test_all_is_silent_when_all_is_well(tmp_path, world):
    daemon = world.start_vault()
    wait_ready(daemon)
    before = scrape(daemon)
    for _ in range(20):
        assert b"\"allowed\":true" in post(daemon, review())
    assert fired(tmp_path, before, scrape(daemon)) == set()


def without_role():
    one = review()
    del one["request"]["object"]["metadata"]["annotations"]["vault.hashicorp.com/role"]
    return one


def deny(_world, daemon):
    for _ in range(5):
        post(daemon, without_role())


def send_nonsense(_world, daemon):
    for _ in range(20):
        assert b" 400 " in post(daemon, review(), media="text/plain")


def distrust(_world, daemon):
    """As API servers with a bundle that lacks the anchor do."""
    for _ in range(3):
        with pytest.raises(ssl.SSLError):
            daemon.connect(context=ssl.create_default_context())
    wait_for(lambda: value(daemon, "keyhook_tls_handshake_failures_total", reason="rejected") == 3, "three failures")


def seal(world, daemon):
    world.vault.script("sign", status=503, errors=["Vault is sealed"], times=3)
    daemon.send_signal(1)
    wait_for(lambda: value(daemon, "keyhook_certificate_failures_total", **{"class": "sealed"}) > 0, "a failure")


def forbid(world, daemon):
    world.kube.script("get", status=403, times=3)
    world.kube.overwrite(HOOK, "")
    wait_for(lambda: value(daemon, "keyhook_kubernetes_failures_total", **{"class": "forbidden"}) > 0, "a refusal")
    wait_for(lambda: value(daemon, "keyhook_webhook_published") == 1, "the repair")


def remove(world, daemon):
    world.kube.delete(HOOK)
    wait_for(lambda: value(daemon, "keyhook_kubernetes_failures_total", **{"class": "not_found"}) > 0, "a failure")


def drain(_world, daemon):
    daemon.send_signal()
    wait_for(lambda: value(daemon, "keyhook_ready") == 0, "the drain")


@pytest.mark.parametrize("happens, expected, options", [
    (deny, {"KeyhookDenials"}, {}),
    (send_nonsense, {"KeyhookRequestsRefused"}, {}),
    (distrust, {"KeyhookHandshakesRejected"}, {}),
    (seal, {"KeyhookRenewalFailing"}, {}),
    (forbid, {"KeyhookKubernetesFailing"}, {}),
    (remove, {"KeyhookWebhookMissing", "KeyhookAnchorNotPublished"}, {}),
    (drain, {"KeyhookNotReady", "KeyhookReplicaMissing"}, {"drain": "3s"}),
], ids=lambda one: getattr(one, "__name__", None))  # fmt: skip
def test_fires(tmp_path, world, happens, expected, options):
    daemon = world.start_vault(**options)
    wait_ready(daemon)
    before = scrape(daemon)
    happens(world, daemon)
    assert fired(tmp_path, before, scrape(daemon)) == expected


def test_short_certificates(tmp_path, world):
    """One that ends before it could be renewed twice is both: near its end, and soon without a reserve."""
    daemon = world.start_vault(ttl="1h")
    wait_ready(daemon)
    both = scrape(daemon)
    assert fired(tmp_path, both, both) == {"KeyhookCertificateExpiring", "KeyhookRenewalOverdue"}


def test_not_published(tmp_path, world):
    """A replica that may not touch the webhook's object, from its start on."""
    world.kube.script("get", status=403, times=None)
    daemon = world.start_vault()
    wait_for(lambda: value(daemon, "keyhook_kubernetes_failures_total", **{"class": "forbidden"}) > 0, "a refusal")
    after = scrape(daemon)
    expected = {"KeyhookAnchorNotPublished", "KeyhookNotReady", "KeyhookReplicaMissing", "KeyhookKubernetesFailing"}
    assert fired(tmp_path, {k: v for k, v in after.items() if "failures" not in k}, after) == expected
