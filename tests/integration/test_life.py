"""Start and stop."""

import json
import signal

import pytest

from daemon import accepts, post, read_to_end, review, run_keyhook, split_answers, wait_for

BODY = json.dumps(review()).encode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stops_cleanly(start, number):
    daemon = start()
    assert daemon.is_alive()
    daemon.send_signal(number)
    assert daemon.process.wait(60) == 0
    assert daemon.events("stopping")[0]["signal"] == number.name
    assert daemon.events("stopped")[0]["requests_cut_off"] == 0


def test_request_in_flight_is_finished(start):
    daemon = start()
    request = post(BODY)
    with daemon.connect() as sock, daemon.connect() as idle:
        sock.sendall(request[:-20])
        idle.sendall(post(BODY))
        assert idle.recv(100)
        # the head is in when a later request on the same connection order is answered
        daemon.is_alive()
        daemon.send_signal()
        wait_for(lambda: daemon.events("stopping"), "the signal to be seen")
        wait_for(lambda: not accepts(daemon.port), "the port to be closed")
        assert daemon.process.poll() is None
        sock.sendall(request[-20:])
        (status, headers, body), = split_answers(read_to_end(sock))
    assert status == 200
    assert json.loads(body)["response"]["allowed"] is True
    assert headers["connection"].lower() == "close"
    assert daemon.process.wait(60) == 0
    assert daemon.events("stopped")[0]["requests_cut_off"] == 0


def test_unfinished_request_does_not_hold_the_end(start):
    daemon = start("-stop-timeout=300ms")
    with daemon.connect() as sock:
        sock.sendall(post(BODY)[:-20])
        daemon.is_alive()
        daemon.send_signal()
        assert daemon.process.wait(60) == 0
    assert daemon.events("stopped")[0]["requests_cut_off"] == 1


def test_idle_connections_do_not_hold_the_end(start):
    daemon = start()
    socks = [daemon.connect() for _ in range(20)]
    daemon.send_signal()
    assert daemon.process.wait(60) == 0
    for sock in socks:
        sock.close()


def test_clients_that_ignore_the_farewell_do_not_hold_the_end(start):
    """They neither read nor close; the time for requests in flight is not theirs."""
    daemon = start("-stop-timeout=5m")
    socks = [daemon.connect() for _ in range(3)]
    for sock in socks:
        sock.sendall(post(BODY))
        assert sock.recv(1)
    daemon.send_signal()
    assert daemon.process.wait(60) == 0
    assert daemon.events("stopped")[0]["requests_cut_off"] == 0
    for sock in socks:
        sock.close()


def test_broken_pipe_is_survived(start):
    daemon = start()
    for _ in range(50):
        sock = daemon.connect()
        sock.sendall(post(BODY) * 5)
        sock.close()
    assert daemon.is_alive()


def refused(*args, env=None):
    """What it says about the refusal: one line, and for wrong usage a hint where to look."""
    result = run_keyhook("serve", "-listen=127.0.0.1:0", *args, env=env)
    assert result.returncode in (1, 2), result.stderr
    lines = [line for line in result.stderr.strip().split("\n") if not line.startswith("Try ")]
    errors = [line for line in lines if '"@level":"info"' not in line]
    assert len(errors) == 1, result.stderr
    assert "PRIVATE" not in result.stderr
    return errors[0]


def test_taken_port(start):
    port = start().port
    result = run_keyhook("serve", f"-listen=127.0.0.1:{port}")
    assert result.returncode == 1
    last = json.loads(result.stderr.strip().split("\n")[-1])
    assert last["@level"] == "error" and "in use" in last["error"]


@pytest.mark.parametrize("args, text", [
    (["-tls-cert-file=/nonexistent/tls.crt", "-tls-key-file=/nonexistent/tls.key"],
     "/nonexistent/tls.crt"),
    (["-tls-auto-hosts=a b"], "certificate host"),
    (["-tls-self-signed-out=/nonexistent/x.pem"], "/nonexistent/x.pem"),
    (["-no-such-flag=1"], "no-such-flag"),
    (["-tls-min-version=tls9"], "tls9"),
    (["-tls-cipher-suites=TLS_NO_SUCH"], "TLS_NO_SUCH"),
    (["-log-level=loud"], "loud"),
    (["-default-template=yaml"], "yaml"),
    (["-telemetry-path=metrics"], "metrics"),
    (["-telemetry-path=/mutate"], "/mutate"),
    (["-listen=nonsense"], "nonsense"),
])
def test_refused_settings(args, text):
    assert text in refused(*args)


def test_no_vault_address():
    assert "Vault" in refused(env={"AGENT_INJECT_VAULT_ADDR": None})


def test_certificate_problems(certificate):
    cert, key = certificate("one")
    _, other_key = certificate("two")
    old, old_key = certificate("old", start="2001-01-01", end="2001-02-01")
    new, new_key = certificate("new", start="2097-01-01", end="2098-02-01")
    for pair, text in (((cert, other_key), "does not belong"), ((old, old_key), "expired"),
                       ((new, new_key), "not valid before"), ((key, cert), "certificate")):
        assert text in refused(f"-tls-cert-file={pair[0]}", f"-tls-key-file={pair[1]}")


def test_upstream_spelling():
    """The unmodified chart's command line: agent-inject, and a stray 2>&1."""
    result = run_keyhook("agent-inject", "-tls-min-version=nonsense", "2>&1")
    assert result.returncode in (1, 2)
    assert "nonsense" in result.stderr
