"""The five validations of the scenario."""

import contextlib
import json
import threading
import time

import pytest

import audit
import workload
from outage import Outage
from stage import LEASE_MAX, NAMESPACE, OWN_CERTIFICATE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"
PAIR = '{{ with secret "%s" }}{{ .Data | toJSON }}{{ end }}'
DATABASE = {"agent-inject-secret-db": "database/creds/app-role",
            "agent-inject-template-db": PAIR % "database/creds/app-role"}


# --- 1. Dynamic credentials


def test_1_dynamic_credentials_rotate_before_the_old_pair_dies(stage, start, json_of, figure):
    """At every moment the pair in the file logs in; it changes; the old one is dropped, the new one logs in."""
    name = start(workload.bound_pod("rotate", ACCOUNT, DATABASE, APP))
    first = json_of(name, "db")
    begin, logins = time.monotonic(), 0

    def another():
        nonlocal logins
        pair = json_of(name, "db")
        assert stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
        logins += 1
        return pair if pair != first else None

    second = wait_for(another, "another pair", 10 * LEASE_MAX)
    figure(f"another pair after {time.monotonic() - begin:.0f} s of {LEASE_MAX}, {logins} logins without a failure")
    assert second["username"] != first["username"]
    wait_for(lambda: not stage.postgres.has_role(first["username"]), "the old role to be dropped", 10 * LEASE_MAX)
    assert not stage.postgres.can_login(first["username"], first["password"], "phoenix_guardian")
    assert stage.postgres.can_login(second["username"], second["password"], "phoenix_guardian")


def test_1_credentials_are_revoked_at_the_end_of_the_pod(stage, start, json_of):
    """The sidecar revokes its token, and with it the leases, long before they would end."""
    stage.vault.write("database/roles/app-role-long", stage.vault.read("database/roles/app-role") | {
        "default_ttl": 3600, "max_ttl": 7200})
    stage.vault.write("database/config/phoenix-guardian-db", {"allowed_roles": ["*"]})
    stage.vault.policy("long-lease", 'path "database/creds/app-role-long" { capabilities = ["read"] }')
    stage.vault.role("long-lease", NAMESPACE, [ACCOUNT], ["long-lease"], "vault")
    name = start(workload.bound_pod("revoke", ACCOUNT, {
        "agent-revoke-on-shutdown": "true", "agent-revoke-grace": "0",
        "agent-inject-secret-db": "database/creds/app-role-long",
        "agent-inject-template-db": PAIR % "database/creds/app-role-long"}, "long-lease",
        terminationGracePeriodSeconds=30))
    # What the sidecar has rendered: the init container's pair goes with its own token.
    def rendered():
        return "rendered" in stage.pods.logs(NAMESPACE, name, "vault-agent")

    wait_for(rendered, "the sidecar to render")
    pair = json_of(name, "db")
    assert stage.postgres.has_role(pair["username"])
    stage.core.delete_namespaced_pod(name, NAMESPACE)
    wait_for(lambda: not stage.postgres.has_role(pair["username"]), "the role to be dropped")


# --- 2. Audit


def test_2_audit_holds_every_access_and_no_other(stage, start, inside, figure):
    """(identity, operation, path) of a pod's whole life: what was done equals what is logged, both ways."""
    name = start(workload.bound_pod("audited", "audited", {
        "agent-inject-secret-records": "phoenix-guardian/data/api/health-records",
        **DATABASE}, "audited", containers=[workload.container(
            env=[{"name": "VAULT_ADDR", "value": "https://vault.vault.svc:8200"},
                 {"name": "VAULT_CACERT", "value": "/etc/vault-ca/ca.crt"}])]))
    assert inside and name
    raise AssertionError("see audit.py")
