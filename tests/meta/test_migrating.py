"""docs/migrating-from-vault-k8s.md against the conformance runner: its list of deviations, which the
runner holds against what it sees, the ids that it allows, and the numbers of cases."""

import importlib.machinery
import importlib.util
import os
import re

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNNER = os.path.join(ROOT, "tests/conformance/run")


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


PAGE = read("docs/migrating-from-vault-k8s.md")


def runner():
    loader = importlib.machinery.SourceFileLoader("conformance_run", RUNNER)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("conformance_run", loader))
    loader.exec_module(module)
    return module


def test_every_deviation_is_listed():
    lines = read("tests/conformance/deviations").splitlines()
    expected = [tuple(line.split(None, 2)) for line in lines if line and not line.startswith("#")]
    listed = re.findall(r"^\| `([a-z-]+/[\w-]+)` \| (K\d\d) \| (.*) \|$", PAGE, re.MULTILINE)
    assert listed == expected
    assert len(listed) > 40


def test_every_allowed_id_is_explained():
    explained = re.findall(r"^\| (K\d\d) \|", PAGE, re.MULTILINE)
    assert explained == runner().ALLOWED


def test_the_ids_of_the_cases_are_allowed():
    used = set(re.findall(r"^\| `[^`]+` \| (K\d\d) \|", PAGE, re.MULTILINE))
    assert used and used <= set(runner().ALLOWED)


def test_the_numbers():
    cases = runner().all_cases()
    offline = [case for case in cases if not case.startswith("http/")]
    assert len(cases) == runner().CASE_COUNT
    numbers = [int(n) for pair in re.findall(r"^\| `keyhook .* \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE) for n in pair]
    assert numbers == [len(offline)] * 2 + [len(cases)] * 2
    assert f"{len(cases)} requests were sent" in PAGE


def test_nothing_is_left_to_do():
    """The page says that all cases pass."""
    lines = read("tests/conformance/todo").splitlines()
    assert [line for line in lines if line and not line.startswith("#")] == []


def test_the_values_of_vault_helm():
    """Each key of a values file of vault-helm that the chart is tried with has its row, as has each block."""
    values = yaml.safe_load(read("charts/keyhook/ci/vault-helm-values.yaml"))
    text = re.search(r"^## Values of vault-helm.*?\n(.*?)^What the installed", PAGE, re.MULTILINE | re.DOTALL)[1]
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]+)`", text))))
    keys = set(values["global"]) | set(values["injector"])
    for block in ("webhook", "certs", "securityContext"):
        keys |= set(values["injector"][block])
    assert len(keys) > 45
    assert keys - named == set()
