"""The policy of the decision record and those that the example ships, side by side.

The record denies sys/* and auth/*, and with them what an agent needs: auth/token/renew-self, sys/leases/renew. So the agent
logs in and renders, and then can renew neither its token nor a lease: a credential that could live for its maximum ends
at its first TTL. Vault's policy "default" hides that: it grants these two paths by their whole names, and of the rules
that fit a path the most specific one decides, denial or not. So the record's policy works beside "default" and fails
without it, or where "default" was rewritten with patterns; the shipped policies work with it and without.
"""

import pytest

import audit
import workload
from pairs import logs_in, pair_of
from stage import EXAMPLE, NAMESPACE, wait_for

ACCOUNT = "encounter-service"
TOKEN, TOKEN_MAX = 20, 300  # seconds
RENEWALS = ("auth/token/renew-self", "sys/leases/renew")
DOES_NOT_RENEW = "lifetime watcher done channel triggered, re-authenticating"
RECORD, SHIPPED = "trap-record", ["phoenix-guardian-app", "vault-agent"]


@pytest.fixture(name="under")
def fixture_under(stage, start, agent_says):
    """under(name, policies, has_default) -> (pod, function that gives its renewals in the audit log as {(path, allowed)})"""

    def under(name, policies, has_default):
        stage.vault.policy(RECORD, (EXAMPLE / "vault/record/phoenix-guardian-app.hcl").read_text(encoding="utf-8"))
        stage.vault.role(name, NAMESPACE, [ACCOUNT], policies, "vault")
        stage.vault.write(f"auth/kubernetes/role/{name}", {"token_ttl": TOKEN, "token_max_ttl": TOKEN_MAX,
                                                           "token_no_default_policy": not has_default})
        pod = start(workload.bound_pod(name, ACCOUNT, pair_of(), name))
        agent_says(pod, "rendered", container="vault-agent")

        def renewals():
            seen = audit.accesses(stage.audit_file, f"{NAMESPACE}/{ACCOUNT}/{name}")
            return {(path, is_allowed) for _, path, is_allowed in seen if path in RENEWALS}

        return pod, renewals

    return under


def end_of(stage, user):
    """Until when PostgreSQL takes the pair; empty when it is gone. Vault moves it when it renews a lease."""
    return stage.postgres.need(f"SELECT rolvaliduntil FROM pg_roles WHERE rolname = '{user}'")


def end_after_first_ttl(stage, user):
    first = end_of(stage, user)
    wait_for(lambda: end_of(stage, user) != first, "the pair to end, or to live longer")
    return end_of(stage, user)


def test_record_policy_breaks_renewal(stage, under, json_of, agent_says):
    pod, renewals = under("record-alone", [RECORD], has_default=False)
    pair = json_of(pod, "db")
    assert end_after_first_ttl(stage, pair["username"]) == ""
    assert not logs_in(stage, pair)
    wait_for(lambda: {path for path, _ in renewals()} == set(RENEWALS), lambda: f"both renewals: {renewals()}")
    assert renewals() == {(path, False) for path in RENEWALS}
    # All that it says: the reason is in the audit log alone.
    agent_says(pod, DOES_NOT_RENEW, container="vault-agent")


@pytest.mark.parametrize("name,policies,has_default", [
    ("shipped-alone", SHIPPED, False), ("shipped-default", SHIPPED, True), ("record-default", [RECORD], True)])
def test_renewal_works(stage, under, json_of, name, policies, has_default):
    """The last one is the accident that hides the trap."""
    pod, renewals = under(name, policies, has_default)
    pair = json_of(pod, "db")
    assert end_after_first_ttl(stage, pair["username"]) != ""
    assert logs_in(stage, pair)
    wait_for(lambda: {path for path, _ in renewals()} == set(RENEWALS), lambda: f"both renewals: {renewals()}")
    assert renewals() == {(path, True) for path in RENEWALS}
    assert DOES_NOT_RENEW not in stage.pods.logs(NAMESPACE, pod, "vault-agent")
