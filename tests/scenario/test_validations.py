"""The five validations of the scenario."""

import base64
import json
import secrets
import time
import urllib.request

import pytest

import audit
import workload
from outage import Outage
from postgres import STATEMENTS
from pressure import Pressure
from stage import EXAMPLE, LEASE_MAX, NAMESPACE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"


def pair_of(role):
    """Annotations that render a pair of database credentials into the file db."""
    return {"agent-inject-secret-db": f"database/creds/{role}",
            "agent-inject-template-db": f'{{{{ with secret "database/creds/{role}" }}}}{{{{ .Data | toJSON }}}}{{{{ end }}}}'}


@pytest.fixture(name="own_role")
def fixture_own_role(stage):
    """own_role(name, TTL, token's TTL): a database role and a login for it, like app-role with other times."""
    made = []

    def make(name, seconds, token="1h"):
        like = stage.vault.read("database/roles/app-role")
        stage.vault.write(f"database/roles/{name}", like | {"default_ttl": seconds, "max_ttl": seconds})
        made.append(name)
        stage.vault.write("database/config/phoenix-guardian-db", {
            "plugin_name": "postgresql-database-plugin", "allowed_roles": ["app-role", "readonly-role", *made]})
        stage.vault.policy(name, f'path "database/creds/{name}" {{ capabilities = ["read"] }}')
        stage.vault.role(name, NAMESPACE, [ACCOUNT], [name], "vault")
        stage.vault.write(f"auth/kubernetes/role/{name}", {"token_ttl": token, "token_max_ttl": "24h"})

    yield make
    stage.vault.write("database/config/phoenix-guardian-db", {
        "plugin_name": "postgresql-database-plugin", "allowed_roles": ["app-role", "readonly-role"]})


# --- 1. Dynamic credentials


def test_1_dynamic_credentials_rotate_before_the_old_pair_dies(stage, start, json_of, figure):
    """At every moment the pair in the file logs in; it changes; the old one is dropped, the new one logs in."""
    name = start(workload.bound_pod("rotate", ACCOUNT, pair_of("app-role"), APP))
    first = json_of(name, "db")
    begin, logins = time.monotonic(), 0

    def another():
        nonlocal logins
        pair = json_of(name, "db")
        assert stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
        logins += 1
        return pair if pair != first else None

    second = wait_for(another, "another pair", 10 * LEASE_MAX)
    figure(f"another pair after {time.monotonic() - begin:.0f} s of {LEASE_MAX}, {logins} logins, all went well")
    wait_for(lambda: not stage.postgres.has_role(first["username"]), "the old role to be dropped", 10 * LEASE_MAX)
    assert not stage.postgres.can_login(first["username"], first["password"], "phoenix_guardian")
    now = json_of(name, "db")
    assert stage.postgres.can_login(now["username"], now["password"], "phoenix_guardian")
    assert now["username"] != first["username"] and second["username"] != first["username"]


def test_1_credentials_are_revoked_at_the_end_of_the_pod(stage, start, json_of, own_role):
    """The sidecar revokes its token and with it the leases, long before they would end."""
    own_role("long-lease", 3600)
    name = start(workload.bound_pod("revoke", ACCOUNT, {
        "agent-revoke-on-shutdown": "true", "agent-revoke-grace": "0", **pair_of("long-lease")}, "long-lease",
        terminationGracePeriodSeconds=30))
    # The init container's pair is in the file until the sidecar has rendered its own.
    wait_for(lambda: "rendered" in stage.pods.logs(NAMESPACE, name, "vault-agent"), "the sidecar to render")
    pair = json_of(name, "db")
    assert stage.postgres.has_role(pair["username"])
    stage.core.delete_namespaced_pod(name, NAMESPACE)
    wait_for(lambda: not stage.postgres.has_role(pair["username"]), "the role to be dropped")


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
    """A new one, of which no log knows; Vault's role has its name."""
    name = f"audited-{secrets.token_hex(4)}"
    stage.core.create_namespaced_service_account(NAMESPACE, {"metadata": {"name": name}})
    stage.vault.role(name, NAMESPACE, [name], ["phoenix-guardian-app", "vault-agent"], "vault")
    yield name
    stage.vault.delete(f"auth/kubernetes/role/{name}")
    stage.core.delete_namespaced_service_account(name, NAMESPACE)


