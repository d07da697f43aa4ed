"""Whatever the chart renders is understood by the API server, each field of it; nothing is created."""

import functools
import pathlib
import re

import pytest

from objects import documents, Objects
from release import CHART, HELMS, Release, ROOT
from waiting import wait_for

HERE = pathlib.Path(__file__).resolve().parent
# No values at all, every values file of charts/keyhook/ci, and one of vault-helm's with our image.
VARIANTS = {"none": [], "drop-in": [HERE / "drop-in/values.yaml"]} | {
    path.name.removesuffix("-values.yaml"): [path] for path in sorted((CHART / "ci").glob("*-values.yaml"))
}
OWN_IMAGE = {"injector": {"image": {"repository": "keyhook", "tag": "1"}}}
BOTH = pytest.mark.parametrize("helm", HELMS)
EACH = pytest.mark.parametrize("variant", VARIANTS)


@pytest.fixture(scope="module", name="kinds")
def fixture_kinds(api):
    """Those of the Prometheus operator."""
    objects = Objects(api)
    made = [objects.apply(thing) for thing in documents((HERE / "monitoring-crds.yaml").read_text(encoding="utf-8"))]
    for thing in made:
        version = f"/apis/{thing['spec']['group']}/v1"

        def is_there(version=version, plural=thing["spec"]["names"]["plural"]):
            answer = objects.ask("GET", version)
            return answer.status == 200 and plural in [r["name"] for r in answer.body["resources"]]

        wait_for(is_there, f"the kind of {thing['metadata']['name']}")
    yield
    objects.delete_all()


@functools.cache
def text_of(variant, helm, namespace):
    values = [OWN_IMAGE] if variant == "drop-in" else []
    return Release("keyhook", namespace, helm).template(files=VARIANTS[variant], values=values)


def render(variant, helm, namespace):
    return list(documents(text_of(variant, helm, namespace)))


def at_hand(pod):
    """The pod with what is there without an installation: another account."""
    return pod | {"spec": pod["spec"] | {"serviceAccountName": "default"}}


def pod_spec(thing):
    return thing["spec"]["template"]["spec"] if thing["kind"] == "Deployment" else thing["spec"]


def check(objects, things, namespace):
    """A Deployment in the host's network is told that the namespace's level has none such; nothing else is."""
    for thing in things:
        answer = objects.try_apply(at_hand(thing) if thing["kind"] == "Pod" else thing, namespace)
        what = f"{thing['kind']}/{thing['metadata']['name']}"
        assert answer.status in (200, 201), f"{what}: {answer.raw}"
        in_host_network = thing["kind"] == "Deployment" and pod_spec(thing).get("hostNetwork")
        assert [w for w in answer.warnings if not (in_host_network and "hostNetwork=true" in w)] == [], what


def test_a_field_that_is_unknown_is_seen(objects, kinds, system):
    """The test itself: three kinds of faults, in objects of three kinds."""
    found = {thing["kind"]: thing for thing in render("none", HELMS[0], system)}
    found["Deployment"]["spec"]["replica"] = 1
    found["MutatingWebhookConfiguration"]["webhooks"][0]["matchConditions"][0]["expression"] = "object.metadata."
    rule = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": {"name": "x"},
            "spec": {"groups": [{"name": "x", "rules": [{"alert": "X", "expr": "1", "annotation": {}}]}]}}  # fmt: skip
    for thing in (found["Deployment"], found["MutatingWebhookConfiguration"], rule):
        assert objects.try_apply(thing, system).status in (400, 422, 500)


@BOTH
@EACH
def test_all_objects_are_valid(objects, kinds, system, variant, helm):
    things = render(variant, helm, system)
    assert len(things) > 5
    check(objects, things, system)


@EACH
def test_its_own_pods_fit_the_namespace(objects, system, variant):
    """Which enforces Pod Security `restricted`; that of `helm test`, too. In the host's network nothing else is wrong."""
    things = render(variant, HELMS[0], system)
    (deployment,) = (thing for thing in things if thing["kind"] == "Deployment")
    template = deployment["spec"]["template"]
    own = {"apiVersion": "v1", "kind": "Pod", "metadata": {**template["metadata"], "name": "own"}, "spec": template["spec"]}
    for pod in [own, *(thing for thing in things if thing["kind"] == "Pod")]:
        answer = objects.try_create(at_hand(pod), system)
        if pod["spec"].get("hostNetwork"):
            found = re.search(r'violates PodSecurity "restricted:latest": (.*)', answer.message)[1]
            assert re.findall(r"(?:^|\), )([^()]+) \(", found) == ["host namespaces", "hostPort"]
        else:
            assert answer.status == 201, answer.raw
            assert answer.warnings == []


def test_manifests_are_valid(objects, kinds, system):
    found = sorted((ROOT / "manifests").glob("*.yaml"))
    assert found
    for path in found:
        check(objects, documents(path.read_text(encoding="utf-8")), system)
