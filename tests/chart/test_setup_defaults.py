"""What certs/setup makes without options fits the chart without values, installed as its pages say."""

import os
import re

import chart
import yaml


def setup_defaults():
    """{option: default}, of the assignments and, where it stands in brackets there, of the help."""
    with open(os.path.join(chart.ROOT, "certs/setup"), encoding="utf-8") as file:
        text = file.read()
    assigned = dict(re.findall(r"\b(\w+)=([\w-]+)(?=\s)", re.search(r"^dry_run=.*?\n\n", text, re.MULTILINE | re.DOTALL)[0]))
    told = re.findall(r"^  --([\w-]+) (?:NAME|PATH|SECONDS) .*?\((\w[\w-]*)[,)]", chart.run("certs/setup", "--help").stdout, re.MULTILINE)
    assert len(told) > 8
    for option, default in told:
        assert assigned[option.replace("-", "_")] == default, option
    return assigned


def test_names_are_those_of_the_chart():
    with open(os.path.join(chart.CHART, "values.yaml"), encoding="utf-8") as file:
        pki = yaml.safe_load(file)["pki"]
    made = setup_defaults()
    assert (made["pki"], made["role"], made["auth_role"], made["audience"]) == \
        (pki["path"], pki["role"], pki["authRole"], pki["audience"])
    assert f"auth/{made['auth']}" == pki["authPath"]
    assert f"{int(made['ttl']) // 3600}h" == pki["ttl"]


def test_service_and_account_are_those_of_the_documented_release():
    with open(os.path.join(chart.CHART, "README.in.md"), encoding="utf-8") as file:
        release, namespace = re.search(r"helm install (\S+) charts/keyhook --namespace (\S+)", file.read()).groups()
    made = setup_defaults()
    done = chart.run(chart.tool("helm"), "template", release, chart.CHART, "--namespace", namespace)
    assert done.returncode == 0, done.stderr
    for kind, name in (("Service", made["service"]), ("ServiceAccount", made["account"])):
        assert chart.objects(done.stdout)[kind, name]["metadata"]["namespace"] == made["namespace"]
