"""setup on a real Vault and PostgreSQL: that what it declares for the end of a credential works."""

import threading

import pytest

from stage import wait_for

SESSION = "CREATE TEMP TABLE of_a_session (x int); SELECT pg_sleep(600);"


@pytest.fixture(name="pair", params=["app-role", "readonly-role"])
def fixture_pair(stage, request):
    answer = stage.vault.need("GET", f"database/creds/{request.param}")
    return answer["data"] | {"lease_id": answer["lease_id"]}


def revoke(stage, pair):
    """At once, so that what fails is told."""
    stage.vault.need("PUT", "sys/leases/revoke", {"lease_id": pair["lease_id"], "sync": True})


def test_lease_ends_when_its_role_is_gone(stage, pair):
    stage.postgres.need(f'DROP OWNED BY "{pair["username"]}"; DROP ROLE "{pair["username"]}";', database="phoenix_guardian")
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
