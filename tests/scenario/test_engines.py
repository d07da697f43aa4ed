"""Each engine, seen from a pod: what its application finds in files, and what it can do with it."""

import base64
import json
import secrets
import socket
import ssl
import tomllib

import pytest
import yaml

import audit
import workload
from pairs import logs_in, pair_of
from services import ask, encounters, ready_pod
from stage import EXAMPLE, NAMESPACE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"


def secret(stage, path):
    return stage.vault.read(f"phoenix-guardian/data/{path}")["data"]


def test_kv_secret_in_a_file(stage, start, inside, file_of):
    """The default template: a line for each key. The file lies in memory."""
    name = start(workload.bound_pod("kv", ACCOUNT, {
        "agent-inject-secret-records": "phoenix-guardian/data/api/health-records"}, APP))
    text = file_of(name, "records")
    assert f"data: map[api_key:{secret(stage, 'api/health-records')['api_key']} " in text
    assert inside(name, "stat", "-f", "-c", "%T", "/vault/secrets").strip() == "tmpfs"


def test_changed_kv_secret_reaches_the_file(stage, start, json_of):
    before = secret(stage, "api/ai-model")
    name = start(workload.bound_pod("changing", ACCOUNT, {
        "agent-inject-secret-changing": "phoenix-guardian/data/api/ai-model",
        "template-static-secret-render-interval": "2s",
        "agent-inject-template-changing": '{{ with secret "phoenix-guardian/data/api/ai-model" }}'
                                          "{{ .Data.data | toJSON }}{{ end }}"}, APP))
    assert json_of(name, "changing") == before
    after = before | {"api_key": secrets.token_hex(16)}
    stage.vault.write("phoenix-guardian/data/api/ai-model", {"data": after})
    wait_for(lambda: json_of(name, "changing") == after, "the new value in the file")


def test_template_to_json(stage, json_of):
    """The gateway's file, rendered from two secrets."""
    for name in stage.pods.names(NAMESPACE, "app=api-gateway"):
        assert json_of(name, "keys.json", "api-gateway") == {
            "health_records": secret(stage, "api/health-records"), "jwt": secret(stage, "api/jwt")}


def test_database_credentials_log_in(stage, start, json_of):
    pair = json_of(start(workload.bound_pod("database", ACCOUNT, pair_of(), APP)), "db")
    assert logs_in(stage, pair)
    assert not logs_in(stage, pair | {"password": "another"})


def test_readonly_role_can_only_read(stage):
    """Nobody in the cluster may have it; an operator takes it."""
    pair = stage.vault.read("database/creds/readonly-role")
    who = {"user": pair["username"], "password": pair["password"], "database": "phoenix_guardian"}
    assert stage.postgres.run("SELECT count(*) FROM encounters", **who).returncode == 0
    refused = stage.postgres.run("DELETE FROM encounters", **who)
    assert "permission denied" in refused.stderr


def gateway_serial(stage, address):
    """Of the certificate that the gateway presents, after it was verified by name against the services' authority."""
    root = stage.vault.read("pki-services/cert/ca")["certificate"]
    context = ssl.create_default_context(cadata=root)
    with socket.create_connection((address, 8443), timeout=30) as plain:
        with context.wrap_socket(plain, server_hostname=f"api-gateway.{NAMESPACE}.svc") as connection:
            return connection.getpeercert()["serialNumber"]


def test_pki_certificate_is_served_and_replaced(stage):
    """No handshake fails while one certificate follows another."""
    address = ready_pod(stage, "api-gateway").status.pod_ip
    first = gateway_serial(stage, address)
    wait_for(lambda: gateway_serial(stage, address) != first, "another certificate")


ROUND_TRIP = """
import base64, json, time, urllib.error, urllib.request
def ask(verb, name, value, headers={"X-Vault-Request": "true"}):
    request = urllib.request.Request(f"http://127.0.0.1:8200/v1/transit/{verb}/patient-data",
                                     json.dumps({name: value}).encode(), headers)
    return json.load(urllib.request.urlopen(request))["data"]
def ask_patiently(*words, tries=100):  # the agent starts beside the application, and may have no token yet
    while True:
        try:
            return ask(*words)
        except urllib.error.URLError:
            tries -= 1
            if not tries:
                raise
        time.sleep(0.5)
ciphertext = ask_patiently("encrypt", "plaintext", base64.b64encode(b"blood type AB").decode())["ciphertext"]
print(ciphertext, base64.b64decode(ask("decrypt", "ciphertext", ciphertext)["plaintext"]).decode())
"""


def test_transit_through_the_agent(start, inside):
    """The application has no token and no address of Vault: it asks the agent beside it."""
    name = start(workload.bound_pod("proxy", ACCOUNT, {
        "agent-cache-enable": "true",
        # The agent's cache is bound to a token at the usual place, see api-gateway.yaml.
        **{f"agent-{which}json-patch": json.dumps([{"op": "add", "path": "/volumeMounts/-", "value": {
            "name": workload.OWN_TOKEN, "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
            "readOnly": True}}]) for which in ("", "init-")},
        "agent-inject-secret-records": "phoenix-guardian/data/api/health-records"}, APP))
    ciphertext, plaintext = inside(name, "python3", "-c", ROUND_TRIP).split(maxsplit=1)
    assert ciphertext.startswith("vault:v") and plaintext.strip() == "blood type AB"


