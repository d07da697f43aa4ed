"""What the example promises to somebody who follows it: the printed tour, and the steps of the README."""

import base64
import os
import pathlib
import re
import secrets
import subprocess
import sys

import pytest

import app_image
import readme
from secret_search import find, remember, remember_files
from stage import EXAMPLE, NAMESPACE, ROOT, wait_for

TOUR = (ROOT / "tests/scenario/tour").read_text(encoding="utf-8")
README = readme.TEXT
TIMEOUT = 300  # seconds: a hang guard


def bash(script):
    """Whoever pastes commands has not what `up` has put into its own path to bring all of it up."""
    path = ":".join(place for place in os.environ["PATH"].split(":") if not pathlib.Path(place, "helm").exists())
    done = subprocess.run(["bash", "-euxc", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT,
                          env=os.environ | {"PATH": path}, timeout=TIMEOUT, check=False)
    assert done.returncode == 0, f"the last of these failed: {done.stderr}"
    return done.stdout


def test_each_command_of_the_tour(stage):
    """By one shell, as they would be pasted. They are run from inside here, where `in` leads to the same place."""
    commands = "\n".join(line for line in TOUR.splitlines() if line.startswith("  "))
    whole = bash(commands.replace("@CLUSTER@", str(stage.directory)).replace("@PYTHON@", sys.executable))
    for seen in ("encounter-service", '"database"', '"id"', "|vault:v", "BEGIN CERTIFICATE", "exporting as access key",
                 '"type":"response"'):
        assert seen in whole
    assert "|sprained ankle" not in whole
    wait_for(lambda: all(stage.vault.health(name) in (200, 429) for name in stage.vault.addresses), "three nodes")


# What a reader is told to expect, in the order of the steps; some of them are seen on the way.
PROMISES = ("secret/vault-reviewer condition met", "made        login of keyhook-system/keyhook", "STATUS: deployed",
            "CREATE DATABASE", "CREATE TABLE", "would make  connection phoenix-guardian-db", "made        connection phoenix-guardian-db",
            "made        another password of the database account", "deployment.apps/api-gateway condition met",
            '{"patient": "p-1", "note": "sprained ankle"}+', " vault:v1:", "made        role aws/roles/claims-archive",
            "job.batch/claims-export condition met", "exporting as access key")


def test_readme_was_followed_from_top_to_bottom(stage):
    """The stage was made by its commands, and each step printed what it is for."""
    said, place = stage.readme.said(), 0
    for promise in PROMISES:
        assert promise in said[place:], f"'{promise}' was not said, or too early"
        place += said[place:].index(promise)
    remember_files(stage.directory)
    assert find(said) == []
    assert not [path for name in ("password", "reviewer-token", "health-records.json") if (path := stage.readme.folder / name).exists()]


def test_every_block_of_the_readme_is_followed():
    """But those for who has this suite, or a registry."""
    left = [block.split(" ")[0].splitlines() for block in readme.blocks("sh")]
    assert left == [["make"], ["image=registry.example.com/phoenix-guardian:1", "docker"]]
    assert len(readme.blocks("sh cluster")) == README.count("\n```sh") - len(left) == 7


def test_readme_names_options_and_files_that_are_there(stage):
    """setup's options, the project's files, and the keys that the chart knows."""
    options = subprocess.run([EXAMPLE / "setup", "--help"], capture_output=True, text=True, check=True).stdout
    for line in README.splitlines():
        if "setup" in line and "certs/setup" not in line:
            for option in re.findall(r"(--[a-z-]+)", line):
                assert option in options, line
    for path in re.findall(r"`((?:vault|kubernetes|app)/[\w./-]*)`", README):
        assert (EXAMPLE / path).exists(), path
    assert stage.kubectl("kustomize", EXAMPLE / "kubernetes")


def test_setup_without_what_it_needs_says_so():
    for environment, says in (({}, "set VAULT_ADDR"), ({"VAULT_ADDR": "https://127.0.0.1:1"}, "set VAULT_TOKEN"),
                              ({"VAULT_ADDR": "https://127.0.0.1:1", "VAULT_TOKEN": "x"}, "cannot be asked")):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VAULT_")}
        done = subprocess.run([EXAMPLE / "setup"], env=clean | environment, capture_output=True, text=True, check=False)
        assert done.returncode == 1 and says in done.stderr and "Traceback" not in done.stderr


def test_dry_run_changes_nothing(stage):
    before = stage.vault.read("sys/mounts")
    stage.vault.delete("auth/kubernetes/role/research-export")
    try:
        assert "would make  login research-export" in stage.setup("--dry-run")
        assert stage.vault.ask("GET", "auth/kubernetes/role/research-export")[0] == 404
    finally:
        made = stage.setup()
    assert "made        login research-export" in made
    assert stage.vault.read("sys/mounts") == before


def test_root_password_is_known_to_vault_alone(stage):
    """The last of the README's third step: a password that somebody else knows is worth nothing afterwards."""
    password = remember("a password of the database account", secrets.token_hex(16))
    stage.postgres.need(f"ALTER ROLE vault PASSWORD '{password}'")
    stage.vault.write("database/config/phoenix-guardian-db", {
        "plugin_name": "postgresql-database-plugin", "allowed_roles": ["app-role", "readonly-role"], "password": password})
    assert stage.postgres.can_login("vault", password, "phoenix_guardian")
    stage.setup("--rotate-root")
    assert not stage.postgres.can_login("vault", password, "phoenix_guardian")
    pair = stage.vault.read("database/creds/app-role")
    assert stage.postgres.can_login(pair["username"], pair["password"], "phoenix_guardian")
    assert "made" not in stage.setup()


def test_stage_that_was_interrupted_is_begun_again(stage):
    """As by Control-C in the README's fourth step, so that its commands are run beside all that is there."""
    stage.readme.finished.unlink()
    stage.kubectl("-n", NAMESPACE, "delete", "secret", "postgres-ca")
    stage.follow_readme()
    stage.deploy()
    assert stage.readme.finished.exists()
    assert "BEGIN CERTIFICATE" in base64.b64decode(
        stage.core.read_namespaced_secret("postgres-ca", NAMESPACE).data["ca.crt"]).decode("ascii")


@pytest.mark.parametrize("name", ["hvac", "psycopg"])
def test_application_is_tested_with_the_packages_that_it_names(name):
    wanted = re.search(rf"^{name}\S*==(\S+)$", (EXAMPLE / "app/requirements.txt").read_text(encoding="utf-8"), re.MULTILINE)
    tested = (ROOT / "tests/cluster/python/app.txt").read_text(encoding="utf-8")
    assert f"{name}=={wanted[1]} " in tested


def test_application_is_tested_with_the_python_that_its_image_has():
    (version,) = re.findall(r"^FROM python:([\d.]+)-slim$", (EXAMPLE / "app/Dockerfile").read_text(encoding="utf-8"),
                            re.MULTILINE)
    assert app_image.PYTHON.name == f"python{version}"
