"""The blocks of commands marked `sh cluster` in README.md and docs/*.md, run in order, each page by one shell.

README.md begins without an installation and makes one; the other pages find the release `keyhook` in
`keyhook-system`, installed with the chart's defaults. What only a reader can know is replaced: the image.
"""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import remove
from release import Release, ROOT

BLOCK = re.compile(r"^```sh cluster\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted((ROOT / "docs").glob("*.md")) if BLOCK.search(page.read_text(encoding="utf-8"))]
SHOWN = ("charts", "manifests", "examples", "certs", "docs")
HANG_GUARD = 1200  # seconds
IMAGE = "image.repository=registry.example.com/keyhook"


def commands(page):
    return "\n".join(BLOCK.findall(page.read_text(encoding="utf-8")))


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    """Looks like the project's root, but what the blocks write lands here."""
    for name in SHOWN:
        if (ROOT / name).exists():
            (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "build").mkdir()
    program = os.environ.get("KEYHOOK", ROOT / "build" / "keyhook")
    (tmp_path / "build/keyhook").symlink_to(pathlib.Path(program).resolve())
    return tmp_path


def run(folder, text):
    """The output, each command before what it printed; it names the one that failed."""
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AGENT_INJECT_", "KEYHOOK_", "VAULT_"))}
    done = subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", text], cwd=folder, env={**env, "HELM_CACHE_HOME": str(folder / ".helm")},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=HANG_GUARD,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    return done.stdout


def deployments(apps):
    return {one.metadata.name for one in apps.list_namespaced_deployment("default").items}


@pytest.fixture(name="cleared")
def fixture_cleared(system, pods, apps):
    """What the page installs and creates is gone after it."""
    before = deployments(apps)
    yield
    for name in deployments(apps) - before:
        apps.delete_namespaced_deployment(name, "default")
    remove(Release("keyhook", system), pods)


@pytest.fixture(scope="module", name="defaults")
def fixture_defaults(system, pods, chart_values):
    """The chart as it comes, but for images and the address of Vault."""
    release = Release("keyhook", system)
    own = {k: v for k, v in chart_values.items() if k not in ("certs", "pki")}
    release.install(values=[own])
    yield release
    remove(release, pods)


def test_the_first_steps(folder, images, cleared):
    text = commands(ROOT / "README.md")
    repository, tag = images.own.split(":")
    assert IMAGE in text
    run(folder, text.replace(IMAGE, f"image.repository={repository} --set image.tag={tag}"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_commands(page, folder, defaults):
    assert defaults.name == "keyhook"
    run(folder, commands(page))
