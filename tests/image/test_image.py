"""The root file system of the image: what is in it, and that the program works inside of it."""

import json
import os
import re
import shutil
import ssl
import subprocess
import time
import urllib.request

import pytest

REVIEW = "tests/bench/inputs/review-10k.json"
PROGRAM = "/usr/local/bin/keyhook"
ARGS = ["-vault-address=https://vault.example.com:8200"]
DEADLINE_S = 20

IS_ROOT = os.geteuid() == 0


def image_root(*args):
    return subprocess.run(["scripts/image-root", *args], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    path = tmp_path_factory.mktemp("image") / "root"
    done = image_root(str(path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r": \d+ bytes in \d+ files$", done.stdout.strip())
    return path


def inside(path, args, uid=65532):
    """The command that runs the program in the image; who is not root tries without another user."""
    user = f"--userspec={uid}:{uid}"
    enter = ["/usr/sbin/chroot", user] if IS_ROOT else ["/usr/bin/unshare", "-r", "/usr/sbin/chroot"]
    return [*enter, str(path), PROGRAM, *args]


def run(path, *args, uid=65532, **options):
    command = inside(path, args, uid)
    return subprocess.run(command, capture_output=True, env={}, check=False, **options)


def files(path):
    return [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]


def test_nothing_but_program_and_libraries_is_executable(root):
    executables = {f for f in files(root) if os.access(f, os.X_OK)}
    others = {f.removeprefix(str(root)) for f in executables if not re.search(r"/(lib|ld-)[^/]*\.so\.", f)}
    assert others == {PROGRAM}


def test_everybody_may_read_and_nobody_may_write(root):
    for path in files(root):
        mode = os.stat(path).st_mode & 0o7777
        assert mode in (0o644, 0o755), f"{path}: {mode:o}"
    for folder, _, _ in os.walk(root):
        assert os.stat(folder).st_mode & 0o7777 == 0o755, folder


def test_user_certificates_and_licences(root):
    assert "\nnonroot:x:65532:65532:" in (root / "etc/passwd").read_text()
    assert "\nnonroot:x:65532:" in (root / "etc/group").read_text()
    assert "BEGIN CERTIFICATE" in (root / "etc/ssl/certs/ca-certificates.crt").read_text()
    assert (root / "usr/share/doc/keyhook/LICENSE").exists()
    assert (root / "usr/share/doc/libgnutls30/copyright").exists()
    assert (root / "usr/share/common-licenses/LGPL-2.1").exists()


def test_program_is_stripped(root):
    sections = subprocess.run(["readelf", "-S", f"{root}{PROGRAM}"], capture_output=True, check=True)
    assert b".text" in sections.stdout and b".debug_info" not in sections.stdout


@pytest.mark.parametrize("uid", [65532, 100, 1000660000])
def test_version(root, uid):
    done = run(root, "version", uid=uid)
    with open("VERSION", encoding="utf-8") as file:
        assert done.stdout.decode().strip() == f"keyhook {file.read().strip()}", done.stderr


def test_inject_gives_the_same_bytes_inside_and_outside(root):
    with open(REVIEW, "rb") as review:
        body = review.read()
    done = run(root, "inject", *ARGS, input=body)
    outside = subprocess.run(
        ["build/keyhook", "inject", *ARGS], input=body, capture_output=True, env={}, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["response"]["patchType"] == "JSONPatch"
    assert done.stdout == outside.stdout


def read_port(log, daemon):
    begin = time.monotonic()
    while time.monotonic() - begin < DEADLINE_S and daemon.poll() is None:
        if found := re.search(r"listening: .*\bport=(\d+)", log.read_text()):
            return int(found[1])
        time.sleep(0.02)
    raise AssertionError(log.read_text())


def test_serve(root, tmp_path):
    path = tmp_path / "root"
    shutil.copytree(root, path)
    (path / "run").mkdir()  # as a mounted volume would be
    (path / "run").chmod(0o777)
    log = tmp_path / "log"
    args = ["serve", *ARGS, "-listen=127.0.0.1:0", "-tls-auto-hosts=127.0.0.1", "-drain-period=0s"]
    args.append("-tls-self-signed-out=/run/tls.pem")
    with open(log, "wb") as out:
        daemon = subprocess.Popen(inside(path, args), stdout=out, stderr=out, env={})
    try:
        port = read_port(log, daemon)
        trust = ssl.create_default_context(cafile=str(path / "run/tls.pem"))
        with open(REVIEW, "rb") as review:
            request = urllib.request.Request(
                f"https://127.0.0.1:{port}/mutate", review.read(), {"Content-Type": "application/json"}
            )
        with urllib.request.urlopen(request, context=trust, timeout=DEADLINE_S) as answer:
            assert json.load(answer)["response"]["allowed"] is True
        daemon.terminate()
        assert daemon.wait(DEADLINE_S) == 0, log.read_text()
    finally:
        daemon.kill()
        daemon.wait()


def test_refuses_a_folder_that_is_not_empty(tmp_path):
    (tmp_path / "file").touch()
    done = image_root(str(tmp_path))
    assert done.returncode == 1 and "is not empty" in done.stderr
    assert os.listdir(tmp_path) == ["file"]


def test_refuses_what_is_too_large(tmp_path):
    source = tmp_path / "large.c"
    source.write_text("char data[26000000] = { 1 };\nint main(void) { return data[1]; }\n")
    subprocess.run(["gcc", "-o", tmp_path / "large", source], check=True)
    done = image_root("--program", str(tmp_path / "large"), str(tmp_path / "root"))
    assert done.returncode == 1 and "more than 25000000 bytes" in done.stderr
