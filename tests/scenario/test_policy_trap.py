"""The policy of the decision record and the one that the example ships, side by side.

The record denies sys/* and auth/*. A denial wins over every grant, also over what Vault's own policy "default" gives to
every token: auth/token/renew-self, sys/leases/renew. So the agent under the record's policy logs in and renders, and then
can renew neither its token nor a lease: a credential that could live for its maximum ends at its first TTL, and the
application is left with a dead pair until the agent has logged in again. The shipped policy denies administrative
paths by their names, if at all.
"""

import pytest

import audit
import workload
from stage import EXAMPLE, NAMESPACE, TOKEN, TOKEN_MAX, wait_for

ACCOUNT = "encounter-service"
RENEWALS = ("auth/token/renew-self", "sys/leases/renew")
POLICIES = {"record": EXAMPLE / "vault/record/phoenix-guardian-app.hcl",
            "shipped": EXAMPLE / "vault/policies/phoenix-guardian-app.hcl"}


@pytest.fixture(name="under")
def fixture_under(stage, start):
    """under(policy) -> (pod, function that gives the pod's renewals in the audit log as {(path, allowed)})"""

    def under(policy):
        role = f"trap-{policy}"
        stage.vault.policy(role, POLICIES[policy].read_text(encoding="utf-8"))
        stage.vault.role(role, NAMESPACE, [ACCOUNT], [role], "vault")
        stage.vault.write(f"auth/kubernetes/role/{role}", {"token_ttl": TOKEN, "token_max_ttl": TOKEN_MAX})
        name = start(workload.bound_pod(policy, ACCOUNT, {
            "agent-inject-secret-db": "database/creds/app-role",
            "agent-inject-template-db": '{{ with secret "database/creds/app-role" }}{{ .Data | toJSON }}{{ end }}'}, role))

        def renewals():
            seen = audit.accesses(stage.audit_file, f"{NAMESPACE}/{ACCOUNT}/{role}")
            return {(path, is_allowed) for _, path, is_allowed in seen if path in RENEWALS}

        return name, renewals

    return under


def end_of(stage, user):
    """Until when PostgreSQL takes the pair; empty when it is gone. Vault moves it when a lease is renewed."""
    return stage.postgres.need(f"SELECT rolvaliduntil FROM pg_roles WHERE rolname = '{user}'")


def test_record_policy_breaks_renewal(stage, under, json_of, agent_says):
    name, renewals = under("record")
    pair = json_of(name, "db")
    end = end_of(stage, pair["username"])
    wait_for(lambda: end_of(stage, pair["username"]) in ("", None) or end_of(stage, pair["username"]) != end,
             "the end of the first pair")
    assert end_of(stage, pair["username"]) == ""  # at its first TTL: nobody could renew it
    assert not stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
    wait_for(lambda: {path for path, _ in renewals()} == set(RENEWALS), lambda: f"both renewals: {renewals()}")
    assert renewals() == {(path, False) for path in RENEWALS}
    agent_says(name, "permission denied", container="vault-agent")


def test_shipped_policy_renews(stage, under, json_of):
    name, renewals = under("shipped")
    wait_for(lambda: "rendered" in stage.pods.logs(NAMESPACE, name, "vault-agent"), "the sidecar to render")
    pair = json_of(name, "db")
    end = end_of(stage, pair["username"])
    wait_for(lambda: end_of(stage, pair["username"]) not in ("", end), "the first pair to live longer")
    assert stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
    wait_for(lambda: {path for path, _ in renewals()} == set(RENEWALS), lambda: f"both renewals: {renewals()}")
    assert renewals() == {(path, True) for path in RENEWALS}
    assert "permission denied" not in stage.pods.logs(NAMESPACE, name, "vault-agent")