def test_2_audit_holds_every_access_and_no_other(stage, account, start, inside):
    """What an agent and an application did under an identity of their own equals what the log holds, both ways; the
    values are in it as hashes alone."""
    identity = f"{NAMESPACE}/{account}/{account}"
    assert audit.accesses(stage.audit_file, identity) == set()
    environment = [{"name": "VAULT_ADDR", "value": "https://vault.vault.svc:8200"},
                   {"name": "VAULT_CACERT", "value": "/etc/vault-ca/ca.crt"}]
    pod = workload.bound_pod("audited", account, {
        "agent-inject-secret-records": "phoenix-guardian/data/api/health-records", **pair_of("app-role")}, account,
        containers=[workload.container(env=environment, volumeMounts=[
            {"name": "ca", "mountPath": "/etc/vault-ca"}, {"name": workload.OWN_TOKEN, "mountPath": "/identity"}])])
    pod["spec"]["volumes"].append({"name": "ca", "secret": {"secretName": "vault-ca"}})
    name = start(pod)
    assert inside(name, "python3", "-c", APPLICATION.format(role=account)).strip() == "Forbidden"

    done = BY_THE_AGENT | BY_THE_APPLICATION
    logged = wait_for(lambda: (lambda seen: seen if done <= seen else None)(audit.accesses(stage.audit_file, identity)),
                      lambda: f"in the log: {done - audit.accesses(stage.audit_file, identity)}")
    assert logged == done
    text = stage.audit_file.read_text(encoding="utf-8")
    key = stage.vault.read("phoenix-guardian/data/api/ai-model")["data"]["api_key"]
    assert stage.vault.need("POST", "sys/audit-hash/file", {"input": key})["data"]["hash"] in text
    for value in (key, base64.b64encode(b"what nobody may see").decode(), "what nobody may see"):
        assert value not in text


# --- 3. Encryption


def ask(address, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            urllib.request.Request(f"http://{address}:8080/{path}", data), timeout=60) as answer:
        return json.load(answer)


def stored(stage):
    return stage.postgres.need("SELECT content FROM encounters", database="phoenix_guardian").splitlines()


def test_3_only_ciphertext_outside_and_key_rotation(stage):
    """The service takes and gives plain text; the database and all logs hold ciphertext, of who the patient is as well.
    After a rotation of the key what is stored still decrypts, and rewrapping moves it to the new version."""
    address = stage.pods.found(NAMESPACE, "app=encounter-service")[0].status.pod_ip
    encounter = {"patient": f"patient-{secrets.token_hex(8)}", "note": "allergic to penicillin, and to nothing else"}
    number = ask(address, "encounters", encounter)["id"]
    assert ask(address, f"encounters/{number}") == encounter

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
    assert ask(address, f"encounters/{number}") == encounter
    assert ask(address, "rewrap", {})["rewrapped"] == len(stored(stage))
    assert all(text.startswith(f"vault:v{before + 1}:") for text in stored(stage))
    assert ask(address, f"encounters/{number}") == encounter


def test_3_key_cannot_be_taken_or_deleted(stage):
    for method, path, body in (("GET", "transit/export/encryption-key/patient-data", None),
                               ("DELETE", "transit/keys/patient-data", None)):
        assert stage.vault.ask(method, path, body)[0] >= 400
    key = stage.vault.read("transit/keys/patient-data")
    assert key["type"] == "aes256-gcm96" and key["auto_rotate_period"] == 2592000
    assert not key["exportable"] and not key["deletion_allowed"]


# --- 4. Failover

# An agent renews a lease that can grow no more after 70 to 74 hundredths of its life, and then replaces it. Keyhook's
# certificates live for 30 s here and are renewed every 20: both fall into an outage that begins a little before.
OUTAGE_LEASE = 120  # seconds
BEGIN_AT = 0.66 * OUTAGE_LEASE


def rotation_failed(stage, name, since):
    """Whether the sidecar has tried in vain to renew or replace its lease."""
    log = stage.pods.logs(NAMESPACE, name, "vault-agent", since_seconds=int(time.monotonic() - since) + 1)
    return any("[WARN]" in line and "database/creds/outage" in line for line in log.splitlines())


def usable_pair(stage, json_of, name):
    pair = json_of(name, "db")
    assert stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
    return pair


def renewals(stage, result):
    return stage.metric("keyhook_certificate_renewals_total", result=result)


