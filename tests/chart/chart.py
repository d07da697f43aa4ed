"""The chart and its variants, as the tests render them."""

import functools
import glob
import os
import subprocess

import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHART = os.path.join(ROOT, "charts/keyhook")
HELMS = ["helm", "helm3"]
RUN_SECONDS = 600  # a hang guard
KUBERNETES = "1.35.4"  # Helm 3 from its module takes another one for granted

# What must be right in every way to install: no values at all, and each values file of charts/keyhook/ci.
VARIANTS = {"none": None} | {
    os.path.basename(path).removesuffix("-values.yaml"): path
    for path in sorted(glob.glob(f"{CHART}/ci/*-values.yaml"))
}


def tool(name):
    return os.path.join(os.environ["TOOLS"], name)


def run(*words, text=None):
    return subprocess.run(
        words, input=text, capture_output=True, text=True, check=False, cwd=ROOT, timeout=RUN_SECONDS
    )


def helm(command, variant, *words, program="helm"):
    """helm template, or helm lint, of one variant."""
    name = ["keyhook"] if command == "template" else []
    values = ["--values", VARIANTS[variant]] if VARIANTS[variant] else []
    return run(tool(program), command, *name, CHART, "--namespace", "keyhook-system", "--kube-version", KUBERNETES, *values, *words)


@functools.cache
def render(variant, program="helm"):
    done = helm("template", variant, program=program)
    assert done.returncode == 0, done.stderr
    return done.stdout


def objects(text):
    """{(kind, name): object} of what was rendered."""
    found = [o for o in yaml.safe_load_all(text) if o]
    named = {(o["kind"], o["metadata"]["name"]): o for o in found}
    assert len(named) == len(found)
    return named
