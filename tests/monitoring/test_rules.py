"""Each alert is parsed by Prometheus, fires on what it is for, says what it should, and is silent on the rest."""

import pathlib
from xml.etree import ElementTree

import pytest
import yaml

import rules

HERE = pathlib.Path(__file__).parent
TABLE = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))
HEALTHY, ALERTS = TABLE["healthy"], TABLE["alerts"]
ALL = "all of Keyhook"
OWN = ("keyhook_", "process_")


def input_series(changes):
    merged = {**HEALTHY, **changes}
    if merged.pop(ALL, "") == "_":
        merged = {k: v for k, v in merged.items() if not k.startswith(OWN)}
    assert all(isinstance(values, str) for values in merged.values())
    return [
        {"series": rules.with_labels(k, rules.SCRAPE) if k.startswith(OWN) else k, "values": v}
        for k, v in merged.items() if v != "_"
    ]  # fmt: skip


def entries_of(case):
    for entry in case["fires"]["told"]:
        scrape = {} if entry.get("foreign") else rules.SCRAPE
        yield {k: v for k, v in {**scrape, **entry["labels"]}.items() if v is not None}, entry["text"]


def group(name, made, changes, expected, severity=None):
    """expected: (minute, alert that fires alone or None, entries)."""
    tests = [
        rules.told(rule["alert"], at, severity, entries if rule["alert"] == alert else [])
        for at, alert, entries in expected for rule in made
    ]  # fmt: skip
    return {"name": name, "interval": "1m", "input_series": input_series(changes), "alert_rule_test": tests}


def group_of(case, made):
    row, alert = ALERTS[case], case.split(",")[0]
    expected = [(row["silent"], None, []), (row["fires"]["at"], alert, list(entries_of(row)))]
    return group(case, made, row["series"], expected, row["severity"])


def judge(tmp_path, made, groups):
    """name of a group -> what promtool says against it."""
    path = rules.put_yaml(tmp_path / "test.yaml", {
        "rule_files": [str(rules.put_rules(tmp_path, made))], "evaluation_interval": "1m", "tests": groups,
    })  # fmt: skip
    result = tmp_path / "result.xml"
    done = rules.promtool("test", f"--junit={result}", "rules", path)
    found = {case.get("name"): [one.text for one in case.iter("failure")] for case in ElementTree.parse(result).iter("testcase")}
    assert set(found) == {one["name"] for one in groups}, done.stdout + done.stderr
    assert (done.returncode == 0) == (not any(found.values())), done.stdout + done.stderr
    return found


@pytest.fixture(scope="module", name="made")
def fixture_made():
    return rules.rules_of()


@pytest.fixture(scope="module", name="findings")
def fixture_findings(tmp_path_factory, made):
    """Of all cases at once, apart from those with thresholds of their own."""
    plain = [group_of(case, made) for case, row in ALERTS.items() if "thresholds" not in row]
    well = group("all is well", made, {}, [(at, None, []) for at in (0, 5, 62, 75, 130, 199)])
    return judge(tmp_path_factory.mktemp("judge"), made, [well, *plain])


def test_all_is_silent_when_all_is_well(findings):
    assert findings["all is well"] == []


@pytest.mark.parametrize("case", ALERTS)
def test_fires_alone(tmp_path, findings, case):
    if thresholds := ALERTS[case].get("thresholds"):
        made = rules.rules_of(*(f"monitoring.prometheusRule.thresholds.{k}={v}" for k, v in thresholds.items()))
        findings = judge(tmp_path, made, [group_of(case, made)])
    assert findings[case] == []


def test_every_alert_has_a_case(made):
    assert {case.split(",")[0] for case in ALERTS} == {rule["alert"] for rule in made}


def test_prometheus_reads_them(tmp_path, made):
    done = rules.promtool("check", "rules", "--lint=all", "--lint-fatal", rules.put_rules(tmp_path, made))
    assert done.returncode == 0 and f"{len(made)} rules found" in done.stdout, done.stdout + done.stderr


def test_thresholds_reach_the_rules():
    values = yaml.safe_load((rules.CHART / "values.yaml").read_text(encoding="utf-8"))
    numbers = {name: 987000 + i for i, name in enumerate(values["monitoring"]["prometheusRule"]["thresholds"])}
    given = (f"monitoring.prometheusRule.thresholds.{name}={number}" for name, number in numbers.items())
    changed = rules.rules_of(*given)
    for name, number in numbers.items():
        assert sum(str(number) in rule["expr"] for rule in changed) == 1, name


def test_modes(made):
    """Without Vault, and without publishing, alerts that cannot mean anything are left out."""
    every = {rule["alert"] for rule in made}
    for_vault = {"KeyhookFallbackServing", "KeyhookAnchorExpiring"}
    for_publishing = {"KeyhookAnchorNotPublished", "KeyhookBundleContested", "KeyhookBundleFull", "KeyhookWebhookMissing"}
    own = rules.rules_of("certs.source=self-signed")
    assert {rule["alert"] for rule in own} == every - for_vault
    files = rules.rules_of("certs.source=files", "certs.secretName=tls")
    assert {rule["alert"] for rule in files} == every - for_vault - for_publishing


def test_choices(made):
    some = rules.rules_of(
        "monitoring.prometheusRule.disabled={KeyhookSlow}", "monitoring.prometheusRule.alertLabels.team=infra",
        "monitoring.prometheusRule.runbook=https://example.com/runbook", 'monitoring.prometheusRule.matchers=job="x"',
        "replicas=3",
    )  # fmt: skip
    assert {rule["alert"] for rule in made} - {rule["alert"] for rule in some} == {"KeyhookSlow"}
    by_name = {rule["alert"]: rule for rule in some}
    assert by_name["KeyhookReplicaMissing"]["expr"] == 'sum by (namespace, job) (keyhook_ready{job="x"}) < 3'
    assert all(rule["labels"]["team"] == "infra" for rule in some)
    assert by_name["KeyhookMemory"]["annotations"]["runbook_url"] == "https://example.com/runbook#keyhookmemory"
    assert "namespace=\"keyhook\"" not in str(some)


def test_the_dashboard_is_parsed(tmp_path):
    """Prometheus reads every expression of it, with the choices at its top made."""
    made = rules.render("monitoring.dashboard.enabled=true", template="dashboard")
    assert made["metadata"]["labels"]["grafana_dashboard"] == "1"
    panels = yaml.safe_load(made["data"]["keyhook.json"])["panels"]
    asked = [target["expr"] for panel in panels for target in panel.get("targets", [])]
    assert len(asked) > 40
    records = [{"record": f"panel:{i}", "expr": expr.replace("$__rate_interval", "5m")} for i, expr in enumerate(asked)]
    done = rules.promtool("check", "rules", rules.put_rules(tmp_path, records))
    assert done.returncode == 0 and f"{len(asked)} rules found" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("kind", ["ServiceMonitor", "PodMonitor"])
def test_the_monitors_give_the_labels_that_the_alerts_ask_for(kind):
    name = kind.lower()
    made = rules.render(f"monitoring.{kind[0].lower()}{kind[1:]}.enabled=true", template=name)
    (endpoint,) = made["spec"]["endpoints" if kind == "ServiceMonitor" else "podMetricsEndpoints"]
    assert made["kind"] == kind and made["spec"]["namespaceSelector"] == {"matchNames": [rules.SCRAPE["namespace"]]}
    assert endpoint["port"] == "plain" and endpoint["path"] == "/metrics"
    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": rules.SCRAPE["job"]}]