def test_4_failover_with_a_renewal_and_a_rotation_inside(stage, start, create, json_of, own_role, agent_says, figure):
    """The leader is killed. A renewal of Keyhook's own certificate and a rotation of a pod's credentials are tried
    while there is none; a standby is promoted; both succeed by themselves. No admission fails, a pod that was created
    meanwhile waits and then starts, and the pair in the running pod's file logs in at every moment."""
    own_role("outage", OUTAGE_LEASE)
    notes = pair_of("outage")
    outage = Outage(stage)
    try:
        with Pressure(NAMESPACE, workload.bound_pod("admitted", ACCOUNT, notes, "outage")) as pressure:
            name = start(workload.bound_pod("fresh", ACCOUNT, notes, "outage"))
            wait_for(lambda: "rendered" in stage.pods.logs(NAMESPACE, name, "vault-agent"), "the sidecar to render")
            begin, old = time.monotonic(), usable_pair(stage, json_of, name)
            wait_for(lambda: time.monotonic() - begin > BEGIN_AT, "the lease to grow old", 10 * OUTAGE_LEASE)
            failed = renewals(stage, "failed")
            outage.begin()
            cut = time.monotonic()
            newcomer = create(workload.bound_pod("newcomer", ACCOUNT, notes, "outage"))

            def both_were_tried():
                assert usable_pair(stage, json_of, name) == old
                return rotation_failed(stage, name, cut) and renewals(stage, "failed") > failed

            wait_for(both_were_tried, "a rotation and a renewal in the outage")
            agent_says(newcomer, "error authenticating")
            figure(f"rotation and renewal tried within {time.monotonic() - cut:.1f} s without a leader")

            renewed, back = renewals(stage, "ok"), time.monotonic()
            assert outage.end() != outage.leader
            figure(f"a new leader {time.monotonic() - back:.1f} s after there could be one")
            wait_for(lambda: usable_pair(stage, json_of, name) != old, "another pair in the file")
            figure(f"another pair in the file after {time.monotonic() - back:.1f} s")
            wait_for(lambda: renewals(stage, "ok") > renewed, "a renewal")
            stage.pods.wait_ready(NAMESPACE, newcomer)
            figure(f"the pod that was created in the outage is ready after {time.monotonic() - back:.1f} s")
        figure(f"{pressure.judge()} admissions meanwhile, none failed")
    finally:
        outage.repair()


# --- 5. Policy

GRANTED = {
    "api-gateway": [("read", "phoenix-guardian/data/api/health-records"), ("update", "pki-services/issue/api-gateway"),
                    ("update", "transit/encrypt/patient-data")],
    "encounter-service": [("read", "phoenix-guardian/data/api/health-records"), ("read", "database/creds/app-role"),
                          ("update", "transit/encrypt/patient-data"), ("update", "transit/decrypt/patient-data"),
                          ("update", "transit/rewrap/patient-data")],
}
ROLE = {"api-gateway": "api-gateway", "encounter-service": APP}
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
BODIES = {"transit/encrypt/patient-data": {"plaintext": "eA=="}, "transit/decrypt/patient-data": {"ciphertext": "vault:v1:x"},
          "transit/rewrap/patient-data": {"ciphertext": "vault:v1:x"},
          "pki-services/issue/api-gateway": {"common_name": "api-gateway.phoenix-guardian.svc"}}


@pytest.mark.parametrize("service", GRANTED)
def test_5_each_path_that_is_not_granted_is_denied(stage, service):
    """Asked for with the service's own login; what is granted is answered, so the denials are not for another reason."""
    jwt = stage.kubectl("-n", NAMESPACE, "create", "token", service, "--audience=vault").strip()
    login = stage.vault.need("POST", "auth/kubernetes/login", {"role": ROLE[service], "jwt": jwt})["auth"]
    wrong = []
    for operation, path in PATHS:
        status, answer = stage.vault.ask_with(login["client_token"], METHODS[operation], path, BODIES.get(path, {})
                                              if operation == "update" else None)
        is_denied = status == 403 and "permission denied" in str(answer)
        if is_denied == ((operation, path) in GRANTED[service]):
            wrong.append(f"{operation} {path}: {status} {answer}")
    assert wrong == []


@pytest.mark.parametrize("service", GRANTED)
def test_5_denied_path_is_told_in_the_log(stage, create, agent_says, service):
    denied = "aws/creds/claims-archive"
    name = create(workload.bound_pod("denied", service, {"agent-inject-secret-x": denied}, ROLE[service]))
    agent_says(name, denied, "Code: 403", "permission denied")
    assert stage.pods.found(NAMESPACE, name)[0].status.phase == "Pending"


def test_5_setup_declares_the_policies_as_they_are(stage):
    """A second run finds everything, so what is in the files is what is in force."""
    said = stage.setup()
    assert "made" not in said and len(list((EXAMPLE / "vault/policies").glob("*.hcl"))) == said.count("policy ")
