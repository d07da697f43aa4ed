"""Alerts, dashboard, the table of metrics and the page about operations know each other."""

import json
import os
import re
import subprocess

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHART = os.path.join(ROOT, "charts/keyhook")
SCRAPE = {"namespace", "job", "pod"}  # labels that Prometheus gives to every series
# What API servers count: metrics and labels of k8s.io/apiserver, admission/metrics.
FOREIGN = {
    "apiserver_admission_webhook_rejection_count": ({"name", "type", "operation", "error_type", "rejection_code"}, "counter"),
    "apiserver_admission_webhook_fail_open_count": ({"name", "type"}, "counter"),
    "apiserver_admission_webhook_admission_duration_seconds": ({"name", "type", "operation", "rejected"}, "histogram"),
}
NAME = re.compile(r"\b(?:keyhook|vault_agent_injector|process|apiserver)_\w+")
MATCHER = re.compile(r"""(\w+)(?:=|!=|=~|!~)"([^"]*)\"""")
BY = re.compile(r"\bby \(([^)]*)\)")
SUFFIX = re.compile(r"_(bucket|count|sum)$")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as text:
        return text.read()


ALERTS = yaml.safe_load(read(CHART, "files/alerts.yaml"))["alerts"]
VALUES = yaml.safe_load(read(CHART, "values.yaml"))["monitoring"]["prometheusRule"]
DASHBOARD = json.loads(read(CHART, "files/dashboard.json"))
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"] if "targets" in panel}
SHOWN = [target["expr"] for panel in DASHBOARD["panels"] for target in panel.get("targets", [])]


def table():
    """name -> (labels, kind) of docs/metrics.md, which is printed from the program, and of API servers."""
    rows = re.findall(r"^\| `(\w+)` \| (\w+) \| (?:`([\w,]+)`)? ?\|", read("docs/metrics.md"), re.MULTILINE)
    return {name: (set(labels.split(",")) - {""}, kind) for name, kind, labels in rows} | FOREIGN


METRICS = table()


def names_in(expr):
    """The metrics of an expression, a histogram's series counted as what they belong to."""
    for name in NAME.findall(expr):
        base = SUFFIX.sub("", name)
        histogram = METRICS.get(base, ("", ""))[1] == "histogram"
        yield base if histogram and base != name else name


def labels_of(names):
    known = set(SCRAPE)
    for name in names:
        labels, kind = METRICS[name]
        if "namespace" in labels:
            known.add("exported_namespace")
        known |= labels | ({"le"} if kind == "histogram" else set())
    return known


def check_expression(expr, more=""):
    """more: other text that names labels, as templates do."""
    names = set(names_in(expr))
    assert names and names <= set(METRICS), names - set(METRICS)
    asked = {label for label, _ in MATCHER.findall(expr)} | set(re.findall(r"\$labels\.(\w+)", more))
    asked |= {label.strip() for part in BY.findall(expr) for label in part.split(",")}
    assert asked <= labels_of(names), asked - labels_of(names)
    for name in NAME.findall(expr):
        kind = METRICS[SUFFIX.sub("", name) if name not in METRICS else name][1]
        assert kind != "histogram" or SUFFIX.search(name), f"{name} is a histogram"
        counts = kind == "counter" or SUFFIX.search(name)
        assert not counts or re.search(rf"(rate|increase)\({name}\b", expr), f"{name} only grows"


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["name"])
def test_an_alert_asks_for_what_is_there(alert):
    text = alert["summary"] + alert["description"]
    check_expression(alert["expr"].replace("@keyhook@", 'job="x"'), text)
    assert alert["severity"] in ("critical", "warning") and re.fullmatch(r"\d+[mh]", alert["for"])
    assert re.fullmatch(r"Keyhook[A-Z]\w+", alert["name"]) and not alert["summary"].endswith(".")
    assert set(alert) - {"when"} == {"name", "severity", "for", "expr", "summary", "description"}
    assert alert.get("when", "vault") in ("vault", "publishing")


@pytest.mark.parametrize("title", PANELS)
def test_a_panel_asks_for_what_is_there(title):
    for target in PANELS[title]["targets"]:
        check_expression(target["expr"])
        legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
        by = {label.strip() for part in BY.findall(target["expr"]) for label in part.split(",")}
        assert legend <= (by or SCRAPE), f"{legend} is not left in {target['expr']}"


def test_the_dashboard_shows_every_metric():
    shown = {name for expr in SHOWN for name in names_in(expr)}
    # Those of vault-k8s are there for people's own dashboards; ours tell the same, and more.
    assert {name for name in METRICS if not name.startswith("vault_agent")} <= shown


def test_the_dashboard_is_printed_from_its_table():
    done = subprocess.run([os.path.join(ROOT, "scripts/gen-dashboard"), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_panels_do_not_overlap():
    taken = {}
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["id"]) == panel["id"], panel["title"]


def test_each_alert_has_a_section_that_says_what_to_do():
    page = read("docs/operations.md").split("\n## Alerts\n")[1]
    sections = re.split(r"^### (\w+)$", page, flags=re.MULTILINE)[1:]
    assert sections[::2] == [alert["name"] for alert in ALERTS]
    for name, text in zip(sections[::2], sections[1::2]):
        words = [text.find(word) for word in ("**Means**", "**Look**", "**Do**")]
        assert -1 not in words and words == sorted(words), name


def test_links_to_sections_lead_somewhere():
    page = read("docs/operations.md")
    places = {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in re.findall(r"^#+ (.*)$", page, re.MULTILINE)}
    assert set(re.findall(r"\]\(#([\w-]+)\)", page)) <= places
    assert VALUES["runbook"] == "docs/operations.md"


def test_each_threshold_is_one_of_the_values():
    places = {place for alert in ALERTS for place in re.findall(r"@(\w+)@", json.dumps(alert))}
    assert places - {"keyhook", "webhook", "replicas"} == set(VALUES["thresholds"])
