"""The alerts as the chart renders them, and promtool, which judges them."""

import os
import pathlib
import subprocess

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/keyhook"
TOOLS = pathlib.Path(os.environ["TOOLS"])  # holds helm and promtool
SCRAPE = {"job": "keyhook", "namespace": "keyhook"}  # the labels that the chart's monitors give
TIMEOUT_S = 300


def render(tmp_path, *values, template="prometheusrule"):
    """The object of templates/monitoring, of a release keyhook in the namespace keyhook."""
    done = subprocess.run(
        [TOOLS / "helm", "template", "keyhook", CHART, "--namespace", "keyhook",
         "-s", f"templates/monitoring/{template}.yaml", *(f"--set={value}" for value in values)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return yaml.safe_load(done.stdout)


def rules_of(tmp_path, *values):
    """The rules with Vault as the source, which has all of them."""
    made = render(tmp_path, "monitoring.prometheusRule.enabled=true", "certs.source=vault", *values)
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


def told(rule, at, entries):
    """What is to be told at that minute of an alert: (labels, description) of each, in promtool's form."""
    annotations = {k: v for k, v in rule["annotations"].items() if k != "description"}
    return {
        "eval_time": f"{at}m",
        "alertname": rule["alert"],
        "exp_alerts": [
            {"exp_labels": {**rule["labels"], **labels}, "exp_annotations": {**annotations, "description": text}}
            for labels, text in entries
        ],
    }
