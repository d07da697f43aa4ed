"""The five validations of the scenario."""

import base64
import json
import secrets

import pytest

import audit
import workload
from pairs import logs_in, pair_of, seconds_left, usable_pair
from postgres import STATEMENTS
from services import ask, encounters, LOGINS, services_are_well
from stage import EXAMPLE, NAMESPACE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"


# --- 1. Dynamic credentials

ROTATED = 90  # seconds that a lease lives and cannot be made to live longer
REVOKED = ("update", "auth/token/revoke-self", True)


def test_1_dynamic_credentials_rotate_before_the_old_pair_dies(stage, start, json_of, own_role, agent_says, figure):
    """At every moment the pair in the file logs in. It changes when it has lived for a good part of its lease and still
    lives; then the old one is dropped, and the new one logs in."""
    own_role("rotate", ROTATED)
    name = start(workload.bound_pod("rotate", ACCOUNT, pair_of("rotate"), "rotate"))
    # The init container's pair is in the file until the sidecar has rendered its own.
    agent_says(name, "rendered", container="vault-agent")
    first, logins = usable_pair(stage, json_of, name), 0

    def another():
        nonlocal logins
        pair = usable_pair(stage, json_of, name)
        logins += 1
        return pair if pair != first else None

    second = wait_for(another, "another pair", 10 * ROTATED)
    left = seconds_left(stage, first)
    assert 0 < left < ROTATED / 2
    figure(f"another pair with {left:.0f} s of {ROTATED} left, {logins} logins, all went well")
    wait_for(lambda: not stage.postgres.has_role(first["username"]), "the old role to be dropped", 10 * ROTATED)
    assert not logs_in(stage, first)
    now = usable_pair(stage, json_of, name)
    assert first["username"] not in (now["username"], second["username"])


def test_1_credentials_are_revoked_at_the_end_of_the_pod(stage, start, json_of, own_role, agent_says):
    """The sidecar revokes its token and with it the leases, long before they would end. Its rights are those of the
    example's agents."""
    own_role("long-lease", 3600)
    name = start(workload.bound_pod("revoke", ACCOUNT, {
        "agent-revoke-on-shutdown": "true", "agent-revoke-grace": "0", **pair_of("long-lease")}, "long-lease",
        terminationGracePeriodSeconds=30))
    agent_says(name, "rendered", container="vault-agent")
    pair = json_of(name, "db")
    assert stage.postgres.has_role(pair["username"])
    stage.core.delete_namespaced_pod(name, NAMESPACE)
    wait_for(lambda: not stage.postgres.has_role(pair["username"]), "the role to be dropped")


def test_1_agents_of_the_services_revoke_their_tokens(stage):
    """A pod of each ends; another takes its place."""
    identities = {"api-gateway": f"{NAMESPACE}/api-gateway/api-gateway",
                  "encounter-service": f"{NAMESPACE}/encounter-service/phoenix-guardian-app"}

    def revoked():
        return {service: audit.count(stage.audit_file, who, REVOKED) for service, who in identities.items()}

    before = revoked()
    for service in identities:
        stage.core.delete_namespaced_pod(stage.pods.names(NAMESPACE, f"app={service}")[0], NAMESPACE)
    wait_for(lambda: all(number > before[service] for service, number in revoked().items()),
             lambda: f"more tokens to be revoked than {before}: {revoked()}", poll=1)
    services_are_well(stage)


# --- 2. Audit

BY_THE_AGENT = {
    ("update", "auth/kubernetes/login", True),
    ("update", "auth/token/renew-self", True),
    ("update", "sys/leases/renew", True),
    ("read", "database/creds/app-role", True),
    # The template engine asks which version of the key-value engine answers at a path.
    ("read", "sys/internal/ui/mounts/database/creds/app-role", True),
    ("read", "sys/internal/ui/mounts/phoenix-guardian/data/api/health-records", True),
    ("read", "phoenix-guardian/data/api/health-records", True),
}
BY_THE_APPLICATION = {
    ("update", "auth/kubernetes/login", True),
    ("read", "phoenix-guardian/data/api/ai-model", True),
    ("update", "transit/encrypt/patient-data", True),
    ("update", "transit/decrypt/patient-data", True),
    ("read", "phoenix-guardian/data/payroll/all", False),
}
APPLICATION = """
import sys; sys.path.insert(0, "/app")
from guardian_vault import GuardianVault
vault = GuardianVault({role!r}, "/identity/token")
vault.secret("ai-model")
vault.decrypt(vault.encrypt("what nobody may see"))
try:
    vault.client.secrets.kv.v2.read_secret_version(path="payroll/all", mount_point="phoenix-guardian")
except Exception as error:
    print(type(error).__name__)
"""


