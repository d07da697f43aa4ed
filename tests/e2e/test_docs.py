"""The blocks of commands marked `sh cluster` in README.md and docs/*.md, run in order, each page by one shell.

README.md and docs/migrating-from-vault-k8s.md begin without an installation and make one; the other pages find the release
`keyhook` in `keyhook-system`, installed with the chart's defaults. What only a reader can know is replaced: the image.
"""

import os
import pathlib
import re
import subprocess

import pytest

from conftest import remove
from release import Release, ROOT
import workloads

BLOCK = re.compile(r"^```sh cluster\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MIGRATING = "docs/migrating-from-vault-k8s.md"
PAGES = {"docs/certificates.md": 1, "docs/operations.md": 12, "docs/security.md": 4, "docs/troubleshooting.md": 7}
BLOCKS = {"README.md": 2, MIGRATING: 4} | PAGES  # how many a page has: a changed mark is no block that vanishes
SHOWN = ("charts", "manifests", "examples", "certs", "docs")
HANG_GUARD = 1200  # seconds
IMAGE = "image.repository=registry.example.com/keyhook"


def blocks(page):
    return BLOCK.findall((ROOT / page).read_text(encoding="utf-8"))


def commands(page):
    return "\n".join(blocks(page))


def test_each_block_is_known():
    pages = ["README.md", *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "docs").glob("*.md")))]
    assert {page: len(blocks(page)) for page in pages if blocks(page)} == BLOCKS


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
    env["PATH"] = f"{folder / 'build'}:{env['PATH']}"
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
    text = commands("README.md")
    repository, tag = images.own.split(":")
    assert IMAGE in text
    run(folder, text.replace(IMAGE, f"image.repository={repository} --set image.tag={tag}"))


@pytest.fixture(name="shop")
def fixture_shop(core, objects, images):
    """A namespace with a workload that asks."""
    core.create_namespace({"metadata": {"name": "shop"}})
    objects.apply(workloads.deployment("web", images.base, workloads.inject("web", "secret/data/web")), "shop")
    yield
    core.delete_namespace("shop")


def test_the_way_beside_another_injector(folder, images, cleared, shop, core, system):
    """Of which nothing is here: what the page says about Keyhook is."""
    text, (repository, tag) = commands(MIGRATING), images.own.split(":")
    (folder / "vault-values.yaml").write_text("injector: {revokeOnShutdown: true}\n", encoding="ascii")
    assert IMAGE in text and "image.tag=0.1.0" in text
    said = run(folder, text.replace(IMAGE, f"image.repository={repository}").replace("image.tag=0.1.0", f"image.tag={tag}"))
    assert "vault-agent-init" in said and "deployment.apps/web restarted" in said
    core.patch_namespace(system, {"metadata": {"labels": {"injector": None}}})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: pathlib.Path(page).stem)
def test_commands(page, folder, defaults):
    assert defaults.name == "keyhook"
    run(folder, commands(page))
