"""In the place of vault-k8s: what vault-helm renders with nothing but the image replaced, and a values file of it."""

import base64
import pathlib
import re
import sys

import pytest
import yaml

from objects import APPLY, documents, Objects
from pressure import Pressure
from release import HELMS, Release
from waiting import wait_for
import workloads

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from authority import Authority  # noqa: E402
from injected import is_injected  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent / "drop-in"
UPSTREAM = "hashicorp/vault-k8s:1.7.6"
SYSTEM = "vault"
HOST = "vault-agent-injector-svc.vault.svc"
LABEL = "app.kubernetes.io/name=vault-agent-injector"
REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
HOOK = f"{REGISTRATION}/mutatingwebhookconfigurations/vault-agent-injector-cfg"
DEPLOYMENT = "/apis/apps/v1/namespaces/vault/deployments/vault-agent-injector"
CERTIFICATE = "-----BEGIN CERTIFICATE-----"
STATUS = "vault.hashicorp.com/agent-inject-status"
REVISION = "kubectl.kubernetes.io/restartedAt"
MERGE = "application/merge-patch+json"


def upstream(*files):
    """The objects as they stand."""
    return [thing for file in files for thing in documents((HERE / file).read_text(encoding="utf-8"))]


def bundle(objects):
    (webhook,) = objects.need("GET", HOOK).body["webhooks"]
    return base64.b64decode(webhook["clientConfig"].get("caBundle", "")).decode("ascii")


class Injector:
    """An installation as vault-helm makes it, with this project's image; change(objects by kind) is for its values."""

    def __init__(self, objects, pods, image, replicas, change=lambda things: None):
        self.objects, self.pods, self.replicas = objects, pods, replicas
        things = {thing["kind"]: thing for thing in upstream("common.yaml", f"replicas-{replicas}.yaml")}
        (container,) = things["Deployment"]["spec"]["template"]["spec"]["containers"]
        assert container["image"] == UPSTREAM
        container["image"] = image
        change(things)
        for thing in things.values():
            objects.apply(thing)

    def wait_ready(self):
        return self.pods.wait_ready(SYSTEM, LABEL, self.replicas, guard=300)

    def restart(self):
        """As `kubectl rollout restart` does it."""
        note = {"metadata": {"annotations": {REVISION: str(id(object()))}}}
        self.objects.need("PATCH", DEPLOYMENT, {"spec": {"template": note}}, MERGE)

    def is_rolled_out(self):
        found = self.objects.need("GET", DEPLOYMENT).body
        status = found["status"]
        return (status["observedGeneration"] == found["metadata"]["generation"] and
                all(status.get(key) == self.replicas for key in ("replicas", "updatedReplicas", "readyReplicas")))

    def logs(self):
        return {name: self.pods.logs(SYSTEM, name) for name in self.pods.names(SYSTEM, LABEL)}


@pytest.fixture(scope="module", name="injector", params=[1, 2], ids=["one replica", "two and leader elector"])
def fixture_injector(api, pods, images, request):
    objects = Objects(api)
    injector = Injector(objects, pods, images.own, request.param)
    injector.wait_ready()
    wait_for(lambda: is_injected(objects.try_create(wanting())), "the API server to trust the injector")
    yield injector
    objects.delete_all()
    pods.wait_gone(SYSTEM, LABEL)


def wanting(prefix="vault.hashicorp.com", name="wants"):
    notes = {f"{prefix}/agent-inject": "true", f"{prefix}/role": "app", f"{prefix}/agent-inject-secret-db": "secret/data/db"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "annotations": notes},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}}  # fmt: skip


# --- with a certificate of the user's