@pytest.fixture(name="account")
def fixture_account(stage):
    """A new one, of which no log knows. Vault's role for the agent has its name; the application has another."""
    name = f"audited-{secrets.token_hex(4)}"
    stage.core.create_namespaced_service_account(NAMESPACE, {"metadata": {"name": name}})
    roles = {name: ["phoenix-guardian-app", "vault-agent"], f"{name}-app": ["phoenix-guardian-app"]}
    for role, policies in roles.items():
        stage.vault.bare_role(role, [name], policies)
    yield name
    for role in roles:
        stage.vault.delete(f"auth/kubernetes/role/{role}")
    stage.core.delete_namespaced_service_account(name, NAMESPACE)


def audited_pod(account):
    """Its end is soon, and its agent revokes its token then."""
    environment = [{"name": "VAULT_ADDR", "value": "https://vault.vault.svc:8200"},
                   {"name": "VAULT_CACERT", "value": "/etc/vault-ca/ca.crt"}]
    pod = workload.bound_pod("audited", account, {
        "agent-inject-secret-records": "phoenix-guardian/data/api/health-records", **pair_of(),
        "agent-revoke-on-shutdown": "true", "agent-revoke-grace": "0"}, account,
        terminationGracePeriodSeconds=30, containers=[workload.container(
            command=["/bin/sh", "-c", f"trap exit TERM; sleep {workload.LIFE_S} & wait"], env=environment, volumeMounts=[
                {"name": "ca", "mountPath": "/etc/vault-ca"}, {"name": workload.OWN_TOKEN, "mountPath": "/identity"}])])
    pod["spec"]["volumes"].append({"name": "ca", "secret": {"secretName": "vault-ca"}})
    return pod


def test_2_audit_holds_every_access_and_no_other(stage, account, start, inside):
    """What an agent and an application did under identities of their own equals what the log holds, both ways, to the
    end of the pod; the values are in it as hashes alone."""
    agent, application = f"{NAMESPACE}/{account}/{account}", f"{NAMESPACE}/{account}/{account}-app"

    def logged():
        return {who: audit.accesses(stage.audit_file, who) for who in (agent, application)}

    def wait_logged(done):
        wait_for(lambda: all(done[who] <= seen for who, seen in logged().items()),
                 lambda: f"in the log: { {who: done[who] - seen for who, seen in logged().items()} }", poll=1)

    assert logged() == {agent: set(), application: set()}
    name = start(audited_pod(account))
    assert inside(name, "python3", "-c", APPLICATION.format(role=f"{account}-app")).strip() == "Forbidden"
    wait_logged({agent: BY_THE_AGENT, application: BY_THE_APPLICATION})
    assert logged() == {agent: BY_THE_AGENT, application: BY_THE_APPLICATION}

    stage.core.delete_namespaced_pod(name, NAMESPACE)
    stage.pods.wait_gone(NAMESPACE, name)
    wait_logged({agent: BY_THE_AGENT | {REVOKED}, application: BY_THE_APPLICATION})
    assert logged() == {agent: BY_THE_AGENT | {REVOKED}, application: BY_THE_APPLICATION}

    key = stage.vault.read("phoenix-guardian/data/api/ai-model")["data"]["api_key"]
    digest = stage.vault.need("POST", "sys/audit-hash/file", {"input": key})["data"]["hash"]
    assert digest in json.dumps(audit.of(stage.audit_file, application))
    text = stage.audit_file.read_text(encoding="utf-8")
    for value in (key, base64.b64encode(b"what nobody may see").decode(), "what nobody may see"):
        assert value not in text


# --- 3. Encryption


def stored(stage):
    return stage.postgres.need("SELECT content FROM encounters", database="phoenix_guardian").splitlines()


def test_3_only_ciphertext_outside_and_key_rotation(stage):
    """The service takes and gives plain text; the database and all logs hold ciphertext, of who the patient is as well.
    After a rotation of the key what is stored still decrypts, and rewrapping moves it to the new version."""
    url = encounters(stage)
    encounter = {"patient": f"patient-{secrets.token_hex(8)}", "note": "allergic to penicillin, and to nothing else"}
    number = ask(f"{url}/encounters", encounter)["id"]
    assert ask(f"{url}/encounters/{number}") == encounter

    before = stage.vault.read("transit/keys/patient-data")["latest_version"]
    written = [stage.audit_file, stage.directory / "postgres" / STATEMENTS]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in written] + stored(stage)
    assert "INSERT INTO encounters" in texts[1]
    texts += [text for _, text in stage.pods.all_logs(NAMESPACE)]
    assert any(f"vault:v{before}:" in text for text in stored(stage))
    whole = base64.b64encode(json.dumps(encounter).encode()).decode()
    for form in (*encounter.values(), whole):
        assert [text for text in texts if form in text] == []

    stage.vault.write("transit/keys/patient-data/rotate", {})
    assert ask(f"{url}/encounters/{number}") == encounter
    assert ask(f"{url}/rewrap", {})["rewrapped"] == len(stored(stage))
    assert all(text.startswith(f"vault:v{before + 1}:") for text in stored(stage))
    assert ask(f"{url}/encounters/{number}") == encounter


