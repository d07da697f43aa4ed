"""The worked example of CONTRIBUTING.md, taken step by step on a copy of the source.

  ```diff FILE    lines of FILE: '-' goes, '+' comes, the others are where; they occur once
  ```KIND FILE    a new file
  ```sh run       commands, in the copy

Each step that is left out is noticed by one of the checks, which is seen on the way.
"""

import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NAME = "client-rate-limit"
CASE = f"tests/cases/annotation/{NAME}"
BLOCK = re.compile(r"^```(\w+) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BUILT = ("src", "tests", "libkeyhook.a", "libsupport.a", "keyhook", "flags", "sources")
TIMEOUT_S = 600


def steps():
    """{file, or "run": (kind, text)} of the page's blocks, in their order."""
    with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as page:
        return {where: (kind, text) for kind, where, text in BLOCK.findall(page.read())}


def copy_file(source, target):
    os.makedirs(os.path.dirname(target), exist_ok=True)
    shutil.copy2(source, target)


def copy_built(tree):
    """What is built already, with its times, so that only what a step touches is made again."""
    for name in BUILT:
        source, target = (os.path.join(top, "build/release", name) for top in (ROOT, tree))
        if os.path.isdir(source):
            shutil.copytree(source, target)
        elif os.path.exists(source):
            copy_file(source, target)


@pytest.fixture(name="tree", scope="module")
def make_tree(tmp_path_factory):
    tree = tmp_path_factory.mktemp("tutorial") / "keyhook"
    skipped = shutil.ignore_patterns(".git", "__pycache__", "inputs")

    def ignore(folder, names):
        return skipped(folder, names) | ({"build"} if folder == ROOT else set())

    shutil.copytree(ROOT, tree, ignore=ignore, symlinks=True)
    copy_built(tree)
    return tree


def run(tree, command):
    """(exit status, all output); neither make's variables nor the suite's reach it."""
    drop = ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES", "VARIANT", "B", "BUILD", "KEYHOOK")
    env = {name: value for name, value in os.environ.items() if name not in drop}
    done = subprocess.run(
        ["sh", "-ec", command], cwd=tree, env=env, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout


def build(tree):
    return run(tree, "make -j2 all build/release/tests/engine/decide")


def failed_cases(tree):
    """The lines about cases that fail; the driver speaks TAP."""
    status, text = run(tree, "tests/cases/run")
    assert status == 0 and re.match(r"1\.\.\d+\n", text), text
    return "\n".join(line for line in text.splitlines() if not re.match(r"ok|1\.\.", line))


def edit(tree, path):
    """Applies the page's difference to one file."""
    kind, text = steps()[path]
    assert kind == "diff"
    lines = text.splitlines(keepends=True)
    assert all(line[0] in " +-" for line in lines)
    before = "".join(line[1:] for line in lines if line[0] != "+")
    after = "".join(line[1:] for line in lines if line[0] != "-")
    source = (tree / path).read_text(encoding="utf-8")
    assert source.count(before) == 1, f"{path} does not have the lines of the tutorial (once)"
    (tree / path).write_text(source.replace(before, after), encoding="utf-8")


def create(tree, path):
    kind, text = steps()[path]
    assert kind in ("json", "text")
    (tree / path).parent.mkdir(parents=True, exist_ok=True)
    (tree / path).write_text(text, encoding="utf-8")


def last_goals():
    """What the last step tells people to run."""
    with open(os.path.join(ROOT, "CONTRIBUTING.md"), encoding="utf-8") as page:
        (step,) = re.findall(r"^\*\*6\. All together\*\*:(.*?)^$", page.read(), re.MULTILINE | re.DOTALL)
    goals = re.findall(r"`make (\w+)`", step)
    assert goals == ["check", "conformance"]
    return goals


def test_the_walk(tree):
    """One test, because each step stands on those before it."""
    edit(tree, "src/inject/annotation.def")
    status, text = build(tree)
    assert status != 0 and "client_rate_limit" in text  # the member is missing

    edit(tree, "src/inject/settings.h")
    assert build(tree)[0] == 0
    status, text = run(tree, "scripts/check-cases")
    assert status != 0 and f"{CASE}: there is no such case" in text

    create(tree, f"{CASE}/pod.json")
    text = failed_cases(tree)
    assert CASE in text and "note: one line about the case is missing" in text
    create(tree, f"{CASE}/note")
    status, text = run(tree, "scripts/check-cases")
    assert status != 0 and f"{CASE}: is decided alike without the annotation" in text

    edit(tree, "src/inject/agent-env.c")
    assert build(tree)[0] == 0
    assert "expected.json is missing; run make accept" in failed_cases(tree)
    status, text = run(tree, "scripts/check-docs")
    assert status != 0 and "docs/annotations.md differs from the tables; run make docs" in text

    kind, commands = steps()["run"]
    assert kind == "sh"
    status, text = run(tree, f"git init -q . && git add -A && {commands}")
    assert status == 0, text
    assert failed_cases(tree) == ""
    for check in ("scripts/check-cases", "scripts/check-docs"):
        status, text = run(tree, check)
        assert status == 0, text
    assert '"VAULT_RATE_LIMIT", "value": "20:40"' in (tree / CASE / "expected.json").read_text()
    assert f"`{NAME}`" in (tree / "docs/annotations.md").read_text()

    for goal in last_goals():
        status, text = run(tree, f"make {goal}")
        assert status == 0 and re.search(r"^\d+ passed, 0 failed$", text, re.MULTILINE), text


def test_the_example_is_not_in_the_program():
    with open(os.path.join(ROOT, "src/inject/annotation.def"), encoding="utf-8") as table:
        assert f'"{NAME}"' not in table.read(), "choose another example for the tutorial"
