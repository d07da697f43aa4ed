"""What happens to pods: configurations from a ConfigMap, several containers, mistakes, and pods that ask for nothing."""

import copy
import json

import pytest

import workload
from pairs import logs_in
from services import ready_pod
from stage import LEASE, NAMESPACE, wait_for

APP = "phoenix-guardian-app-bound"
ACCOUNT = "encounter-service"
RECORDS = {"agent-inject-secret-records": "phoenix-guardian/data/api/health-records"}


def test_record_configuration_from_a_configmap(stage, inside, json_of):
    """Encounter Service: the record's file renders, its sink is at /vault/token in memory, for the agent alone."""
    name = ready_pod(stage, "encounter-service").metadata.name
    config = json_of(name, "config.json", "encounter-service")
    assert set(config["api"]) == {"ai_model", "health_records"}
    assert set(config["database"]) == {"username", "password"}
    where = inside(name, "sh", "-c", "stat -c '%a %u' /vault/token; stat -f -c %T /vault", container="vault-agent")
    assert where.split() == ["400", "100", "tmpfs"]
    assert inside(name, "ls", "/vault", container="encounter-service").split() == ["secrets"]


CONFIG = """
auto_auth {
  method "kubernetes" {
    mount_path = "auth/kubernetes"
    config = {
      role       = "phoenix-guardian-app-bound"
      token_path = "/var/run/secrets/vault.hashicorp.com/serviceaccount/token"
    }
  }
  sink "file" {
    config = {
      path = "/home/vault/.vault-token"
    }
  }
}
template {
  contents    = "{{ with secret \\"phoenix-guardian/data/api/health-records\\" }}{{ .Data.data.base_url }}{{ end }}"
  destination = "/vault/secrets/@BY@"
}
"""


def test_configmap_with_the_usual_names(stage, start, inside, file_of):
    """config-init.hcl for the init container, config.hcl for the sidecar: nothing has to be patched. Each renders a file of
    its own, and the sidecar goes on living."""
    stage.core.create_namespaced_config_map(NAMESPACE, {
        "metadata": {"name": "usual-names"},
        "data": {"config-init.hcl": "exit_after_auth = true\n" + CONFIG.replace("@BY@", "by-init"),
                 "config.hcl": CONFIG.replace("@BY@", "by-sidecar")}})
    try:
        name = start(workload.bound_pod("usual", ACCOUNT, {"agent-configmap": "usual-names"}, APP))
        assert file_of(name, "by-init") == "https://fhir.example.org"
        wait_for(lambda: "by-sidecar" in inside(name, "ls", "/vault/secrets").split(), "the sidecar to render")
        assert file_of(name, "by-sidecar") == "https://fhir.example.org"
        statuses = stage.pods.found(NAMESPACE, name)[0].status.container_statuses
        assert {c.name: c.restart_count for c in statuses} == {"app": 0, "vault-agent": 0}
    finally:
        stage.core.delete_namespaced_config_map("usual-names", NAMESPACE)


def test_two_containers_with_different_mounts(start, inside, file_of):
    """Only the chosen container gets the secrets; one of them lies where that secret's annotation says."""
    name = start(workload.bound_pod("two", ACCOUNT, {
        "agent-inject-containers": "app", **RECORDS,
        "agent-inject-secret-model": "phoenix-guardian/data/api/ai-model",
        "secret-volume-path-model": "/etc/model"}, APP,
        containers=[workload.container(), workload.container("neighbour")]))
    assert "api_key" in file_of(name, "records")
    assert "api_key" in inside(name, "cat", "/etc/model/model")
    seen = inside(name, "sh", "-c", "ls -d /vault /etc/model 2>/dev/null; echo end", container="neighbour")
    assert seen.split() == ["end"]


MISTAKES = {
    # annotations that are wrong, and what the agent says about them
    "role that is not there": ({"role": "nobody", **RECORDS}, ["invalid role name", "nobody"]),
    "role of another account": ({"role": "api-gateway", **RECORDS}, ["service account name not authorized"]),
    "path without a secret": ({"role": "mistaken", "agent-inject-secret-x": "phoenix-guardian/data/api/nothing"},
                              ["no secret exists at phoenix-guardian/data/api/nothing"]),
    "engine that is not there": ({"agent-inject-secret-x": "nowhere/data/x"}, ["nowhere/data/x", "403"]),
    "path beside those granted": ({"agent-inject-secret-x": "phoenix-guardian/data/api/jwt"},
                                  ["phoenix-guardian/data/api/jwt", "permission denied"]),
    "path that is not granted": ({"agent-inject-secret-x": "phoenix-guardian/data/payroll/all"},
                                 ["phoenix-guardian/data/payroll/all", "permission denied"]),
    "database role that is not granted": ({"agent-inject-secret-x": "database/creds/readonly-role"},
                                          ["database/creds/readonly-role", "permission denied"]),
}


