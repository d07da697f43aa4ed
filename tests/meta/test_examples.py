"""manifests/examples offline: each file is injected without a warning, and says what vault-setup makes for it."""

import os
import pathlib
import re
import subprocess

import pytest
import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "manifests" / "examples"
KEYHOOK = ROOT / os.environ.get("BUILD", "build/release") / "keyhook"
FILES = sorted(p.relative_to(EXAMPLES).as_posix() for folder in (EXAMPLES, EXAMPLES / "services")
               for p in folder.glob("*.yaml") if p.name != "namespace.yaml")  # fmt: skip
PREFIXES = ("vault.hashicorp.com/", "openbao.org/")
SECRET = re.compile(r'(?<!\w)secret/data/([\w/-]+)')
ROLE = re.compile(r'^role (example-\S+) +(\S+) +(\S+) +(.*)$', re.MULTILINE)


def read(name):
    return (EXAMPLES / name).read_text(encoding="utf-8")


def comment(name):
    """The file's first lines, as one text."""
    lines = read(name).splitlines()
    return "\n".join(lines[: next(n for n, line in enumerate(lines) if not line.startswith("#"))])


def objects(name):
    return list(yaml.safe_load_all(read(name)))


def workload(name):
    (found,) = (o for o in objects(name) if o["kind"] in ("Deployment", "Job"))
    return found


def annotations(name):
    """Without the prefix."""
    found = workload(name)["spec"]["template"]["metadata"]["annotations"]
    return {key.split("/", 1)[1]: value for key, value in found.items() if key.startswith(PREFIXES)}


def roles():
    """role -> (account, audience, secrets), as vault-setup makes them."""
    return {role: (account, audience, set(paths.split())) for role, account, audience, paths in ROLE.findall(read("vault-setup"))}


def role_of(name):
    own_config = re.search(r'role = "(\S+)"', read(name))
    return annotations(name).get("role") or own_config[1]


def inject(name):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AGENT_INJECT_", "KEYHOOK_", "TLS_"))}
    return subprocess.run([KEYHOOK, "inject", "-vault-address=https://vault.vault.svc:8200", "-f", EXAMPLES / name],
                          env=env, capture_output=True, text=True, timeout=60, check=False)  # fmt: skip


def test_there_are_examples():
    assert len(FILES) == 9
    assert FILES == sorted(re.findall(r"^\| \[(\S+\.yaml)\]\(\1\) \|", read("README.md"), re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_is_injected_without_a_warning(name):
    done = inject(name)
    assert done.returncode == 0, done.stderr
    said = [line.split(": ", 1)[1] for line in done.stderr.splitlines()]
    assert [s for s in said if not s.startswith(("injected (init", "added the service account volume"))] == []
    (pod,) = (o["spec"]["template"] for o in yaml.safe_load_all(done.stdout) if o["kind"] in ("Deployment", "Job"))
    assert pod["metadata"]["annotations"]["vault.hashicorp.com/agent-inject-status"] == "injected"
    assert "vault-secrets" in [v["name"] for v in pod["spec"]["volumes"]]


@pytest.mark.parametrize("name", FILES)
def test_the_comment_names_role_account_and_secrets(name):
    text, role = comment(name), role_of(name)
    account, audience, paths = roles()[role]
    assert re.search(r"^# Shows ", text, re.MULTILINE)
    assert f"# Vault role  {role}, for the service account {account} " in text
    assert set(SECRET.findall(text)) == paths
    assert {p for p in re.findall(r"secret/(examples/[\w/-]+)", text)} == paths
    assert ("audience vault" in text) == (audience == "vault")


@pytest.mark.parametrize("name", FILES)
def test_reads_what_its_role_may_read(name):
    account, _, paths = roles()[role_of(name)]
    assert workload(name)["spec"]["template"]["spec"]["serviceAccountName"] == account
    assert account in [o["metadata"]["name"] for o in objects(name) if o["kind"] == "ServiceAccount"]
    body = read(name)[len(comment(name)):]
    assert set(SECRET.findall(body)) == paths


def test_every_role_and_secret_is_of_an_example():
    assert sorted(roles()) == sorted(role_of(name) for name in FILES)
    made = re.findall(r"^secret (\S+) ", read("vault-setup"), re.MULTILINE)
    assert sorted(made) == sorted(path for _, _, paths in roles().values() for path in paths)


def test_all_are_in_the_namespace():
    (namespace,) = (o["metadata"]["name"] for o in objects("namespace.yaml"))
    assert {o["metadata"]["namespace"] for name in FILES for o in objects(name)} == {namespace}
    assert f"namespace={namespace}\n" in read("vault-setup")
