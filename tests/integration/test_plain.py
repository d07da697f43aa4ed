"""The port without TLS."""

import json
import os
import pathlib
import socket
import ssl

import pytest

from daemon import HANG_GUARD, Daemon, review, run_keyhook, wait_for
from scrape import families, plain, samples, value, wait_for_value

PLAIN = "-plain-listen=127.0.0.1:0"
LISTEN = "0A"  # the state in /proc/net/tcp


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    one = Daemon(tmp_path_factory.mktemp("daemon"), [PLAIN]).wait_ready()
    yield one
    one.end()
    assert one.status == 0, one.log_text()


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health(served, path):
    assert plain(served, path) == (204, b"")
    assert plain(served, path, "HEAD") == (204, b"")
    assert plain(served, path, "POST")[0] == 405


def test_version(served):
    status, body = plain(served, "/version")
    assert status == 200
    assert json.loads(body)["version"] == run_keyhook("version").stdout.split()[-1].removeprefix("v")


@pytest.mark.parametrize("path", ["/mutate", "/", "/metrics/", "/version/x"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_nothing_else(served, path, method):
    assert plain(served, path, method)[0] == 404


def listening(daemon):
    """The ports on which the process listens, by the kernel's tables."""
    process = pathlib.Path(f"/proc/{daemon.process.pid}")
    links = {os.readlink(fd) for fd in (process / "fd").iterdir()}
    ports = []
    for table in ("tcp", "tcp6"):
        for line in (process / "net" / table).read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTEN and f"socket:[{inode}]" in links:
                ports.append(int(local.rsplit(":", 1)[1], 16))
    return sorted(ports)


def test_off_by_default(start):
    one, both = start(), start(PLAIN)
    assert listening(one) == [one.port]
    assert not one.events("listening without TLS")
    assert listening(both) == sorted([both.port, both.plain_port])


def test_taken_port(served):
    result = run_keyhook("serve", "-listen=127.0.0.1:0", f"-plain-listen=127.0.0.1:{served.plain_port}")
    assert result.returncode == 1 and "in use" in result.stderr


EXPECTED = """
keyhook_decisions keyhook_request_duration_seconds keyhook_budget_left_seconds keyhook_refused_requests
keyhook_shed_requests keyhook_requests_in_flight keyhook_request_body_bytes keyhook_response_body_bytes
keyhook_connections keyhook_connections_accepted keyhook_connections_refused keyhook_connections_closed
keyhook_tls_handshakes keyhook_tls_handshake_failures keyhook_certificate_expiry_timestamp_seconds
keyhook_certificate_renewals keyhook_ready keyhook_workers keyhook_build_info process_start_time_seconds
process_resident_memory_bytes
""".split()


def test_every_metric_is_there(served):
    found = families(served)
    assert not set(EXPECTED) - set(found)
    for family in found.values():
        assert family.documentation and family.type in ("counter", "gauge", "histogram")


def test_what_is_counted(served):
    before = samples(served)
    size = len(json.dumps(review()))
    served.mutate(review(), "/mutate?timeout=10s")
    done = "keyhook_request_duration_seconds_count"  # counted behind the answer
    wait_for_value(served, before[(done, ())] + 1, done)
    after = samples(served)

    def grown(name, **labels):
        key = (name, tuple(sorted(labels.items())))
        return after[key] - before[key]

    assert grown("keyhook_request_duration_seconds_count") == 1
    assert 0 < grown("keyhook_request_duration_seconds_sum") < 60
    assert grown("keyhook_budget_left_seconds_count") == 1
    assert 0 < grown("keyhook_budget_left_seconds_sum") < 10
    assert grown("keyhook_tls_handshakes_total") == 1
    assert grown("keyhook_connections_accepted_total", port="tls") == 1
    assert grown("keyhook_request_body_bytes_total") == size
    assert grown("keyhook_response_body_bytes_total") > 1000
    assert after[("keyhook_ready", ())] == 1
    assert after[("process_resident_memory_bytes", ())] > 1 << 20
    assert value(served, "keyhook_certificate_expiry_timestamp_seconds") > 1.7e9


def test_duration_buckets_begin_at_50_microseconds(served):
    edges = [s.labels["le"] for s in families(served)["keyhook_request_duration_seconds"].samples
             if s.name.endswith("_bucket")]
    assert float(edges[0]) == 0.00005 and edges[-1] == "+Inf"
    assert [float(e) for e in edges] == sorted(float(e) for e in edges)


@pytest.mark.parametrize("reason, data", [("no-hello", b""), ("no-hello", b"GET / HTTP/1.1\r\n\r\n")])
def test_failed_handshakes(start, reason, data):
    daemon = start(PLAIN)
    with socket.create_connection(("127.0.0.1", daemon.port), HANG_GUARD) as sock:
        sock.sendall(data)
    wait_for(lambda: value(daemon, "keyhook_tls_handshake_failures_total", reason=reason) == 1,
             "the failure to be counted")


def test_untrusting_and_old_clients(start):
    daemon = start(PLAIN)
    with pytest.raises(ssl.SSLError):
        daemon.connect(context=ssl.create_default_context())
    wait_for(lambda: value(daemon, "keyhook_tls_handshake_failures_total", reason="rejected") == 1,
             "the rejection to be counted")
    context = daemon.tls_context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionResetError)):
        daemon.connect(context=context)
    wait_for(lambda: value(daemon, "keyhook_tls_handshake_failures_total", reason="no-match") == 1,
             "the mismatch to be counted")
