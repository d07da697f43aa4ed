"""The chart's ValidatingAdmissionPolicy, which holds when there is no webhook: who asks for secrets does not start
without them, in no namespace."""

import copy
import itertools

import pytest
import yaml

from objects import documents, Objects
from release import keyhook, Release
from waiting import wait_for
import workloads

PREFIXES = ("vault.hashicorp.com", "openbao.org")
TRUE = ("1", "t", "T", "TRUE", "true", "True")
FALSE = ("0", "f", "F", "FALSE", "false", "False", "")
RELEASE, NAMESPACE = "policy", "policy-system"
HOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
POLICIES = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies"
WORDS = ("the pod asks for secrets of Vault", "has not injected it")
ADDRESS = "-vault-address=https://vault.vault.svc:8200"


def pod(annotations=None, name="wants"):
    labelled = {"annotations": annotations} if annotations is not None else {}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, **labelled},
            "spec": {"containers": [{"name": "app", "image": "app:1"}]}}  # fmt: skip


def asks(prefix=PREFIXES[0], value="true"):
    return pod({f"{prefix}/agent-inject": value, f"{prefix}/role": "app"})


def is_refused(answer):
    return answer.status == 403 and all(word in answer.message for word in WORDS)


@pytest.fixture(scope="module", name="policy")
def fixture_policy(api):
    """policy(action): a release whose webhook has been deleted, the policy in force."""
    release, objects, installed = Release(f"keyhook-{RELEASE}", NAMESPACE), Objects(api), []

    def install(action):
        if installed != [action]:
            release.uninstall()
            release.install(wait=False, values=[{"policy": {"action": action}}])
            objects.delete(f"{HOOKS}/{release.name}")
            installed[:] = [action]
        return release.name

    yield install
    release.uninstall()
    assert not objects.exists(f"{POLICIES}/{release.name}")
    objects.delete(f"/api/v1/namespaces/{NAMESPACE}")


@pytest.fixture(scope="module", name="deny")
def fixture_deny(policy, api):
    policy("Deny")
    objects = Objects(api)
    wait_for(lambda: is_refused(objects.try_create(asks())), "the policy to be in force")


# The tests of one action stand together, since each action is an installation.


@pytest.mark.parametrize("prefix, value", list(itertools.product(PREFIXES, TRUE)))
def test_who_asks_is_refused(deny, objects, prefix, value):
    answer = objects.try_create(asks(prefix, value))
    assert is_refused(answer), answer.raw
    assert f"keyhook-{RELEASE}" in answer.message and "vault-secrets" in answer.message


@pytest.mark.parametrize("prefix, value", list(itertools.product(PREFIXES, FALSE)))
def test_who_says_no_passes(deny, objects, prefix, value):
    assert objects.try_create(asks(prefix, value)).status == 201


@pytest.mark.parametrize("annotations", [None, {}, {"example.com/agent-inject": "true"}, {"vault.hashicorp.com/role": "app"}])
def test_who_does_not_ask_passes(deny, objects, annotations):
    answer = objects.try_create(pod(annotations))
    assert answer.status == 201 and not answer.warnings


def test_one_yes_is_enough(deny, objects):
    """Under both prefixes, with unlike values: the webhook would refuse it, too."""
    both = pod({f"{PREFIXES[0]}/agent-inject": "false", f"{PREFIXES[1]}/agent-inject": "true"})
    assert is_refused(objects.try_create(both))


def test_a_claim_to_be_injected_is_not_enough(deny, objects):
    claims = asks()
    claims["metadata"]["annotations"][f"{PREFIXES[0]}/agent-inject-status"] = "injected"
    claims["spec"]["volumes"] = [{"name": "other", "emptyDir": {}}]
    assert is_refused(objects.try_create(claims))


