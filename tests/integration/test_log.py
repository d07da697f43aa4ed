"""What a decision leaves in the log, and what it must not."""

import base64

from daemon import review, wait_for

PLANTED = "pl4nt3d-s3cr3t"
SENSITIVE = {
    "vault.hashicorp.com/auth-config-secret-id": PLANTED,
    "vault.hashicorp.com/agent-inject-template-db": "{{ with secret }}" + PLANTED + "{{ end }}",
    "vault.hashicorp.com/agent-inject-command-db": "echo " + PLANTED,
    "vault.hashicorp.com/agent-telemetry-circonus_api_token": PLANTED,
}


def decision(daemon, uid):
    """Lines may wait a fraction of a second for others."""
    line, = wait_for(lambda: [e for e in daemon.events("review answered") if e["uid"] == uid],
                     "the line")
    return line


def test_decision_line(daemon):
    daemon.mutate(review(uid="log-1"))
    line = decision(daemon, "log-1")
    expected = {"@level": "info", "namespace": "apps", "name": "ledger-5f6d-x1", "kind": "Pod",
                "operation": "CREATE", "decision": "injected", "reason": "injected",
                "dry_run": False, "secrets": 1}
    assert {k: line[k] for k in expected} == expected
    assert isinstance(line["operations"], int) and line["operations"] > 0
    assert isinstance(line["micros"], int) and line["micros"] >= 0
    assert "generate_name" not in line


def test_generated_names(daemon):
    daemon.mutate(review(uid="log-2", name="ledger-"))
    line = decision(daemon, "log-2")
    assert line["generate_name"] == "ledger-" and "name" not in line


def test_dry_run(daemon):
    daemon.mutate(review(uid="log-3", dryRun=True))
    assert decision(daemon, "log-3")["dry_run"] is True


def test_denial_says_why(daemon):
    wrong = {"vault.hashicorp.com/agent-run-as-user": "root"}
    answer = daemon.mutate(review(uid="log-4", annotations=wrong))
    line = decision(daemon, "log-4")
    assert answer["response"]["allowed"] is False
    assert (line["decision"], line["reason"]) == ("denied", "bad-number")
    assert line["message"] == answer["response"]["status"]["message"]


def test_skipped(daemon):
    off = {"vault.hashicorp.com/agent-inject": "false"}
    daemon.mutate(review(uid="log-5", annotations=off))
    line = decision(daemon, "log-5")
    assert (line["decision"], line["reason"]) == ("skipped", "not-requested")


def test_secrets_stay_out(start):
    daemon = start("-log-level=trace")
    wrong = {"vault.hashicorp.com/agent-run-as-user": "root",
             "vault.hashicorp.com/agent-json-patch": "{" + PLANTED}
    daemon.mutate(review(uid="log-6", annotations=SENSITIVE))
    daemon.mutate(review(uid="log-7", annotations={**SENSITIVE, **wrong}))
    body = '{"request": {"object": "' + PLANTED + '"'
    daemon.request("POST", "/mutate", body, {"Content-Type": "application/json"})
    daemon.end()
    assert len(daemon.events("review answered")) == 2
    assert PLANTED not in daemon.log_text()
    for at in range(3):  # nor as base64, wherever it starts
        encoded = base64.b64encode(b"x" * at + PLANTED.encode() + b"x" * 3).decode()
        assert encoded[4:-8] not in daemon.log_text()
    assert "PRIVATE KEY" not in daemon.log_text()


def test_refusal_line(daemon):
    daemon.request("PUT", "/mutate?token=x")
    line = daemon.events("request refused")[-1]
    expected = {"@level": "warn", "status": 405, "method": "PUT", "path": "/mutate",
                "client": "127.0.0.1"}
    assert {k: line[k] for k in expected} == expected
    assert line["reason"]


def test_user_text_cannot_forge_a_line(start):
    daemon = start(env={"AGENT_INJECT_LOG_FORMAT": None})
    forged = 'x"\n2026-01-01T00:00:00.000Z [INFO]  review answered: uid=forged'
    daemon.mutate(review(uid=forged))
    daemon.request("GET", "/a%0A2026-01-01T00:00:00.000Z%20[INFO]%20forged")
    daemon.end()
    assert not [line for line in daemon.log_text().split("\n") if line.startswith("2026-01-01")]
    assert len(daemon.log_text().strip().split("\n")) == 6  # certificate, listening, 2, stop, stopped


def test_level(start):
    daemon = start("-log-level=info")
    assert daemon.events("certificate ready")
    daemon.end()
    quiet = daemon.log_text()
    assert "review answered" not in quiet
