"""Every variant of the chart: both versions of Helm take it and render the same, and nobody finds fault with it."""

import json
import re

import chart
import pytest

EXCEPTIONS = [
    # kube-score's check, variants (None: all), and why it does not hold here.
    ("container-ephemeral-storage-request-and-limit", None, "the root file system is read-only, nothing is written but the log"),
    ("container-image-pull-policy", None, "tags are versions; a replica must start when the registry is away"),
    ("pod-networkpolicy", {"monitoring"}, "the test's pod is not chosen by it: it must reach the webhook"),
    ("pod-networkpolicy", set(chart.VARIANTS) - {"monitoring"}, "off by default: many clusters have no such thing as a controller for it"),
    ("deployment-has-host-podantiaffinity", set(chart.VARIANTS) - {"full"}, "replicas are spread softly, so that one node is enough"),
    ("container-security-context-user-group-id", {"full", "openshift"}, "OpenShift gives the ids; or the values chose them"),
    ("deployment-strategy", {"full"}, "Recreate is what the values say"),
]


@pytest.mark.parametrize("program", chart.HELMS)
@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_lint(variant, program):
    done = chart.helm("lint", variant, "--strict", program=program)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout and "[ERROR]" not in done.stdout


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_both_helms_render_the_same(variant):
    texts = [chart.render(variant, program=program) for program in chart.HELMS]
    four, three = map(chart.objects, texts)
    assert len(four) > 5
    assert four == three


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_no_empty_value_and_no_leftover_of_a_template(variant):
    """What Go's templates print when something is missing, and numbers that lost their form."""
    text = chart.render(variant)
    assert not re.search(r"<no value>|<nil>|%!|\{\{|[0-9]e\+[0-9]", without_dashboard(text))
    for (kind, name), rendered in chart.objects(text).items():
        for path, value in walk(rendered):
            assert value is not None, f"{kind}/{name}: {path} is empty"


def without_dashboard(text):
    """Grafana's legends have braces of their own."""
    return "\n---\n".join(part for part in text.split("\n---\n") if "keyhook.json:" not in part and "PrometheusRule" not in part)


def walk(value, path=""):
    yield path, value
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in members:
        yield from walk(member, f"{path}.{key}")


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_ca_bundle_is_absent_unless_given(variant):
    """An empty field would take away, at each upgrade, what the replicas or others have written into it."""
    webhooks = [o for (kind, _), o in chart.objects(chart.render(variant)).items() if kind == "MutatingWebhookConfiguration"]
    assert len(webhooks) == 1
    for webhook in webhooks[0]["webhooks"]:
        assert ("caBundle" in webhook["clientConfig"]) == (variant == "files-ca")


def chosen_by(selector, labels):
    return selector.items() <= labels.items()


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_selectors_choose_the_replicas_and_nothing_else(variant):
    made = {kind: o for (kind, _), o in chart.objects(chart.render(variant)).items()}
    pods = made["Deployment"]["spec"]["template"]["metadata"]["labels"]
    test = made["Pod"]["metadata"]["labels"]
    found = {kind: made[kind]["spec"] for kind in ("Deployment", "PodDisruptionBudget", "PodMonitor") if kind in made}
    selectors = [spec["selector"]["matchLabels"] for spec in found.values()] + [made["Service"]["spec"]["selector"]]
    if "NetworkPolicy" in made:
        selectors.append(made["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"])
    assert all(chosen_by(selector, pods) and not chosen_by(selector, test) for selector in selectors)
    if "ServiceMonitor" in made:
        assert chosen_by(made["ServiceMonitor"]["spec"]["selector"]["matchLabels"], made["Service"]["metadata"]["labels"])


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_bindings_give_roles_of_the_chart_to_the_account_of_the_pods(variant):
    """Those of `helm test` may give theirs to its own account as well, which nothing else may have."""
    made = chart.objects(chart.render(variant))
    (deployment,) = [o for (kind, _), o in made.items() if kind == "Deployment"]
    account = deployment["spec"]["template"]["spec"]["serviceAccountName"]
    assert ("ServiceAccount", account) in made
    for (kind, name), binding in made.items():
        if kind.endswith("RoleBinding"):
            is_test = "helm.sh/hook" in binding["metadata"].get("annotations", {})
            assert binding["roleRef"]["kind"] == kind.removesuffix("Binding"), name
            assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) in made, name
            assert binding["subjects"], name
            for subject in binding["subjects"]:
                assert subject == {"kind": "ServiceAccount", "name": subject["name"], "namespace": "keyhook-system"}
                assert subject["name"] == account or is_test and subject["name"] == f"{account}-test-injection", name
                assert ("ServiceAccount", subject["name"]) in made, name


@pytest.mark.parametrize("variant", chart.VARIANTS)
def test_every_variable_is_one_that_the_program_reads(variant):
    done = chart.run("build/keyhook", "explain", "--variables", "options")
    known = {line.split()[1] for line in done.stdout.splitlines()} | {"NAMESPACE", "POD_NAME"}
    assert len(known) > 50
    (deployment,) = [o for (kind, _), o in chart.objects(chart.render(variant)).items() if kind == "Deployment"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    names = [variable["name"] for variable in container["env"]]
    assert set(names) <= known
    assert len(names) == len(set(names))


def test_kube_score():
    """Exact: a finding without an exception fails, and so does an exception without a finding."""
    findings, excused, used = [], 0, set()
    for variant in chart.VARIANTS:
        done = chart.run(chart.tool("kube-score"), "score", "-", "--output-format", "json", "--kubernetes-version", "v1.35",
                         "--ignore-container-cpu-limit", text=chart.render(variant))  # a limit of CPU only makes it slow
        for scored in json.loads(done.stdout):
            for check in scored["checks"]:
                if check["skipped"] or check["grade"] == 10:
                    continue
                row = excuse(check["check"]["id"], variant)
                used.add(row)
                excused += row is not None
                if row is None:
                    findings.append((variant, scored["object_name"], check["check"]["id"], check["comments"]))
    assert not findings
    assert excused > 0
    assert used - {None} == set(range(len(EXCEPTIONS)))


def excuse(check, variant):
    """The row of EXCEPTIONS that this finding is, or None."""
    for i, (name, variants, _) in enumerate(EXCEPTIONS):
        if name == check and (variants is None or variant in variants):
            return i
    return None


def test_unit():
    """charts/keyhook/tests; what each condition decides is shown by tests/chart/conditions."""
    done = chart.run(chart.tool("helm-unittest"), chart.CHART)
    print(done.stdout)
    assert done.returncode == 0
    passed = re.search(r"^Tests: +(\d+) passed, (\d+) total", done.stdout, re.MULTILINE)
    assert passed and passed[1] == passed[2] and int(passed[1]) > 130


@pytest.mark.parametrize("program", chart.HELMS)
def test_manifests_are_those_of_the_chart(program):
    done = chart.run("env", f"HELM={chart.tool(program)}", "scripts/gen-manifests", "--check")
    assert (done.returncode, done.stdout) == (0, "")
