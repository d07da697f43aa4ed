"""The alerts as the chart renders them, and promtool, which judges them."""

import functools
import os
import pathlib
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/keyhook"
TOOLS = pathlib.Path(os.environ["TOOLS"])  # holds helm and promtool
SCRAPE = {"job": "keyhook", "namespace": "keyhook"}  # the labels that the chart's monitors give
TIMEOUT_S = 300


@functools.cache
def rendered(template, values):
    """What helm prints; it takes its time, and is asked for the same again and again."""
    with tempfile.TemporaryDirectory() as home:
        done = subprocess.run(
            [TOOLS / "helm", "template", "keyhook", CHART, "--namespace", "keyhook",
             "-s", f"templates/monitoring/{template}.yaml", *(f"--set={value}" for value in values)],
            env={"PATH": os.environ["PATH"], "HOME": home},
            capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def render(*values, template="prometheusrule"):
    """The object of templates/monitoring, of a release keyhook in the namespace keyhook."""
    return yaml.safe_load(rendered(template, values))


def rules_of(*values):
    """The rules with Vault as the source, which has all of them."""
    made = render("monitoring.prometheusRule.enabled=true", "certs.source=vault", *values)
    (group,) = made["spec"]["groups"]
    return group["rules"]


def promtool(*args):
    return subprocess.run([TOOLS / "promtool", *args], capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def put_yaml(path, data):
    path.write_text(yaml.safe_dump(data, width=1000), encoding="utf-8")
    return path


def put_rules(tmp_path, rules):
    return put_yaml(tmp_path / "rules.yaml", {"groups": [{"name": "keyhook", "rules": rules}]})


def with_labels(series, labels):
    """The text of a series with more labels in front of its own."""
    name, _, rest = series.partition("{")
    return name + "{" + ",".join([*(f'{k}="{v}"' for k, v in labels.items()), *([rest[:-1]] if rest else [])]) + "}"


@functools.cache
def summaries():
    """alert -> its summary, as the table has it."""
    table = yaml.safe_load((CHART / "files/alerts.yaml").read_text(encoding="utf-8"))
    return {row["name"]: row["summary"] for row in table["alerts"]}


def told(alert, at, severity, entries):
    """What is to be told at that minute of an alert: (labels, description) of each, in promtool's form."""
    annotations = {"summary": summaries()[alert], "runbook_url": f"docs/operations.md#{alert.lower()}"}
    return {
        "eval_time": f"{at}m",
        "alertname": alert,
        "exp_alerts": [
            {"exp_labels": {"severity": severity, **labels}, "exp_annotations": {**annotations, "description": text}}
            for labels, text in entries
        ],
    }
