"""scripts/deps against stand-ins for dpkg, apt and id: what it would install, and what it says."""

import os
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TOOLS = ("awk", "sed", "dirname", "bash", "env")


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    """A PATH that holds stand-ins only; missing(...) names the packages that are not there."""
    for tool in TOOLS:
        os.symlink(subprocess.check_output(["which", tool], text=True).strip(), tmp_path / tool)
    command(tmp_path, "id", "echo 0")
    command(tmp_path, "apt-get", f'echo "$@" >> {tmp_path}/calls')
    missing(tmp_path)
    return tmp_path


def command(machine, name, script):
    (machine / name).write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    (machine / name).chmod(0o755)


def missing(machine, *packages):
    cases = "".join(f"{package}) exit 1;; " for package in packages)
    command(machine, "dpkg-query", f"case $4 in {cases}esac; echo installed")


def deps(machine, *groups, **env):
    done = subprocess.run(
        [os.path.join(ROOT, "scripts/deps"), *groups],
        env={"PATH": str(machine), **env}, capture_output=True, text=True, check=False,
    )
    calls = machine / "calls"
    return done, calls.read_text(encoding="utf-8").splitlines() if calls.exists() else []


def test_nothing_is_called_when_nothing_is_missing(machine):
    done, calls = deps(machine, "build", "test")
    assert (done.returncode, done.stdout, calls) == (0, "", [])


def test_only_what_is_missing_is_installed(machine):
    missing(machine, "pmccabe", "gcovr", "libyaml-dev")
    done, calls = deps(machine, "build", "test")
    assert done.returncode == 0 and "installing: libyaml-dev pmccabe" in done.stdout
    assert calls[0].endswith("update") and calls[1].endswith("--no-install-recommends libyaml-dev pmccabe")


def test_a_failed_installation_is_a_failure(machine):
    missing(machine, "pmccabe")
    command(machine, "apt-get", "exit 100")
    assert deps(machine, "test")[0].returncode != 0


def test_a_user_without_sudo_is_told(machine):
    missing(machine, "pmccabe")
    command(machine, "id", "echo 1000")
    done, calls = deps(machine, "test")
    assert done.returncode == 1 and "apt-get install pmccabe" in done.stderr and calls == []


def test_a_user_with_sudo_is_served(machine):
    missing(machine, "pmccabe")
    command(machine, "id", "echo 1000")
    command(machine, "sudo", 'exec "$@"')
    done, calls = deps(machine, "test")
    assert done.returncode == 0 and calls[1].endswith(" pmccabe")


def test_elsewhere_it_says_what_to_install(machine):
    os.remove(machine / "dpkg-query")
    done, calls = deps(machine, "build")
    assert done.returncode == 1 and "  libmicrohttpd-dev\n" in done.stderr and calls == []
    assert deps(machine, "build", KEYHOOK_DEPS="no")[0].returncode == 0