def with_files(authority):
    """What injector.certs.secretName and .caBundle change in what vault-helm renders."""

    def change(things):
        spec = things["Deployment"]["spec"]["template"]["spec"]
        (container,) = spec["containers"]
        env = [e for e in container["env"] if not e["name"].startswith("AGENT_INJECT_TLS_AUTO")]
        container["env"] = [*env, {"name": "AGENT_INJECT_TLS_CERT_FILE", "value": "/etc/webhook/certs/tls.crt"},
                            {"name": "AGENT_INJECT_TLS_KEY_FILE", "value": "/etc/webhook/certs/tls.key"}]
        container["volumeMounts"] = [{"name": "webhook-certs", "mountPath": "/etc/webhook/certs", "readOnly": True}]
        spec["volumes"] = [{"name": "webhook-certs", "secret": {"secretName": "injector-tls"}}]
        (webhook,) = things["MutatingWebhookConfiguration"]["webhooks"]
        webhook["clientConfig"]["caBundle"] = base64.b64encode(authority.pem().encode()).decode()
        certificate, key = (base64.b64encode(path.read_bytes()).decode() for path in authority.issue("injector", [HOST]))
        things["Secret"] = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "injector-tls", "namespace": SYSTEM},
                            "type": "kubernetes.io/tls", "data": {"tls.crt": certificate, "tls.key": key}}  # fmt: skip

    return change


def test_a_certificate_of_the_user(objects, pods, images, tmp_path):
    """It is served, and the caBundle stays as it was given. First, because the others share an installation of the same name."""
    authority = Authority(tmp_path / "authority")
    injector = Injector(objects, pods, images.own, 1, with_files(authority))
    injector.wait_ready()
    wait_for(lambda: is_injected(objects.try_create(wanting())), "the API server to trust the injector")
    assert bundle(objects) == authority.pem()
    objects.delete_all()
    pods.wait_gone(SYSTEM, LABEL)


# --- as it is by default


def test_its_probes_pass(injector):
    """Those of vault-helm, over TLS; a container that failed one would have been started again."""
    for pod in injector.wait_ready():
        (status,) = pod.status.container_statuses
        assert status.ready and status.started and status.restart_count == 0
        for probe in (pod.spec.containers[0].liveness_probe, pod.spec.containers[0].startup_probe):
            assert probe.http_get.scheme == "HTTPS" and probe.http_get.path == "/health/ready"


def test_each_replica_is_trusted(injector, objects):
    """Without a leader, and with no rights but those that vault-helm grants."""
    wait_for(lambda: bundle(objects).count(CERTIFICATE) == injector.replicas, "an anchor of each replica")
    for name, text in injector.logs().items():
        assert not re.search(r"forbidden|\[ERROR\]", text, re.IGNORECASE), f"{name}: {text}"


def test_nobody_leads(injector, objects):
    """The elector's Secret stays as vault-helm made it, and its ConfigMap is never made."""
    assert not objects.exists(f"/api/v1/namespaces/{SYSTEM}/configmaps/vault-k8s-leader")
    if injector.replicas == 2:
        secret = objects.need("GET", f"/api/v1/namespaces/{SYSTEM}/secrets/vault-injector-certs").body
        assert not secret.get("data")
        assert all("replicas need no leader" in text for text in injector.logs().values())


def test_a_pod_runs_with_its_secret(injector, objects, pods, vault, images, namespace):
    vault.kv("drop-in", {"word": "swordfish"})
    vault.reader("drop-in", namespace, "secret/data/drop-in")
    notes = workloads.inject("drop-in", "secret/data/drop-in", service="https://vault.vault.svc:8200",
                             agent_image=images.agent)  # fmt: skip
    notes["vault.hashicorp.com/agent-inject-template-db"] = '{{ with secret "secret/data/drop-in" }}{{ .Data.data.word }}{{ end }}'
    objects.apply(workloads.pod(images.base, notes, name="web"), namespace)
    (pod,) = pods.wait_ready(namespace, "web")
    assert [c.name for c in pod.spec.init_containers] == ["vault-agent-init"]
    assert [c.name for c in pod.spec.containers] == ["app", "vault-agent"]
    agent = pod.spec.containers[1]
    assert (agent.resources.limits, agent.resources.requests) == ({"cpu": "500m", "memory": "128Mi"},
                                                                  {"cpu": "250m", "memory": "64Mi"})  # fmt: skip
    assert pods.execute(namespace, "web", "app", "cat", "/vault/secrets/db") == "swordfish"


