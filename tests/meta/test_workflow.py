""".github/workflows against what the documents say of them. No workflow is run here."""

import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def commands(job):
    """Of one job, as text."""
    found = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8"))["jobs"][job]
    return [step["run"] for step in found["steps"] if "run" in step]


def test_servers_are_required():
    """`make test` alone would pass where the suites with real servers are skipped."""
    assert commands("test")[-1] == ".ci/run"
    assert "export REQUIRE_CLUSTER=1" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_kube_linter_sees_each_way_to_install():
    lint = commands("kube-linter")[-1]
    assert "charts/keyhook/ci/*-values.yaml" in lint and "kube-linter lint --config .kube-linter.yaml" in lint
    assert list((ROOT / "charts/keyhook/ci").glob("*-values.yaml"))
