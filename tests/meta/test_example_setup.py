"""setup of manifests/examples/phoenix-guardian against a stand-in for Vault; tests/scenario has the real one."""

import http.server
import json
import os
import subprocess
import threading
import tomllib

import pytest
import yaml

from test_example_programs import SCENARIO

TIMEOUT = 60  # seconds: a hang guard
TOKEN = "hvs.NOT-FOR-STRANGERS"
CLOUDS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "kept-secret"}
KEY = "transit/keys/patient-data"
CONNECTION = "database/config/phoenix-guardian-db"


def declared(*groups):
    for group in groups:
        yield from tomllib.loads((SCENARIO / f"vault/{group}.toml").read_text(encoding="utf-8"))["declared"]


class StandIn:
    """What Vault does with the paths that setup uses: what it keeps, shows, and refuses."""

    def __init__(self):
        self.told, self.secrets, self.asked, self.page = {}, {}, set(), None
        self.told["sys/auth/kubernetes"] = {"type": "kubernetes"}

    def read(self, path):
        for kind, word in (("sys/mounts/", "secret"), ("sys/auth/", "auth")):
            if path.startswith(kind) and path not in self.told:
                return 400, {"errors": [f"No {word} engine {'mount ' * (word == 'secret')}at {path[len(kind):]}/"]}
        return (200, {"data": self.told[path]}) if path in self.told else (404, {"errors": []})

    def write(self, path, body):
        if path in self.told and (path.startswith("sys/mounts/") or path == KEY):
            return (204, None) if path == KEY else (400, {"errors": ["path is already in use"]})
        if path == "pki-services/root/generate/internal":
            path, body = "pki-services/cert/ca", {"certificate": "x"}
        elif path == "sys/audit/file":
            path, body = "sys/audit", {"file/": body}
        for name in {"password", "secret_key", "credentials"} & set(body):
            self.secrets[name] = body.pop(name)
        if path == CONNECTION:
            names = {"connection_url", "username", "password_authentication"} & set(body)
            body["connection_details"] = {name: body.pop(name) for name in names}
            body["root_credentials_rotate_statements"] = body.pop("root_rotation_statements")
        self.told.setdefault(path.removesuffix("/config") if path.startswith(KEY) else path, {}).update(body)
        return 204, None


@pytest.fixture(name="vault")
def fixture_vault():
    stand_in = StandIn()

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, status, body):
            raw = stand_in.page or (b"" if body is None else json.dumps(body).encode())
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self):
            stand_in.asked.add(("read", self.path[4:]))
            self.answer(*stand_in.read(self.path[4:]))

        def do_POST(self):
            stand_in.asked.add(("update", self.path[4:]))
            self.answer(*stand_in.write(self.path[4:], json.loads(self.rfile.read(int(self.headers["Content-Length"])))))

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()


# --- what it cannot work with


@pytest.mark.parametrize("variables,says", [
    ({"VAULT_ADDR": ""}, "set VAULT_ADDR"),
    ({"VAULT_ADDR": "vault.example.org:8200"}, "set VAULT_ADDR, for example https://"),
    ({"VAULT_ADDR": "http://127.0.0.1:port"}, "check VAULT_ADDR"),
    ({"VAULT_TOKEN": ""}, "set VAULT_TOKEN"),
    ({"VAULT_TOKEN": TOKEN + "\r"}, "VAULT_TOKEN has the end of a line"),
    ({"VAULT_TOKEN": TOKEN + "\u2026"}, "VAULT_TOKEN has"),
    ({"VAULT_NAMESPACE": "a\nb"}, "VAULT_NAMESPACE has the end of a line"),
    ({"VAULT_CACERT": "nope.crt"}, "VAULT_CACERT: 'nope.crt'"),
    ({"VAULT_CACERT": __file__}, "VAULT_CACERT: "),
    ({}, "does not answer like Vault")])
def test_bad_settings_are_told_in_one_line_without_the_token(vault, variables, says):
    vault.page = b"<html>welcome</html>"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("VAULT_")}
    done = subprocess.run([SCENARIO / "setup", "--dry-run"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=clean | {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN} | variables, timeout=TIMEOUT, check=False)
    assert done.returncode == 1 and says in done.stderr and done.stderr.count("\n") == 1
    assert TOKEN not in done.stderr + done.stdout


# --- what belongs together


def test_job_ends_before_its_credentials():
    with open(SCENARIO / "kubernetes/claims-export.yaml", encoding="utf-8") as file:
        deadline = yaml.safe_load(file)["spec"]["activeDeadlineSeconds"]
    wanted = {one["what"]: one["fields"] for one in declared("aws", "login")}
    assert deadline <= wanted["login claims-export"]["token_ttl"]
    assert wanted["lease of aws"]["lease"] == "1h0m0s" and deadline <= 3600