def test_others_are_left_alone(injector, objects):
    plain = wanting()
    del plain["metadata"]["annotations"]
    answer = objects.try_create(plain)
    assert answer.status == 201 and STATUS not in answer.body["metadata"].get("annotations", {})
    assert [c["name"] for c in answer.body["spec"]["containers"]] == ["app"]
    assert not is_injected(objects.try_create(wanting("openbao.org")))  # vault-k8s does not know this prefix


def test_a_denial_reaches_the_user(injector, objects):
    wrong = wanting()
    wrong["metadata"]["annotations"]["vault.hashicorp.com/agent-inject"] = "yes"
    answer = objects.try_create(wrong)
    assert answer.status >= 400 and 'webhook "vault.hashicorp.com" denied the request' in answer.message
    assert "agent-inject" in answer.message and "yes" in answer.message
    typing_error = wanting()
    typing_error["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-secrt-x"] = "a/b"
    assert any("agent-inject-secrt-x" in text for text in objects.try_create(typing_error).warnings)


def test_a_bundle_that_is_emptied_is_filled_again(injector, objects):
    """As each upgrade of vault-helm does it: its object has an empty caBundle."""
    (hook,) = (thing for thing in upstream("common.yaml") if thing["kind"] == "MutatingWebhookConfiguration")
    before = objects.need("GET", HOOK).body["metadata"]["generation"]
    objects.need("PATCH", HOOK, hook, APPLY, fieldManager="helm", force="true")
    assert objects.need("GET", HOOK).body["metadata"]["generation"] > before
    wait_for(lambda: bundle(objects).count(CERTIFICATE) == injector.replicas, "the anchors to come back")
    wait_for(lambda: is_injected(objects.try_create(wanting())), "the API server to trust the injector")


@pytest.mark.parametrize("injector", [2], indirect=True)
def test_no_pod_is_missed_while_it_restarts(injector, objects, figure):
    """Its webhook is optional (failurePolicy Ignore), so a pod that is missed would start without its secrets. A single
    replica has to leave its node before the next one may come: vault-helm wants each on a node of its own."""
    before = set(injector.logs())
    with Pressure("default", wanting()) as pressure:
        injector.restart()
        wait_for(injector.is_rolled_out, "the new replicas", 300)
        injector.pods.wait_gone(SYSTEM, f"{LABEL},pod-template-hash={next(iter(before)).split('-')[-2]}")
    figure(f"{pressure.judge(least=20)} pods created meanwhile, none without an agent")
    wait_for(lambda: bundle(objects).count(CERTIFICATE) == injector.replicas, "the old anchors to go")


# --- a values file


VALUES = HERE / "values.yaml"


def given():
    return yaml.safe_load(VALUES.read_text(encoding="utf-8"))["injector"]


def only_the_image(images):
    """What a user changes in the file."""
    repository, tag = images.own.split(":")
    return {"injector": {"image": {"repository": repository, "tag": tag}}}


def kinds(text):
    """The objects of an installation; those of `helm test` are not meant."""
    hooks = "helm.sh/hook"
    return {thing["kind"]: thing for thing in documents(text) if hooks not in (thing["metadata"].get("annotations") or {})}


