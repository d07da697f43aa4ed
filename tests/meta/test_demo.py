"""scripts/demo tells the whole story, leaves nothing behind, and says what went wrong when it fails."""

import json
import os
import signal
import stat
import subprocess
import threading
import time

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
KEYHOOK = os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "keyhook")
DEMO = os.path.join(ROOT, "scripts/demo")
TIMEOUT_S = 60


def environment(tmp_path, program):
    """The demo's own files go below tmp_path; the hostile rest must not disturb it."""
    return {
        **os.environ, "KEYHOOK": str(program), "TMPDIR": str(tmp_path), "LC_ALL": "C.UTF-8",
        "AGENT_INJECT_LISTEN": ":1", "TLS_CERT_FILE": "/none", "https_proxy": "http://127.0.0.1:1",
    }  # fmt: skip


def demo(tmp_path, program=KEYHOOK):
    return subprocess.run(
        [DEMO], env=environment(tmp_path, program), cwd="/",
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip


def fake(folder, text):
    """A program of our own in the place of keyhook."""
    path = folder / "fake"
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


@pytest.fixture(name="folder")
def make_folder(tmp_path):
    """A place for the demo's temporary files, which is empty afterwards."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    yield folder
    assert not list(folder.iterdir())


def test_the_story(folder):
    done = demo(folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert "  allowed: true" in lines
    assert "  warnings: none" in lines
    assert any("reason=injected secrets=1" in line for line in lines)
    assert "+    - name: vault-agent" in lines
    assert "+    - name: vault-agent-init" in lines
    assert any(line.startswith("+") and "destination: /vault/secrets/db.env" in line for line in lines)
    assert "\033" not in done.stdout


def test_only_additions(folder):
    difference = [line for line in demo(folder).stdout.splitlines() if line.startswith(("+", "-"))]
    assert difference[:2] == ["--- pod as posted", "+++ pod as it will run"]
    assert len(difference) > 50
    assert all(line.startswith("+") for line in difference[1:])


def test_two_at_once(folder):
    results = []
    threads = [threading.Thread(target=lambda: results.append(demo(folder))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [done.returncode for done in results] == [0, 0]


def test_without_a_program(folder, tmp_path):
    done = demo(folder, tmp_path / "none")
    assert done.returncode == 1
    assert "run `make demo`" in done.stderr


def test_a_daemon_that_does_not_start(folder, tmp_path):
    done = demo(folder, fake(tmp_path, "#!/bin/sh\necho no such luck >&2\nexit 2\n"))
    assert done.returncode == 1
    assert "did not start" in done.stderr
    assert "no such luck" in done.stderr


def test_a_certificate_of_somebody_else(folder, tmp_path):
    """The daemon serves one certificate and names another: verification has to fail."""
    text = f"""#!/bin/bash
        arguments=("$@")
        for i in "${{!arguments[@]}}"; do
            [ "${{arguments[i-1]}}" = -tls-self-signed-out ] && out=${{arguments[i]}} && arguments[i]=$out.own
        done
        '{KEYHOOK}' serve -listen 127.0.0.1:0 -drain-period 0s -vault-address https://x -tls-self-signed-out "$out" 2>/dev/null &
        until [ -s "$out" ]; do sleep 0.02; done
        kill $!
        wait
        exec '{KEYHOOK}' "${{arguments[@]}}"
    """
    done = demo(folder, fake(tmp_path, text))
    assert done.returncode == 1
    assert "the review was not answered" in done.stderr
    assert "certificate" in done.stderr


def test_a_denial(folder, tmp_path):
    """Only a prefix that the pod does not use is read: the pod stays as it is."""
    text = f"#!/bin/sh\nexec '{KEYHOOK}' \"$@\" -annotation-prefixes openbao.org\n"
    done = demo(folder, fake(tmp_path, text))
    assert done.returncode == 1
    assert "the pod was not injected" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_interruption(folder, tmp_path, number):
    """The daemon never listens; the demo is told to end meanwhile."""
    program = fake(tmp_path, f"#!/bin/sh\necho $$ >'{tmp_path}/pid'\nexec sleep {TIMEOUT_S}\n")
    child = subprocess.Popen(
        [DEMO], env=environment(folder, program), cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    pid_file = tmp_path / "pid"
    while not (pid_file.exists() and pid_file.read_text()):
        time.sleep(0.02)
    child.send_signal(number)
    _, complaint = child.communicate(timeout=TIMEOUT_S)
    assert child.returncode == 1
    assert f"ended by {number.name}" in complaint
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


MEDDLER = """
import os, runpy, signal, subprocess, sys
start = subprocess.Popen.__init__
def start_and_be_told_to_end(self, *arguments, **named):
    start(self, *arguments, **named)
    with open(sys.argv[1], "w") as pid:
        print(self.pid, file=pid)
    os.kill(os.getpid(), int(sys.argv[2]))
subprocess.Popen.__init__ = start_and_be_told_to_end
runpy.run_path(sys.argv[3], run_name="__main__")
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_an_interruption_during_the_start(folder, tmp_path, number):
    """The daemon is there, and the demo does not have it in its hands yet."""
    program = fake(tmp_path, f"#!/bin/sh\nexec sleep {TIMEOUT_S}\n")
    done = subprocess.run(
        ["/usr/bin/python3", "-c", MEDDLER, str(tmp_path / "pid"), str(int(number)), DEMO],
        env=environment(folder, program), cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    pid = int((tmp_path / "pid").read_text())
    try:
        os.kill(pid, signal.SIGKILL)
        left_behind = True
    except ProcessLookupError:
        left_behind = False
    assert not left_behind
    assert done.returncode == 1
    assert f"ended by {number.name}" in done.stderr


def test_the_review_is_of_the_deployment():
    """Both examples ask for the same."""
    with open(os.path.join(ROOT, "examples/deployment.yaml"), encoding="utf-8") as text:
        deployment = yaml.safe_load(text)
    with open(os.path.join(ROOT, "examples/review.json"), encoding="utf-8") as text:
        request = json.load(text)["request"]
    template, pod = deployment["spec"]["template"], request["object"]
    assert pod["metadata"]["annotations"] == template["metadata"]["annotations"]
    assert request["namespace"] == deployment["metadata"]["namespace"]
    assert pod["metadata"]["generateName"].startswith(deployment["metadata"]["name"] + "-")
    ours, theirs = template["spec"]["containers"], pod["spec"]["containers"]
    assert [c["image"] for c in ours] == [c["image"] for c in theirs]
    assert [c["resources"] for c in ours] == [c["resources"] for c in theirs]
