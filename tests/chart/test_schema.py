"""What values.schema.json takes and refuses, and that a refusal says what is wrong."""

import chart
import pytest
import yaml

TAKEN = {
    "nothing": {},
    "other blocks of vault-helm": {"server": {"ha": {"enabled": True}}, "csi": {"x": 1}, "ui": None, "serverTelemetry": {}},
    "global of other charts": {"global": {"storageClass": "fast", "psp": {"enable": True, "annotations": "x"}}},
    "enabled as text": {"enabled": "true"},
    "enabled as text of vault-helm": {"injector": {"enabled": "-"}},
    "selectors as text": {"injector": {"webhook": {"objectSelector": "matchLabels: {a: b}\n", "namespaceSelector": {}}}},
    "placement as text": {"tolerations": "- operator: Exists", "nodeSelector": "disk: ssd", "affinity": None},
    "pull secrets of both kinds": {"global": {"imagePullSecrets": ["a", {"name": "b"}]}},
    "quantities as numbers": {"injector": {"agentDefaults": {"cpuLimit": 1, "cpuRequest": 0.5, "ephemeralLimit": "1Gi"}}},
    "variables of all kinds": {"extraEnvironmentVars": {"A": 1, "B": True, "C": "c"}},
    "null for a Secret": {"injector": {"certs": {"secretName": None}}},
    "ids": {"injector": {"uid": 100, "gid": 1000}},
    "options of each kind": {
        "options": {"workers": 4, "body-limit": "65536", "verify-patch": True, "cpu-limit": 0.5, "memory-limit": "", "pki-ttl": "24h"}
    },
    "options in the block injector": {"injector": {"options": {"log-format": "json"}}},
    "off without quotes": {"policy": {"action": False}},
}

REFUSED = {
    # values, and what the message must name
    "unknown key": ({"replicaCount": 3}, ["replicaCount", "not allowed"]),
    "unknown key of the injector": ({"injector": {"replica": 3}}, ["injector", "replica", "not allowed"]),
    "unknown key of a block": ({"webhook": {"failPolicy": "Fail"}}, ["webhook", "failPolicy"]),
    "unknown key deep in the injector": ({"injector": {"webhook": {"x": 1}}}, ["webhook", "'x'"]),
    "unknown key of monitoring": ({"monitoring": {"serviceMonitor": {"on": True}}}, ["serviceMonitor", "'on'"]),
    "unknown option": ({"options": {"listn": ":1"}}, ["options", "listn"]),
    "option in the wrong place": ({"drain-period": "1s"}, ["drain-period"]),
    "text for a number": ({"replicas": "two"}, ["replicas", "integer"]),
    "port": ({"port": 70000}, ["port", "65,535"]),
    "policy": ({"policy": {"action": "deny"}}, ["policy/action", "Deny"]),
    "failure policy": ({"webhook": {"failurePolicy": "fail"}}, ["failurePolicy", "Ignore"]),
    "failure policy of vault-helm": ({"injector": {"failurePolicy": "ignore"}}, ["failurePolicy", "Ignore"]),
    "time-out": ({"webhook": {"timeoutSeconds": 31}}, ["timeoutSeconds", "30"]),
    "source": ({"certs": {"source": "cert-manager"}}, ["certs/source", "self-signed"]),
    "CA": ({"certs": {"caBundle": "-----BEGIN CERTIFICATE-----"}}, ["certs/caBundle", "pattern"]),
    "address": ({"vault": {"address": "vault.vault.svc"}}, ["vault/address", "pattern"]),
    "quantity": ({"agentDefaults": {"memLimit": "64MB"}}, ["agentDefaults/memLimit", "pattern"]),
    "template": ({"injector": {"agentDefaults": {"template": "yaml"}}}, ["template", "json"]),
    "log level": ({"logLevel": "loud"}, ["logLevel", "debug"]),
    "labels": ({"podLabels": {"a": 1}}, ["podLabels/a", "string"]),
    "token's life": ({"pki": {"tokenExpirationSeconds": 60}}, ["tokenExpirationSeconds", "600"]),
    "option's duration": ({"options": {"drain-period": "10"}}, ["options/drain-period", "pattern"]),
    "option's range": ({"options": {"workers": 65}}, ["options/workers", "64"]),
    "option's word": ({"options": {"default-template": "yaml"}}, ["options/default-template", "json"]),
    "option's truth": ({"options": {"verify-patch": "yes"}}, ["options/verify-patch"]),
}


def template(tmp_path, values, program):
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    return chart.helm("template", "none", "--values", str(file), program=program)


@pytest.mark.parametrize("program", chart.HELMS)
@pytest.mark.parametrize("name", TAKEN)
def test_taken(tmp_path, name, program):
    done = template(tmp_path, TAKEN[name], program)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("program", chart.HELMS)
@pytest.mark.parametrize("name", REFUSED)
def test_refused(tmp_path, name, program):
    values, parts = REFUSED[name]
    done = template(tmp_path, values, program)
    assert done.returncode != 0
    assert "values don't meet the specifications of the schema" in done.stderr
    for part in parts:
        assert part in done.stderr.replace(".", "/") or part in done.stderr


def test_every_value_is_described():
    """The schema and values.yaml hold the same keys: one that is only in the schema is vault-helm's older place."""
    with open(f"{chart.CHART}/values.schema.json", encoding="utf-8") as file:
        schema = yaml.safe_load(file)
    with open(f"{chart.CHART}/values.yaml", encoding="utf-8") as file:
        values = yaml.safe_load(file)
    only_there = set(schema["properties"]) - set(values)
    assert only_there == {
        "csi", "externalVaultAddr", "failurePolicy", "gid", "leaderElector", "namespaceSelector", "objectSelector",
        "server", "serverTelemetry", "ui", "uid", "webhookAnnotations",
    }  # fmt: skip
    injector = schema["properties"]["injector"]["properties"]
    assert set(schema["properties"]) - set(injector) == {
        "csi", "fullnameOverride", "global", "injector", "nameOverride", "server", "serverTelemetry", "ui",
    }  # fmt: skip