@pytest.mark.parametrize("helm", HELMS)
def test_a_values_file_of_vault_helm_means_the_same(helm, images):
    """Each value that vault-helm gives to the injector arrives where it has its effect."""
    text = Release("hook", "hooks", helm).template(files=[VALUES], values=[only_the_image(images)])
    found, values = kinds(text), given()
    deployment, spec = found["Deployment"]["spec"], found["Deployment"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    env = {e["name"]: e.get("value") for e in container["env"]}
    assert env | EXPECTED_ENV == env
    assert container["resources"] == values["resources"]
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        numbers = {k: v for k, v in container[probe].items() if k != "httpGet"}
        assert numbers == values[probe]
    assert deployment["replicas"] == values["replicas"] and deployment["strategy"] == values["strategy"]
    assert spec["imagePullSecrets"] == [{"name": "registry-login"}]
    assert spec["tolerations"] == values["tolerations"]
    assert spec["nodeSelector"] == yaml.safe_load(values["nodeSelector"])
    required = spec["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert required[0]["labelSelector"]["matchLabels"]["app.kubernetes.io/instance"] == "hook"
    meta = found["Deployment"]["spec"]["template"]["metadata"]
    assert meta["annotations"] | values["annotations"] == meta["annotations"]
    assert meta["labels"] | values["extraLabels"] == meta["labels"]
    for kind, key in (("Service", "service"), ("ServiceAccount", "serviceAccount")):
        assert found[kind]["metadata"]["annotations"] == values[key]["annotations"]
    assert found["PodDisruptionBudget"]["spec"]["maxUnavailable"] == values["podDisruptionBudget"]["maxUnavailable"]
    (webhook,) = found["MutatingWebhookConfiguration"]["webhooks"]
    for key in ("failurePolicy", "matchPolicy", "timeoutSeconds"):
        assert webhook[key] == values["webhook"][key]
    mine = values["webhook"]["namespaceSelector"]["matchExpressions"]
    assert all(e in webhook["namespaceSelector"]["matchExpressions"] for e in mine)
    assert webhook["objectSelector"]["matchExpressions"][0]["operator"] == "NotIn"
    assert found["MutatingWebhookConfiguration"]["metadata"]["annotations"] == values["webhook"]["annotations"]
    assert "caBundle" not in webhook["clientConfig"]


# As section env of vault-helm's Deployment has it, but for the names of the objects.
EXPECTED_ENV = {
    "AGENT_INJECT_LISTEN": ":8443",
    "AGENT_INJECT_LOG_LEVEL": "debug",
    "AGENT_INJECT_VAULT_ADDR": "https://vault.example.com:8200",
    "AGENT_INJECT_VAULT_AUTH_PATH": "auth/kubernetes",
    "AGENT_INJECT_VAULT_IMAGE": "hashicorp/vault:2.0.4",
    "AGENT_INJECT_LOG_FORMAT": "json",
    "AGENT_INJECT_REVOKE_ON_SHUTDOWN": "true",
    "AGENT_INJECT_TELEMETRY_PATH": "/metrics",
    "AGENT_INJECT_CPU_REQUEST": "20m",
    "AGENT_INJECT_CPU_LIMIT": "400m",
    "AGENT_INJECT_MEM_REQUEST": "48Mi",
    "AGENT_INJECT_MEM_LIMIT": "200Mi",
    "AGENT_INJECT_EPHEMERAL_REQUEST": "16Mi",
    "AGENT_INJECT_EPHEMERAL_LIMIT": "64Mi",
    "AGENT_INJECT_DEFAULT_TEMPLATE": "json",
    "AGENT_INJECT_TEMPLATE_CONFIG_EXIT_ON_RETRY_FAILURE": "true",
    "AGENT_INJECT_TEMPLATE_STATIC_SECRET_RENDER_INTERVAL": "2m",
    "AGENT_INJECT_RUN_AS_USER": "123",
    "AGENT_INJECT_TLS_MIN_VERSION": "tls13",
}


def test_a_values_file_of_vault_helm_works(system, images, objects, pods):
    release = Release("keyhook", system)
    release.install(files=[VALUES], values=[only_the_image(images)])
    try:
        pods.wait_ready(system, "app.kubernetes.io/instance=keyhook", 2)
        answer = wait_for(lambda: is_injected(a := objects.try_create(wanting())) and a, "injection")
        (agent,) = [c for c in answer.body["spec"]["containers"] if c["name"] == "vault-agent"]
        assert agent["resources"] == {"limits": {"cpu": "400m", "memory": "200Mi", "ephemeral-storage": "64Mi"},
                                      "requests": {"cpu": "20m", "memory": "48Mi", "ephemeral-storage": "16Mi"}}
        assert agent["securityContext"]["runAsUser"] == 123
        assert agent["image"] == "hashicorp/vault:2.0.4"
        assert "token revoke -address=https://vault.example.com:8200" in str(agent["lifecycle"])
    finally:
        release.uninstall()
