"""The programs of manifests/examples without a cluster: the small service, and vault-setup."""

import concurrent.futures
import contextlib
import http.client
import http.server
import importlib.machinery
import importlib.util
import itertools
import json
import os
import pathlib
import re
import socket
import stat
import subprocess
import sys
import threading
import types

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


@contextlib.contextmanager
def serving(handler):
    """The address of a server that has this handler; at the end all that it was asked is answered."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = False
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


# --- service.py

SERVICE = module(SCENARIO / "app/service.py")


def routes(**known):
    return type("Routes", (SERVICE.Handler,), {"routes": known.pop("routes"), **known})


@pytest.fixture(name="post", scope="module")
def fixture_post():
    """post(Content-Length, body) -> (status, answer)"""

    def post(length, body=b""):
        connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
        try:
            connection.putrequest("POST", "/echo")
            connection.putheader("Content-Length", length)
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    with serving(routes(routes={("POST", "echo"): lambda _, body: (200, body)})) as address:
        yield post


@pytest.mark.parametrize("body", [b"{", b"\xff", b"[" * 100000], ids=["cut", "no text", "deep"])
def test_what_is_no_json_is_the_callers_mistake(post, body, capfd):
    assert post(str(len(body)), body) == (400, {"error": "the body is not JSON"})
    assert capfd.readouterr() == ("POST /echo 400\n", "")


def test_words_of_a_failure_are_logged_as_plain_text(capfd):
    def fail(*_):
        raise LookupError("\x1b]0;owned\x07")

    with serving(routes(routes={("GET", "fail"): fail})) as address:
        connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
        connection.request("GET", "/fail")
        assert connection.getresponse().status == 500
    out, err = capfd.readouterr()
    assert err.splitlines()[0].startswith("Traceback") and "LookupError: \\x1b]0;owned\\x07" in err
    assert "\x1b" not in out + err


@pytest.mark.parametrize("length", ["-1", "-5", "+3", "3x", "", " ", "1_0", "9" * 5000])
def test_what_is_no_length_is_refused_unread(post, length):
    assert post(length) == (400, {"error": "Content-Length is not a length"})


def test_length_up_to_the_limit(post):
    most = json.dumps("x" * ((1 << 20) - 2)).encode()
    assert len(most) == 1 << 20 and post(str(len(most)), most)[0] == 200
    assert post(str((1 << 20) + 1)) == (413, {"error": "too large"})


LINES = {
    # a request line, the status that it is answered with (None: it is not), what is logged
    "a query": (b"GET /x?patient=p-1 HTTP/1.0\r\n\r\n", 404, "GET /x 404\n"),
    "signs for a terminal": (b"GET /\x1b[31mx\x9b HTTP/1.0\r\n\r\n", 404, "GET /\\x1b[31mx\\x9b 404\n"),
    "malformed": (b"\x1b[31m\r\n\r\n", 400, "- - 400\n"),
    "overlong": (b"GET /" + 65536 * b"x", 414, "- - 414\n"),
    "none": (b"", None, ""),
}


@pytest.mark.parametrize("line", LINES)
def test_every_request_line_is_answered_and_logged_as_plain_text(line, capfd):
    """Also one that is none; a connection that says nothing ends without a word."""
    sent, status, logged = LINES[line]
    handler = routes(routes={}, timeout=TIMEOUT if sent else 0.1)
    with serving(handler) as address, socket.create_connection(address, TIMEOUT) as connection:
        connection.sendall(sent)
        answer = b"".join(iter(lambda: connection.recv(4096), b""))
    assert (str(status).encode() in answer) if status else not answer
    assert capfd.readouterr() == (logged, "")


ENDING = """
import os, signal, socket, time, service
class Told(service.Server):
    def server_activate(self):
        super().server_activate()
        print(self.server_address[1], flush=True)
def slow(rest, body):
    os.kill(os.getpid(), signal.SIGTERM)
    while True:
        try:
            socket.create_connection(("127.0.0.1", int(rest)), 1).close()
        except OSError:  # it has stopped listening
            time.sleep(0.5)  # without a reason to wait it ends within this
            return 200, "whole"
service.Server = Told
service.serve({("GET", "slow"): slow}, 0)
"""


def test_a_request_that_is_being_answered_outlives_sigterm():
    with subprocess.Popen([sys.executable, "-B", "-c", ENDING], env=os.environ | {"PYTHONPATH": SCENARIO / "app"},
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as service:
        try:
            port = service.stdout.readline().strip()
            connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=TIMEOUT)
            connection.request("GET", f"/slow/{port}")
            assert json.loads(connection.getresponse().read()) == "whole"
            assert service.wait(TIMEOUT) == 0
        finally:
            service.kill()


# --- api_gateway.py


class Agent(http.server.BaseHTTPRequestHandler):
    """Answers as the agent does whose listener wants the header; anybody else is a proxy."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        is_asked = self.path.startswith("/v1/") and self.headers["X-Vault-Request"] == "true"
        self.send_response(200 if is_asked else 412)
        self.end_headers()
        self.wfile.write(b'{"data": {"ciphertext": "vault:v1:x"}}')

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin  # the base class's name
        pass


