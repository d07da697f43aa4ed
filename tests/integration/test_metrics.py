"""The metrics, read with Prometheus' own parser."""

import json

from prometheus_client.parser import text_string_to_metric_families

from daemon import review, wait_for

UPSTREAM = {
    "vault_agent_injector_request_queue_length": "gauge",
    "vault_agent_injector_request_processing_duration_ms": "histogram",
    "vault_agent_injector_injections_by_namespace": "counter",
    "vault_agent_injector_failed_injections_by_namespace": "counter",
}
DONE = "vault_agent_injector_request_processing_duration_ms_count"
BUCKETS = "5 10 25 50 75 100 250 500 1000 2500 5000 7500 10000".split()


def families(daemon):
    status, headers, body = daemon.request("GET", "/metrics")
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    return {f.name: f for f in text_string_to_metric_families(body.decode())}


def samples(daemon):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for f in families(daemon).values() for s in f.samples}


def value(all_samples, name, **labels):
    return all_samples.get((name, tuple(sorted(labels.items()))), 0)


def test_upstream_metrics(daemon):
    found = families(daemon)
    assert {name: found[name].type for name in UPSTREAM} == UPSTREAM
    histogram = found["vault_agent_injector_request_processing_duration_ms"]
    edges = [s.labels["le"] for s in histogram.samples if s.name.endswith("_bucket")]
    assert edges == [*BUCKETS, "+Inf"]


def test_own_metrics(daemon):
    found = families(daemon)
    info, = found["keyhook_build_info"].samples
    assert info.value == 1 and info.labels["version"]
    start, = found["process_start_time_seconds"].samples
    assert start.value > 1.6e9


def test_counts(daemon):
    before = samples(daemon)
    daemon.mutate(review(namespace="apps"))
    daemon.request("POST", "/mutate", "x", {"Content-Type": "application/json"})
    daemon.request("POST", "/mutate", "x", {"Content-Type": "text/plain"})
    daemon.request("GET", "/nowhere")
    daemon.request("GET", "/health/ready")
    wait_for(lambda: value(samples(daemon), DONE) == value(before, DONE) + 3, "three requests")
    after = samples(daemon)

    def grown(name, **labels):
        return value(after, name, **labels) - value(before, name, **labels)

    assert grown("keyhook_decisions_total", decision="injected", reason="injected") == 1
    assert grown("vault_agent_injector_injections_by_namespace_total", namespace="apps",
                 injection_type="init_and_sidecar") == 1
    assert grown("keyhook_refused_requests_total", status="400") == 2
    assert grown("keyhook_refused_requests_total", status="404") == 1
    assert value(after, "vault_agent_injector_request_queue_length") == 0


def test_requests_in_flight(daemon):
    queue = "vault_agent_injector_request_queue_length"
    body = json.dumps(review()).encode()
    client = daemon.client()
    client.putrequest("POST", "/mutate")
    client.putheader("Content-Type", "application/json")
    client.putheader("Content-Length", str(len(body)))
    client.endheaders(body[:10])
    try:
        wait_for(lambda: value(samples(daemon), queue) == 1, "the request to be counted")
    finally:
        client.send(body[10:])
        client.getresponse().read()
        client.close()
    wait_for(lambda: value(samples(daemon), queue) == 0, "the request to be over")


def test_namespaces_are_limited(daemon):
    client = daemon.client()
    for i in range(1010):
        client.request("POST", "/mutate", json.dumps(review(namespace=f"many-{i}")),
                       {"Content-Type": "application/json"})
        client.getresponse().read()
    client.close()
    family = families(daemon)["vault_agent_injector_injections_by_namespace"]
    names = {s.labels["namespace"] for s in family.samples}
    assert "many-0" in names and "many-1009" not in names and "other" in names
    assert len(names) <= 1001
