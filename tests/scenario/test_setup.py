"""setup on a real Vault and PostgreSQL: that it sets right what differs, and that what it declares for the end of a
credential works. Its own behaviour is tested without a cluster in tests/meta/test_example_setup.py."""

import json
import threading

import pytest

from stage import wait_for

CONNECTION = "database/config/phoenix-guardian-db"
ROLE = "aws/roles/claims-archive"
DRIFT = {
    CONNECTION: {"allowed_roles": ["*"]},
    ROLE: {"policy_document": json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})},
    "aws/config/lease": {"lease": "2h", "lease_max": "48h"},
    "database/roles/readonly-role": {"revocation_statements": []},
    "pki-services/roles/api-gateway": {"allowed_domains": ["api-gateway.phoenix-guardian.svc"], "allow_any_name": True},
    "transit/keys/patient-data/config": {"auto_rotate_period": "0", "deletion_allowed": True},
    "auth/kubernetes/role/api-gateway": {"bound_service_account_names": ["*"], "token_period": 60},
}
SESSION = "CREATE TEMP TABLE of_a_session (x int); SELECT pg_sleep(60);"


def made(text):
    return [line for line in text.splitlines() if line.startswith("made")]


def test_what_differs_is_set_right(stage):
    """With all that Vault does on its own to what it is given: a second run finds nothing to do. The password stays as
    Vault knows it."""
    for path, fields in DRIFT.items():
        stage.vault.write(path, fields)
    done = made(stage.setup())
    assert len(done) == len(DRIFT), done
    assert made(stage.setup()) == []
    assert stage.vault.read(CONNECTION)["allowed_roles"] == ["app-role", "readonly-role"]
    assert "s3:PutObject" in stage.vault.read(ROLE)["policy_document"]
    assert stage.vault.read("database/creds/app-role")["password"]


def test_option_that_is_not_given_leaves_what_is_there(stage):
    before = stage.vault.read("auth/kubernetes/role/phoenix-guardian-app")
    assert made(stage.setup(given=[])) == []
    assert stage.vault.read("auth/kubernetes/role/phoenix-guardian-app") == before


@pytest.fixture(name="pair", params=["app-role", "readonly-role"])
def fixture_pair(stage, request):
    answer = stage.vault.need("GET", f"database/creds/{request.param}")
    return answer["data"] | {"lease_id": answer["lease_id"]}


def revoke(stage, pair):
    """At once, so that what fails is told."""
    stage.vault.need("PUT", "sys/leases/revoke", {"lease_id": pair["lease_id"], "sync": True})


def test_lease_ends_when_its_role_is_gone(stage, pair):
    user = pair["username"]
    stage.postgres.need(f'DROP OWNED BY "{user}"; DROP ROLE "{user}";', database="phoenix_guardian")
    revoke(stage, pair)


def test_open_connections_end_with_the_pair(stage, pair):
    """Also one that would keep the role from being dropped, as it has made a table."""
    who = {"user": pair["username"], "password": pair["password"], "database": "phoenix_guardian"}
    ends = []
    session = threading.Thread(target=lambda: ends.append(stage.postgres.run(SESSION, **who)))
    session.start()
    wait_for(lambda: stage.postgres.need("SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' "
                                         f"AND usename = '{pair['username']}'") == "1", "the session to sleep")
    revoke(stage, pair)
    session.join()
    assert "terminating connection due to administrator command" in ends[0].stderr
    assert not stage.postgres.has_role(pair["username"])


def test_pair_that_cannot_be_dropped_cannot_log_in(stage, pair):
    """Whoever has it can make things in databases that Vault's account does not reach."""
    user = pair["username"]
    number = stage.postgres.need("SELECT lo_create(0)", user=user, password=pair["password"])
    try:
        revoke(stage, pair)
        assert stage.postgres.has_role(user)
        refused = stage.postgres.run("SELECT 1", user=user, password=pair["password"])
        assert refused.returncode != 0 and "authentication failed" in refused.stderr
    finally:
        stage.postgres.need(f'SELECT lo_unlink({number}); DROP ROLE "{user}";')