@pytest.fixture(name="gateway")
def fixture_gateway(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "service", SERVICE)
    monkeypatch.setenv("SECRETS", str(tmp_path))
    return lambda: module(SCENARIO / "app/api_gateway.py")


def test_gateway_asks_the_agent_and_no_proxy(gateway, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with serving(Agent) as (host, port):
        monkeypatch.setenv("AGENT", f"http://{host}:{port}")
        assert gateway().intake("", {"patient": "p-1"}) == (200, {"ciphertext": "vault:v1:x"})


class Enough(Exception):
    """Ends a loop that has no end."""


def test_certificate_is_looked_at_again_after_a_failure(gateway, monkeypatch, tmp_path, capsys):
    """A file that is not there, then one that is no certificate, then a good one, which is loaded once."""
    gateway, loaded, looks = gateway(), [], itertools.count()

    def load(file):
        if (text := file.read_text(encoding="ascii")) == "bad":
            raise gateway.ssl.SSLError("no certificate")
        loaded.append(text)

    def pause(_):
        texts = ["bad", "good", None, None]
        if (look := next(looks)) == len(texts):
            raise Enough
        if texts[look]:
            (tmp_path / "part").write_text(texts[look], encoding="ascii")
            (tmp_path / "part").rename(tmp_path / "tls.pem")

    monkeypatch.setattr(gateway.time, "sleep", pause)
    with pytest.raises(Enough):
        gateway.keep_certificate(types.SimpleNamespace(load_cert_chain=load))
    assert loaded == ["good"]
    assert capsys.readouterr().out.count("the certificate stays as it is") == 2


# --- encounter_service.py


class StandInVault:
    """hvac's client, of which Vault takes one login's token at a time; counts what it is asked."""

    def __init__(self, **_):
        self.token, self.good, self.asked = None, None, {"login": 0, "read": 0}
        self.auth = types.SimpleNamespace(kubernetes=types.SimpleNamespace(login=self.login))
        kv = types.SimpleNamespace(v2=types.SimpleNamespace(read_secret_version=self.read))
        self.secrets = types.SimpleNamespace(kv=kv)
        self.together = None  # a barrier, for threads that are refused at the same time

    def login(self, **_):
        self.asked["login"] += 1
        self.token = self.good = f"token {self.asked['login']}"

    def read(self, path, **_):
        token = self.token
        if self.together:
            self.together.wait(TIMEOUT)
        if token != self.good:
            self.together = None
            raise sys.modules["hvac.exceptions"].Forbidden
        self.asked["read"] += 1
        return {"data": {"data": {"base_url": f"https://example.org/{path}"}}}


@pytest.fixture(name="encounters")
def fixture_encounters(monkeypatch, tmp_path):
    """The module of Encounter Service, with stand-ins for what is not Debian's."""
    exceptions = types.SimpleNamespace(Forbidden=type("Forbidden", (Exception,), {}))
    for name, stand_in in {"hvac": types.SimpleNamespace(Client=StandInVault, exceptions=exceptions),
                           "hvac.exceptions": exceptions, "psycopg": types.SimpleNamespace(), "service": SERVICE}.items():
        monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.setenv("VAULT_ADDR", "https://127.0.0.1:1")
    monkeypatch.setenv("DATABASE_HOST", "127.0.0.1")
    monkeypatch.setitem(sys.modules, "guardian_vault", module(SCENARIO / "app/guardian_vault.py"))
    (tmp_path / "token").write_text("jwt", encoding="ascii")
    made = module(SCENARIO / "app/encounter_service.py")
    made.VAULT.token_file = tmp_path / "token"
    return made


def get(address, path):
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


@pytest.mark.parametrize("number", ["", "7", "zz", "{6781b017", "0" * 33])
def test_what_is_no_number_of_an_encounter_is_not_looked_for(encounters, number):
    assert encounters.get(number, None) == (404, {"error": "no such encounter"})


@pytest.mark.parametrize("body", [None, [], "patient note", {"patient": "p-1"}])
def test_encounter_without_patient_or_note_is_refused(encounters, body):
    assert encounters.add("", body) == (400, {"error": "patient and note are wanted"})


def test_many_requests_are_one_login_and_one_read_of_each_secret(encounters):
    with serving(routes(routes=encounters.ROUTES)) as address:
        for _ in range(10):
            assert get(address, "/sources") == (200, {name: f"https://example.org/api/{name}" for name in encounters.SOURCES})
    assert encounters.VAULT.client.asked == {"login": 1, "read": len(encounters.SOURCES)}


def test_token_that_ends_is_one_login_for_all_threads(encounters):
    """Four threads meet its end together."""
    vault = encounters.VAULT
    vault.secret("first")
    vault.client.good, vault.client.together = None, threading.Barrier(4)
    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        assert len(list(threads.map(vault.secret, "abcd"))) == 4
    assert vault.client.asked == {"login": 2, "read": 5}


# --- what is written about them


@pytest.mark.parametrize("page", sorted(EXAMPLES.rglob("*.md")), ids=lambda page: page.parent.name)
def test_no_command_line_has_a_secret(page):
    """It would be in the shell's history, and seen by everybody on the machine."""
    blocks = re.findall(r"^```sh.*?^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert [found for block in blocks for found in re.findall(r"(?i)\w*(?:token|password|key)=\S+", block)] == []


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
