"""Releases of charts/keyhook, made by one of two Helms."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "keyhook"
HELMS = ("helm", "helm3")  # Helm 4, Helm 3
HANG_GUARD = 600  # seconds
WAIT = "300s"
PATIENTLY = ("--wait", "--timeout", WAIT)


def keyhook(*words, stdin=None):
    """The program offline, with nothing of the caller's settings."""
    program = pathlib.Path(os.environ.get("KEYHOOK", ROOT / "build" / "keyhook")).resolve()
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AGENT_INJECT_", "KEYHOOK_", "TLS_"))}
    return subprocess.run([program, *map(str, words)], env=env, input=stdin, capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip


class Release:
    def __init__(self, name, namespace, helm=HELMS[0], chart=CHART):
        program = shutil.which(helm)
        assert program, f"there is no {helm} in PATH"
        self.helm, self.name, self.namespace, self.chart = program, name, namespace, chart

    def run(self, verb, *words, values=(), files=()):
        """Standard output; `values` are dicts, each laid over the one before, and over the files."""
        with tempfile.TemporaryDirectory() as directory:
            given = [*map(str, files)]
            for number, value in enumerate(values):
                path = pathlib.Path(directory, f"{number}.json")
                path.write_text(json.dumps(value), encoding="utf-8")
                given.append(str(path))
            command = [self.helm, verb, self.name, *map(str, words), "--namespace", self.namespace,
                       *(word for path in given for word in ("--values", path))]
            done = subprocess.run(command, env={**os.environ, "HELM_CACHE_HOME": directory, "HELM_DATA_HOME": directory,
                                                "HELM_CONFIG_HOME": directory},
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=HANG_GUARD,
                                  check=False)  # fmt: skip
        assert done.returncode == 0, f"{' '.join(command)}: {done.stderr}"
        return done.stdout

    def template(self, *words, **given):
        return self.run("template", self.chart, *words, **given)

    def install(self, *words, wait=True, **given):
        return self.run("install", self.chart, "--create-namespace", *(PATIENTLY if wait else ()), *words, **given)

    def upgrade(self, *words, **given):
        return self.run("upgrade", self.chart, *PATIENTLY, *words, **given)

    def rollback(self, *words):
        return self.run("rollback", *words, *PATIENTLY)

    def test(self):
        return self.run("test", "--timeout", WAIT)

    def uninstall(self):
        return self.run("uninstall", "--ignore-not-found", *PATIENTLY)
