"""What one part of the scenario must not get from another's: roles, keys, and certificates."""

import base64
import json

import pytest

from services import LOGINS

APP_ROLES = {"phoenix-guardian-app": None, "phoenix-guardian-app-bound": "vault"}  # with the audience that each takes
ACCOUNTS = ("api-gateway", "claims-export", "encounter-service", "research-export")


@pytest.mark.parametrize("role,audience", APP_ROLES.items())
def test_role_that_decrypts_is_for_encounter_service_alone(login, role, audience):
    """One changed annotation gets nobody else there. Every token is good: its own account is let in."""
    assert login("encounter-service", role, audience)[0] == 200
    for account in set(ACCOUNTS) - {"encounter-service"}:
        status, answer = login(account, role, audience)
        assert status == 403 and "service account name not authorized" in str(answer), account


READS = {"api-gateway": {"health-records", "jwt"}, "encounter-service": {"health-records", "ai-model"}}


@pytest.mark.parametrize("account,role,audience", LOGINS)
def test_keys_are_read_by_those_who_use_them(stage, login, account, role, audience):
    """All that there are; a key that is added later is nobody's until a policy names it."""
    token = login(account, role, audience)[1]["auth"]["client_token"]
    stage.vault.write("phoenix-guardian/data/api/added-later", {"data": {"api_key": "x"}})
    names = stage.vault.need("LIST", "phoenix-guardian/metadata/api")["data"]["keys"]
    assert {"ai-model", "health-records", "jwt", "added-later"} <= set(names)
    got = {name: stage.vault.ask_with(token, "GET", f"phoenix-guardian/data/api/{name}")[0] for name in names}
    assert got == {name: 200 if name in READS[account] else 403 for name in names}


@pytest.mark.parametrize("name", ["encounter-service.phoenix-guardian.svc", "below.api-gateway.phoenix-guardian.svc",
                                  "keyhook.keyhook-system.svc", "localhost"])
def test_gateway_gets_certificates_for_its_own_name_alone(stage, login, name):
    token = login("api-gateway", "api-gateway", "vault")[1]["auth"]["client_token"]

    def issue(common):
        return stage.vault.ask_with(token, "POST", "pki-services/issue/api-gateway", {"common_name": common})

    assert issue("api-gateway.phoenix-guardian.svc")[0] == 200
    status, answer = issue(name)
    assert status == 400 and "not allowed" in str(answer)


def test_authority_of_services_is_not_the_webhooks(stage):
    """What callers of the services trust, the API server does not, and the other way round."""
    webhook = json.loads(stage.kubectl("get", "mutatingwebhookconfigurations", "-o", "json"))["items"]
    bundles = [base64.b64decode(w["clientConfig"]["caBundle"]).decode() for item in webhook for w in item["webhooks"]]
    services = stage.vault.read("pki-services/cert/ca")["certificate"].strip()
    assert bundles and not any(services in bundle for bundle in bundles)
    for engine in ("pki", "pki-root"):
        assert stage.vault.read(f"{engine}/cert/ca")["certificate"].strip() != services
    roles = stage.vault.need("LIST", "pki/roles")["data"]["keys"]
    assert roles == ["webhook"]


def test_database_answers_with_tls_alone(stage):
    """So that Vault's connection and the service's, which work, are verified ones."""
    url = stage.vault.read("database/config/phoenix-guardian-db")["connection_details"]["connection_url"]
    assert "sslmode=verify-full&sslrootcert=" in url
    assert stage.vault.read("database/creds/readonly-role")
    ours = stage.postgres.need("SELECT DISTINCT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) "
                               "WHERE usename = 'vault' AND client_addr IS NOT NULL")
    assert ours == "t"  # Vault keeps its connection
    plain = stage.postgres.run("SELECT 1", database="dbname=postgres sslmode=disable")
    assert plain.returncode != 0 and "no encryption" in plain.stderr
