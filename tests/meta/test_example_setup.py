"""What the declarations of manifests/examples/phoenix-guardian promise each other."""

import tomllib

import yaml

from test_example_programs import SCENARIO


def declared(*groups):
    for group in groups:
        yield from tomllib.loads((SCENARIO / f"vault/{group}.toml").read_text(encoding="utf-8"))["declared"]


def test_job_ends_before_its_credentials():
    with open(SCENARIO / "kubernetes/claims-export.yaml", encoding="utf-8") as file:
        deadline = yaml.safe_load(file)["spec"]["activeDeadlineSeconds"]
    wanted = {one["what"]: one["fields"] for one in declared("aws", "login")}
    assert deadline <= wanted["login claims-export"]["token_ttl"]
    assert wanted["lease of aws"]["lease"] == "1h0m0s" and deadline <= 3600
