"""Pairs of database credentials in pods: how they get there, whether they are good, and that they go on changing."""

import workload
from stage import BACKOFF_GUARD, wait_for

DATABASE = "phoenix_guardian"


def pair_of(role="app-role"):
    """Annotations that render a pair into the file db."""
    return {"agent-inject-secret-db": f"database/creds/{role}",
            "agent-inject-template-db": f'{{{{ with secret "database/creds/{role}" }}}}{{{{ .Data | toJSON }}}}{{{{ end }}}}'}


def logs_in(stage, pair):
    return stage.postgres.can_login(pair["username"], pair["password"], DATABASE)


def usable_pair(stage, json_of, name):
    """What is in the pod's file, and logs in."""
    pair = json_of(name, "db")
    assert logs_in(stage, pair)
    return pair


def another_pair(stage, json_of, name):
    """What the agent does by itself afterwards: it goes on rotating."""
    before = json_of(name, "db")
    wait_for(lambda: json_of(name, "db") != before, "another pair in the file", BACKOFF_GUARD)
    usable_pair(stage, json_of, name)


def seconds_left(stage, pair):
    """How long PostgreSQL will take the pair: Vault gives it a few seconds more than its lease. 0 when it is gone."""
    text = stage.postgres.need("SELECT extract(epoch FROM rolvaliduntil - now()) FROM pg_roles "
                               f"WHERE rolname = '{pair['username']}'")
    return float(text) if text else 0


def new_pod_works(stage, start, json_of):
    """It gets its secrets, so the API server, Keyhook, the node and Vault all do their part."""
    usable_pair(stage, json_of, start(workload.bound_pod("after", "encounter-service", pair_of(),
                                                         "phoenix-guardian-app-bound")))