def test_gateway_encrypts_and_cannot_decrypt(stage, inside):
    name = ready_pod(stage, "api-gateway").metadata.name
    script = ROUND_TRIP.replace("print(", "print(ciphertext)\ntry:\n    print(").rstrip() + (
        "\nexcept urllib.error.HTTPError as error:\n    print(error.code, error.read().decode())\n")
    said = inside(name, "python3", "-c", script, container="api-gateway")
    assert said.startswith("vault:v") and "403" in said and "permission denied" in said
    assert "blood type" not in said


def test_transit_by_hvac(stage):
    """What the record's Python code does, in the service: login, encrypt, store, read, decrypt."""
    url = encounters(stage)
    number = ask(f"{url}/encounters", {"patient": "p-1", "note": "sprained ankle"})["id"]
    assert ask(f"{url}/encounters/{number}") == {"patient": "p-1", "note": "sprained ankle"}


def logins(stage):
    return sum(entry["request"]["path"] == "auth/kubernetes/login" for entry in audit.lines(stage.audit_file)
               if audit.who(entry) == f"{NAMESPACE}/encounter-service/phoenix-guardian-app")


def test_requests_are_no_logins(stage):
    """The service logs in for itself and keeps what it reads. Its agents may log in meanwhile, but not as often."""
    url = encounters(stage)
    before, requests = logins(stage), 30
    for _ in range(requests):
        number = ask(f"{url}/encounters", {"patient": "p-2", "note": "hay fever"})["id"]
        assert ask(f"{url}/sources") == {"health-records": "https://fhir.example.org",
                                         "ai-model": "https://models.example.org"}
    assert ask(f"{url}/encounters/{number}")["note"] == "hay fever"
    assert logins(stage) - before < requests


@pytest.fixture(name="job")
def fixture_job(stage):
    """The example's Job under a name of its own, at its end."""
    with open(EXAMPLE / "kubernetes/claims-export.yaml", encoding="utf-8") as file:
        wanted = yaml.safe_load(file)
    wanted["metadata"]["name"] = "claims-export-now"
    stage.batch.create_namespaced_job(NAMESPACE, wanted)

    def ended():
        found = stage.batch.read_namespaced_job("claims-export-now", NAMESPACE)
        return found if found.status.succeeded or found.status.failed else None

    try:
        yield wait_for(ended, "the Job to end")
    finally:
        stage.batch.delete_namespaced_job("claims-export-now", NAMESPACE, propagation_policy="Background")


def test_aws_credentials_in_a_job_that_ends(stage, job):
    """It has an init container of ours and no sidecar. Its access key belongs to a user that Vault has made, and that is
    gone with the lease."""
    assert job.status.succeeded and not job.status.failed
    pod = stage.pods.found(NAMESPACE, f"job-name={job.metadata.name}")[0]
    assert [c.name for c in pod.spec.containers] == ["claims-export"]
    key = stage.pods.logs(NAMESPACE, pod.metadata.name, "claims-export").split()[-1]
    owner = stage.moto.owner(key)
    assert owner in stage.moto.users() and owner.startswith("vault-kubernetes-phoenix-guardian-claims-export")
    stage.vault.need("PUT", "sys/leases/revoke-prefix/aws/creds/claims-archive", {})
    wait_for(lambda: owner not in stage.moto.users(), "the user to be deleted")


def test_gcp_side_of_vault_is_declared(stage, tmp_path, monkeypatch):
    """All that can be seen without a Google."""
    (tmp_path / "google.json").write_text('{"type": "service_account"}', encoding="ascii")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "google.json"))
    said = stage.setup("--with", "gcp", "--gcp-account", "research@example.iam.gserviceaccount.com", "--dry-run")
    would = [line.split(maxsplit=2)[2] for line in said.splitlines() if line.startswith("would make")]
    with open(EXAMPLE / "vault/gcp.toml", "rb") as file:
        assert would == [one["what"] for one in tomllib.load(file)["declared"]]


def test_gcp_configuration_is_accepted_by_the_agent(stage, create, agent_says):
    """There is no Google here: the agent takes the configuration, logs in, and is told by Vault that nothing answers
    at the path, which it may read."""
    path = "gcp/impersonated-account/research/token"
    with open(EXAMPLE / "kubernetes/research-export.yaml", encoding="utf-8") as file:
        template = yaml.safe_load(file)["spec"]["template"]
    pod = {"apiVersion": "v1", "kind": "Pod", **template, "metadata": template["metadata"] | {"name": "gcp"}}
    name = create(pod)
    found = stage.pods.found(NAMESPACE, name)[0]
    variables = {v.name: v.value for v in found.spec.init_containers[0].env}
    config = json.loads(base64.b64decode(variables["VAULT_CONFIG"]))
    assert config["auto_auth"]["method"]["config"]["role"] == "research-export"
    rendered = pod["metadata"]["annotations"][f"{workload.PREFIX}agent-inject-template-gcp-token"]
    assert [(t["destination"], t["contents"]) for t in config["template"]] == [("/vault/secrets/gcp-token", rendered)]
    assert "permission denied" not in agent_says(name, "authentication successful", f"no secret exists at {path}")
