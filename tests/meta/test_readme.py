"""What the README tells people to run works, and what it names is there.

  ```sh run     run as it stands, all blocks of the page by one shell, in a folder of their own
  ```sh serve   a server: its last line is started, on a port of its own, and stopped at the end
  ```sh request what is asked of that server meanwhile
  ```sh docker  makes the image: needs Docker, compared with the Dockerfile
  ```sh cluster what needs a cluster: tests/e2e runs it
  ```sh         goals of make: they exist
"""

import os
import re
import signal
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build/release"))
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TIMEOUT_S = 60


def page():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as text:
        return text.read()


def blocks(kind):
    return [body for info, body in BLOCK.findall(page()) if info == kind]


def environment():
    drop = ("AGENT_INJECT_", "KEYHOOK_", "TLS_")
    return {k: v for k, v in os.environ.items() if not k.startswith(drop) and not k.lower().endswith("_proxy")}


@pytest.fixture(name="folder")
def make_folder(tmp_path):
    """Looks like the project's root, but what the blocks write lands here."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build/keyhook").symlink_to(os.path.join(BUILD, "keyhook"))
    (tmp_path / "examples").symlink_to(os.path.join(ROOT, "examples"))
    return tmp_path


def run(folder, text):
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", text], cwd=folder, env=environment(),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip


def test_commands(folder):
    text = "\n".join(blocks("sh run"))
    assert len(text.splitlines()) >= 7
    done = run(folder, text)
    assert done.returncode == 0, done.stderr
    assert "name: vault-agent-init" in (folder / "injected.yaml").read_text()
    for words in ("+      - name: vault-agent", '"allowed":true', "declares a secret", "400 BadRequest"):
        assert words in done.stdout


def wait_for_port(server, log):
    deadline = time.monotonic() + TIMEOUT_S
    while not (found := re.search(r"listening: .*\bport=(\d+)", log.read_text())):
        assert server.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.02)
    return found[1]


def test_server(folder):
    """From nothing to the first answer, as the page has it but for the port."""
    (serve,), (request,) = blocks("sh serve"), blocks("sh request")
    *before, command = serve.splitlines()
    assert "-listen :8443 " in command and request.count(":8443/") == 1
    command = command.replace("-listen :8443 ", "-listen 127.0.0.1:0 ")
    log = folder / "log"
    with log.open("wb") as out:
        server = subprocess.Popen(
            ["bash", "-euc", "\n".join([*before, "exec " + command])], cwd=folder, env=environment(),
            stdin=subprocess.DEVNULL, stderr=out,
        )  # fmt: skip
        try:
            done = run(folder, request.replace(":8443/", f":{wait_for_port(server, log)}/"))
            assert done.returncode == 0, done.stderr
            assert '"allowed":true' in done.stdout and '"patch":' in done.stdout
            server.send_signal(signal.SIGINT)
            assert server.wait(TIMEOUT_S) == 0
        finally:
            server.kill()
            server.wait()
    assert "[WARN]" not in log.read_text()


def test_goals():
    """Commands that cannot run inside a test are goals of make."""
    commands = [line for body in blocks("sh") for line in body.splitlines()]
    commands += re.findall(r"`(make(?: [a-z-]+)?)`", page())
    assert "make demo" in commands and "make test" in commands
    with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as text:
        goals = set(re.findall(r"^([a-z -]+):", text.read(), re.MULTILINE))
    goals = {word for line in goals for word in line.split()}
    for command in commands:
        program, *rest = command.split()
        assert program == "make" and set(rest) <= goals, command


def test_image():
    """Built as the Dockerfile says, pushed under the same name, and that is what the chart is given."""
    (build, push), = [body.splitlines() for body in blocks("sh docker")]
    with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as text:
        head = re.search(r"docker build .*? -t ", text.readline())[0]
    name = re.fullmatch(re.escape(head) + r"(\S+):(\S+ VERSION\)\") \.", build)
    assert name and push == f"docker push {name[1]}:{name[2]}"
    assert f"--set image.repository={name[1]} " in "".join(blocks("sh cluster"))


def test_every_block_is_of_a_known_kind():
    kinds = {info for info, _ in BLOCK.findall(page())}
    assert kinds == {"", "sh", "sh run", "sh serve", "sh request", "sh docker", "sh cluster", "yaml"}


def test_paths():
    """The places of the source map exist."""
    rows = re.findall(r"^\| (.*?) \|", page(), re.MULTILINE)
    folder = ""
    paths = []
    for row in rows:
        for name in re.findall(r"`([^`]+)`|\]\(([^)]+)\)", row):
            path = name[0] or name[1]
            folder = path if path.endswith("/") else os.path.dirname(path) if "/" in path else folder
            paths.append(path if "/" in path else os.path.join(folder, path))
    assert len(paths) > 10
    assert [path for path in paths if not os.path.exists(os.path.join(ROOT, path))] == []


def test_version():
    """The tag of the example is this version."""
    with open(os.path.join(ROOT, "VERSION"), encoding="utf-8") as text:
        assert f'tag: "{text.read().strip()}"' in page()