@pytest.mark.parametrize("place", ["kube-system", "kube-public", "kube-node-lease", NAMESPACE])
def test_no_namespace_is_left_out(deny, objects, place):
    """Not even those that the webhook is never asked about."""
    assert is_refused(objects.try_create(asks(), place))
    answer = objects.try_create(pod(), place)
    assert answer.status == 201, answer.raw


def test_a_pod_of_a_workload_is_refused_where_its_owner_shows_it(deny, objects, namespace):
    """Creating the workload works; that its pods do not come has its reason in an Event."""
    template = asks()
    template["metadata"] = {"labels": {"app": "refused"}, "annotations": template["metadata"]["annotations"]}
    workload = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "refused"},
                "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "refused"}},
                         "template": {"metadata": template["metadata"], "spec": template["spec"]}}}  # fmt: skip
    objects.apply(workload, namespace)

    def told():
        events = objects.need("GET", f"/api/v1/namespaces/{namespace}/events").body["items"]
        return [e for e in events if e["involvedObject"]["name"] == "refused" and e["reason"] == "FailedCreate"]

    assert all(word in wait_for(told, "an Event")[0]["message"] for word in WORDS)


def test_a_pod_injected_offline_passes(deny, objects, injected):
    answer = objects.try_create(injected)
    assert answer.status == 201, answer.raw
    assert answer.body["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    assert "vault-agent" in [c["name"] for c in answer.body["spec"]["containers"]]


def test_a_workload_injected_offline_runs(deny, objects, pods, vault, images, namespace):
    """There is no webhook: what makes it run is in the manifest."""
    vault.kv("offline", {"word": "swordfish"})
    vault.reader("offline", namespace, "secret/data/offline")
    notes = workloads.inject("offline", "secret/data/offline")
    plain = yaml.safe_dump(workloads.deployment("offline", images.base, notes))
    done = keyhook("inject", ADDRESS, f"-vault-image={images.agent}", stdin=plain)
    assert done.returncode == 0, done.stderr
    objects.apply_all(documents(done.stdout), namespace)
    (pod,) = pods.wait_ready(namespace, "app=offline")
    assert "word:swordfish" in pods.execute(namespace, pod.metadata.name, "app", "cat", "/vault/secrets/db")


def test_without_its_volume_it_does_not(deny, objects, injected):
    less = copy.deepcopy(injected)
    less["spec"]["volumes"] = [v for v in less["spec"]["volumes"] if v["name"] != "vault-secrets"]
    for container in less["spec"]["containers"] + less["spec"]["initContainers"]:
        container["volumeMounts"] = [m for m in container["volumeMounts"] if m["name"] != "vault-secrets"]
    assert is_refused(objects.try_create(less))


@pytest.fixture(scope="module", name="injected")
def fixture_injected():
    done = keyhook("inject", ADDRESS, stdin=yaml.safe_dump(asks()))
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def test_warn(policy, objects, injected):
    """The pod passes, and the user is told."""
    policy("Warn")
    answer = wait_for(lambda: (a := objects.try_create(asks())).status == 201 and a.warnings and a, "a warning")
    assert any(all(word in text for word in WORDS) for text in answer.warnings)
    assert objects.try_create(asks(value="false")).warnings == []
    assert objects.try_create(injected).warnings == []


def test_audit(policy, objects):
    """The pod passes, and nobody is told but the audit log."""
    name = policy("Audit")
    wait_for(lambda: (a := objects.try_create(asks())).status == 201 and not a.warnings, "the pod to pass")
    binding = objects.need("GET", f"{POLICIES.replace('policies', 'policybindings')}/{name}").body
    assert binding["spec"]["validationActions"] == ["Audit"]


@pytest.mark.parametrize("action", ["off", False])
def test_off(policy, objects, action):
    """Also as YAML reads an unquoted off."""
    name = policy(action)
    wait_for(lambda: objects.try_create(asks()).status == 201, "the pod to pass")
    for place in (POLICIES, POLICIES.replace("policies", "policybindings")):
        assert not objects.exists(f"{place}/{name}")
