"""The programs of manifests/examples without a cluster: the small service, and vault-setup."""

import http.client
import http.server
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import stat
import subprocess
import threading

import pytest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "manifests" / "examples"
SCENARIO = EXAMPLES / "phoenix-guardian"
TIMEOUT = 60  # seconds: a hang guard


def module(path):
    """A program as a module, without leaving compiled files beside it."""
    loader = importlib.machinery.SourceFileLoader(path.stem, str(path))
    made = importlib.util.module_from_spec(importlib.util.spec_from_loader(path.stem, loader))
    exec(compile(path.read_text(encoding="utf-8"), path, "exec"), made.__dict__)  # pylint: disable=exec-used
    return made


# --- service.py


@pytest.fixture(name="post", scope="module")
def fixture_post():
    """post(Content-Length, body) -> (status, answer)"""
    service = module(SCENARIO / "app/service.py")
    handler = type("Routes", (service.Handler,), {"routes": {("POST", "echo"): lambda _, body: (200, body)}})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def post(length, body=b""):
        connection = http.client.HTTPConnection(*server.server_address, timeout=TIMEOUT)
        try:
            connection.putrequest("POST", "/echo")
            connection.putheader("Content-Length", length)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    yield post
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("length", ["-1", "-5", "+3", "3x", "", " ", "1_0", "9" * 5000])
def test_what_is_no_length_is_refused_unread(post, length):
    assert post(length) == (400, {"error": "Content-Length is not a length"})


def test_length_up_to_the_limit(post):
    most = json.dumps("x" * ((1 << 20) - 2)).encode()
    assert len(most) == 1 << 20 and post(str(len(most)), most)[0] == 200
    assert post(str((1 << 20) + 1)) == (413, {"error": "too large"})


# --- vault-setup

# Stands in for the program vault: notes its arguments and its input, and answers a put as the case wants.
VAULT = """#!/bin/sh
printf '%s\\n' "$*" >>arguments
case "$1 $2" in
    'kv put') cat >>values; [ ! -e refusal ] || { cat refusal >&2; exit 2; } ;;
    'policy write') cat >/dev/null ;;
    'secrets list') echo '{"secret/": {}}' ;;
esac
"""
IS_THERE = "Code: 400. Errors:\n\n* check-and-set parameter did not match the current version\n"
FORBIDDEN = "Code: 403. Errors:\n\n* 1 error occurred:\n\t* permission denied\n"


@pytest.fixture(name="vault_setup")
def fixture_vault_setup(tmp_path):
    """vault_setup(refusal) -> what ended; its directory has what the program was given."""
    program = tmp_path / "vault"
    program.write_text(VAULT, encoding="ascii")
    program.chmod(stat.S_IRWXU)

    def run(refusal=None):
        if refusal:
            (tmp_path / "refusal").write_text(refusal, encoding="ascii")
        return subprocess.run([EXAMPLES / "vault-setup"], env=os.environ | {"VAULT": str(program)}, cwd=tmp_path,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TIMEOUT, check=False)

    return run


def test_values_are_not_in_command_lines(vault_setup, tmp_path):
    assert vault_setup().returncode == 0
    made = [json.loads(line) for line in (tmp_path / "values").read_text(encoding="ascii").splitlines()]
    arguments = (tmp_path / "arguments").read_text(encoding="ascii")
    values = [value for one in made for key, value in one.items() if key in ("password", "key", "token")]
    assert len(made) == len(values) == arguments.count("kv put -mount=secret -cas=0 examples/") == 10
    assert [value for value in values if value in arguments or len(value) < 24] == []
    (orders,) = (one for one in made if one.get("username") == "orders")
    assert orders["password"].startswith("it's $5 \"off\" \\ ")


def test_what_is_there_stays_and_other_refusals_end_it(vault_setup):
    assert vault_setup(IS_THERE).returncode == 0
    done = vault_setup(FORBIDDEN)
    assert done.returncode != 0 and "permission denied" in done.stderr