def test_3_key_cannot_be_taken_or_deleted(stage):
    for method, path, body in (("GET", "transit/export/encryption-key/patient-data", None),
                               ("DELETE", "transit/keys/patient-data", None)):
        assert stage.vault.ask(method, path, body)[0] >= 400
    key = stage.vault.read("transit/keys/patient-data")
    assert key["type"] == "aes256-gcm96" and key["auto_rotate_period"] == 2592000
    assert not key["exportable"] and not key["deletion_allowed"]


# --- 5. Policy

GRANTED = {
    "api-gateway": [("read", "phoenix-guardian/data/api/health-records"), ("read", "phoenix-guardian/data/api/jwt"),
                    ("update", "pki-services/issue/api-gateway"), ("update", "transit/encrypt/patient-data")],
    "encounter-service": [("read", "phoenix-guardian/data/api/health-records"), ("read", "phoenix-guardian/data/api/ai-model"),
                          ("read", "database/creds/app-role"), ("update", "transit/encrypt/patient-data"),
                          ("update", "transit/decrypt/patient-data"), ("update", "transit/rewrap/patient-data")],
}
# Everything that somebody with a stolen token might try; and what every token may do.
PATHS = sorted({
    *(row for rows in GRANTED.values() for row in rows),
    ("update", "phoenix-guardian/data/api/health-records"), ("delete", "phoenix-guardian/data/api/health-records"),
    ("list", "phoenix-guardian/metadata/api"), ("delete", "phoenix-guardian/metadata/api/health-records"),
    ("read", "phoenix-guardian/data/payroll/all"), ("read", "phoenix-guardian/config"), ("read", "database/creds/readonly-role"),
    ("read", "database/config/phoenix-guardian-db"), ("update", "database/roles/app-role"),
    ("update", "database/rotate-root/phoenix-guardian-db"), ("read", "transit/keys/patient-data"),
    ("update", "transit/keys/patient-data/rotate"), ("delete", "transit/keys/patient-data"),
    ("read", "transit/export/encryption-key/patient-data"), ("update", "transit/encrypt/another"),
    ("read", "aws/creds/claims-archive"), ("read", "aws/config/root"), ("update", "pki/issue/webhook"),
    ("update", "pki/sign/webhook"), ("update", "pki/root/generate/internal"), ("read", "sys/policies/acl/api-gateway"),
    ("update", "sys/policies/acl/api-gateway"), ("read", "sys/mounts"), ("update", "sys/mounts/more"),
    ("read", "sys/auth"), ("read", "sys/audit"), ("update", "sys/seal"), ("read", "auth/kubernetes/config"),
    ("update", "auth/kubernetes/role/api-gateway"), ("update", "auth/token/create"), ("update", "sys/leases/revoke"),
})  # fmt: skip
METHODS = {"read": "GET", "update": "POST", "delete": "DELETE", "list": "LIST"}
BODIES = {"transit/encrypt/patient-data": {"plaintext": "eA=="},
          "pki-services/issue/api-gateway": {"common_name": "api-gateway.phoenix-guardian.svc"}}


@pytest.mark.parametrize("service,role,audience", LOGINS)
def test_5_each_path_that_is_not_granted_is_denied(stage, login, service, role, audience):
    """Asked for with the service's own login; what is granted is done, so the denials are not for another reason."""
    token = login(service, role, audience)[1]["auth"]["client_token"]
    ours = stage.vault.need("POST", "transit/encrypt/patient-data", {"plaintext": "eA=="})["data"]["ciphertext"]
    bodies = BODIES | {f"transit/{verb}/patient-data": {"ciphertext": ours} for verb in ("decrypt", "rewrap")}
    wrong = []
    for operation, path in PATHS:
        status, answer = stage.vault.ask_with(token, METHODS[operation], path,
                                              bodies.get(path, {}) if operation == "update" else None)
        is_granted, is_denied = status < 300, status == 403 and "permission denied" in str(answer)
        if not (is_granted if (operation, path) in GRANTED[service] else is_denied):
            wrong.append(f"{operation} {path}: {status} {answer}")
    assert wrong == []


@pytest.mark.parametrize("service,role", [("api-gateway", "api-gateway"), (ACCOUNT, APP)])
def test_5_denied_path_is_told_in_the_log(stage, create, agent_says, service, role):
    denied = "aws/creds/claims-archive"
    name = create(workload.bound_pod("denied", service, {"agent-inject-secret-x": denied}, role))
    agent_says(name, denied, "Code: 403", "permission denied")
    assert stage.pods.found(NAMESPACE, name)[0].status.phase == "Pending"


def test_5_setup_declares_the_policies_as_they_are(stage):
    """A second run finds everything, so what is in the files is what is in force."""
    said = stage.setup()
    assert "made" not in said and len(list((EXAMPLE / "vault/policies").glob("*.hcl"))) == said.count("policy ")