@pytest.fixture(name="mistaken", scope="module")
def fixture_mistaken(stage):
    """A role that may read what is not there: the example's may not."""
    stage.vault.policy("mistaken", 'path "phoenix-guardian/data/api/nothing" { capabilities = ["read"] }')
    stage.vault.role("mistaken", NAMESPACE, [ACCOUNT], ["mistaken"], "vault")


@pytest.mark.usefixtures("mistaken")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistake_is_told_and_the_pod_does_not_start(stage, create, agent_says, mistake):
    notes, says = MISTAKES[mistake]
    name = create(workload.bound_pod("mistake", ACCOUNT, notes, APP))
    agent_says(name, *says)
    status = stage.pods.found(NAMESPACE, name)[0].status
    assert status.phase == "Pending" and not any(c.started for c in status.container_statuses)


def test_mistake_in_an_annotation_is_refused_with_its_name(stage):
    pod = workload.bound_pod("refused", ACCOUNT, {"agent-pre-populate": "perhaps", **RECORDS}, APP)
    answer = stage.objects.try_create(pod, NAMESPACE)
    assert answer.status == 400 and "perhaps" in answer.message


def added(pod):
    """What nobody has asked for."""
    return [c.name for c in (pod.spec.init_containers or []) + pod.spec.containers if c.name.startswith("vault-agent")]


DEFAULTED = {"imagePullPolicy", "terminationMessagePath", "terminationMessagePolicy"}  # by the API server
TOKEN = "kube-api-access-"  # the volume with the account's token, which it adds as well


def test_pod_without_annotations_is_untouched(stage, start):
    """Keyhook is not even asked about it: it has what was asked for, and what the API server adds to every pod."""
    asked = stage.decisions()
    wanted = workload.pod("plain", ACCOUNT, {})
    found = json.loads(stage.kubectl("-n", NAMESPACE, "get", "pod", start(copy.deepcopy(wanted)), "-o", "json"))
    assert not found["metadata"].get("annotations") and "initContainers" not in found["spec"]
    assert [v["name"].startswith(TOKEN) for v in found["spec"]["volumes"]] == [True]
    (container,), (own,) = found["spec"]["containers"], wanted["spec"]["containers"]
    assert [m["name"].startswith(TOKEN) for m in container.pop("volumeMounts")] == [True]
    assert {key: value for key, value in container.items() if key not in DEFAULTED} == own
    assert stage.decisions() == asked


def test_pod_that_says_no_is_untouched(stage, start):
    found = stage.pods.found(NAMESPACE, start(workload.pod("no", ACCOUNT, {"agent-inject": "false"})))[0]
    assert not added(found)
    assert f"{workload.PREFIX}agent-inject-status" not in found.metadata.annotations


LOGIN = """
import json
from guardian_vault import GuardianVault
vault = GuardianVault({role!r}, {token!r})
pair = vault.database_credentials()
print(json.dumps([sorted(vault.secret("health-records")), vault.decrypt(vault.encrypt("x")), pair]))
"""


def login(inside, name, role, token):
    script = "import sys; sys.path.insert(0, '/app')\n" + LOGIN.format(role=role, token=token)
    return json.loads(inside(name, "python3", "-c", script))


def test_two_audiences(stage, start, inside):
    """The record's code logs in with the token that every pod has; the second role takes one for Vault alone. Neither
    takes the other's, and the API server does not take Vault's."""
    environment = [{"name": "VAULT_ADDR", "value": "https://vault.vault.svc:8200"},
                   {"name": "VAULT_CACERT", "value": "/etc/vault-ca/ca.crt"}]
    mounts = [{"name": "ca", "mountPath": "/etc/vault-ca"}, {"name": workload.OWN_TOKEN, "mountPath": "/identity"}]
    name = start(workload.pod("audiences", ACCOUNT, {}, volumes=[
        workload.own_token(), {"name": "ca", "secret": {"secretName": "vault-ca"}}],
        containers=[workload.container(env=environment, volumeMounts=mounts)]))
    usual, bound = "/var/run/secrets/kubernetes.io/serviceaccount/token", "/identity/token"
    for role, token in (("phoenix-guardian-app", usual), (APP, bound)):
        *answers, pair = login(inside, name, role, token)
        assert answers == [["api_key", "base_url"], "x"]
        assert logs_in(stage, pair) and 0 < pair["lease_seconds"] <= LEASE
    for role, token in ((APP, usual), ("phoenix-guardian-app", bound)):
        with pytest.raises(AssertionError, match="invalid audience"):
            login(inside, name, role, token)
    for path, status in ((usual, 403), (bound, 401)):  # known, without rights; not known at all
        assert stage.status_with_token(inside(name, "cat", path)) == status
