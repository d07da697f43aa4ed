"""setup of manifests/examples/phoenix-guardian against a stand-in for Vault; tests/scenario has the real one."""

import copy
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import tomllib

import pytest
import yaml

from test_example_programs import SCENARIO, module

TIMEOUT = 60  # seconds: a hang guard
TOKEN = "hvs.NOT-FOR-STRANGERS"
CLOUDS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "kept-secret"}
KEY = "transit/keys/patient-data"
CONNECTION = "database/config/phoenix-guardian-db"


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


@pytest.fixture(name="password")
def fixture_password(tmp_path):
    file = tmp_path / "password"
    file.write_text("00123456\n", encoding="ascii")
    return f"--database-password-file={file}"


@pytest.fixture(name="setup")
def fixture_setup(vault, monkeypatch, capsys):
    """setup(options..., variables) -> {what: "made", "would make" or "is there"}; it fails as the program would."""
    program = module(SCENARIO / "setup")
    program.TRIES = 1

    def run(*words, **variables):
        for name, value in {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN, **variables}.items():
            monkeypatch.setenv(name, value)
        for name in set(CLOUDS) - set(variables):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(sys, "argv", ["setup", *words])
        capsys.readouterr()
        program.main()
        return {line[12:]: line[:12].strip() for line in capsys.readouterr().out.splitlines()}

    run.failure = program.Failure
    return run


def made(done):
    return {what for what, word in done.items() if word == "made"}


# --- what a run leaves behind


def test_second_run_changes_nothing(vault, setup, password):
    first = setup(password, "--with=aws", **CLOUDS)
    assert set(first.values()) == {"made"} and vault.secrets == {"password": "00123456", "secret_key": "kept-secret"}
    before = copy.deepcopy(vault.told)
    assert set(setup("--with=aws").values()) == {"is there"}
    assert vault.told == before


def test_option_that_is_not_given_leaves_what_is_there(vault, setup, password):
    setup(password, "--api-audience=of-another-cloud", "--database=pg:5432", "--database-ca=/ca.crt", "--token-ttl=60",
          "--database-ttl=30")
    before = copy.deepcopy(vault.told)
    assert {what.split()[-1] for what in made(setup("--with=aws", **CLOUDS))} == {"aws", "aws/roles/claims-archive"}
    assert vault.told["auth/kubernetes/role/phoenix-guardian-app"]["audience"] == "of-another-cloud"
    assert {path: vault.told[path] for path in before} == before
    assert "login api-gateway" in made(setup("--token-ttl=90"))
    assert vault.told["auth/kubernetes/role/phoenix-guardian-app"]["audience"] == "of-another-cloud"
    with pytest.raises(setup.failure, match="--database and --database-ca make one value"):
        setup("--database=elsewhere:5432")


def test_password_is_left_out_where_vault_has_one(vault, setup, password):
    """After --rotate-root the one in the file is worth nothing, and the connection can still be changed."""
    setup(password)
    vault.secrets.clear()
    assert made(setup("--database-user=other")) == {"connection phoenix-guardian-db"}
    assert vault.told[CONNECTION]["connection_details"]["username"] == "other" and vault.secrets == {}


def test_secret_that_vault_would_forget_is_wanted_for_a_change(vault, setup, password):
    setup(password, "--with=aws", **CLOUDS)
    before = copy.deepcopy(vault.told)
    with pytest.raises(setup.failure, match="AWS_SECRET_ACCESS_KEY is missing"):
        setup("--with=aws", "--aws-region=eu-west-1")
    assert vault.told == before
    assert made(setup("--with=aws", "--aws-region=eu-west-1", **CLOUDS)) == {"connection of aws"}


def test_secret_that_was_not_used_is_told(vault, setup, password):
    setup(password)
    vault.secrets.clear()
    done = setup(password)
    assert made(done) == set() and vault.secrets == {}
    assert "connection phoenix-guardian-db (the secret that was given was not used)" in done


@pytest.mark.parametrize("raw,says", [(None, "No such file"), (b"\xff", "it is no text")])
def test_password_file_that_cannot_be_read_is_named(setup, tmp_path, raw, says):
    file = tmp_path / "of-the-database"
    if raw:
        file.write_bytes(raw)
    with pytest.raises(setup.failure, match=f"--database-password-file: '{file}' cannot be read: {says}"):
        setup(f"--database-password-file={file}")


@pytest.mark.parametrize("words,variables,says", [
    ([], {}, "--database-password-file is missing"),
    (["--with=aws"], {"AWS_ACCESS_KEY_ID": "x"}, "AWS_SECRET_ACCESS_KEY is missing"),
    (["--with=gcp"], {}, "--gcp-account is missing")])
@pytest.mark.parametrize("dry", [["--dry-run"], []])
def test_what_is_missing_is_told_before_anything_is_made(vault, setup, password, tmp_path, words, variables, says, dry):
    if words:
        words = [password, *words]
    key = tmp_path / "google"
    key.write_text("{}", encoding="ascii")
    before = copy.deepcopy(vault.told)
    with pytest.raises(setup.failure, match=says):
        setup(*words, *dry, GOOGLE_APPLICATION_CREDENTIALS=str(key), **variables)
    assert vault.told == before


def test_audit_device_is_made_for_those_who_want_one(vault, setup, password):
    setup(password)
    assert not any("audit" in path for _, path in vault.asked)
    assert made(setup("--audit-file=/vault/audit/audit.log")) == {"audit device"}
    assert vault.told["sys/audit"]["file/"]["options"]["file_path"] == "/vault/audit/audit.log"


def test_without_the_login_it_names_who_makes_it(vault, setup):
    del vault.told["sys/auth/kubernetes"]
    with pytest.raises(setup.failure, match="run Keyhook's certs/setup first"):
        setup()


# --- what has drifted


def declared(*groups):
    for group in groups:
        yield from tomllib.loads((SCENARIO / f"vault/{group}.toml").read_text(encoding="utf-8"))["declared"]


COMPARED = {one["path"]: sorted(one["fields"]) for one in declared("aws", "database", "login", "pki")
            if not one.get("keep") and not one["path"].startswith("sys/")}


def place_of(told, name):
    name = {"root_rotation_statements": "root_credentials_rotate_statements"}.get(name, name)
    return (told if name in told else told["connection_details"]), name


def other(value):
    return not value if isinstance(value, bool) else value + 1 if isinstance(value, int) else f"other {value}"


def test_each_field_that_differs_is_set_right(vault, setup, password):
    given = [password, "--database=pg:5432", "--database-ca=", "--database-user=vault", "--aws-region=eu",
             "--aws-endpoint=x", "--api-audience=a", "--with=aws", *(f"--{name}=3600" for name in (
                 "token-ttl", "token-max-ttl", "database-ttl", "database-max-ttl", "certificate-ttl"))]
    setup(*given, **CLOUDS)
    before = copy.deepcopy(vault.told)
    for number in range(max(map(len, COMPARED.values()))):  # one of each path at a time
        drifted = [(path, names[number]) for path, names in COMPARED.items() if number < len(names)]
        for path, name in drifted:
            place, name = place_of(vault.told[path], name)
            place[name] = other(place[name])
        assert len(made(setup(*given, **CLOUDS))) == len(drifted), drifted
        assert json.dumps(vault.told, sort_keys=True) == json.dumps(before, sort_keys=True), drifted


@pytest.mark.parametrize("path,name", [
    (CONNECTION, "allowed_roles"),
    ("aws/roles/claims-archive", "policy_document"), ("aws/roles/claims-archive", "policy_arns"),
    ("pki-services/roles/api-gateway", "allow_any_name"), ("pki-services/roles/api-gateway", "allowed_uri_sans"),
    ("auth/kubernetes/role/api-gateway", "bound_service_account_namespace_selector"),
    ("auth/kubernetes/role/api-gateway", "token_period")])
def test_rights_that_somebody_added_are_among_them(path, name):
    assert name in COMPARED[path]


def test_empty_field_that_an_older_vault_does_not_have_is_no_difference(vault, setup, password):
    setup(password)
    del vault.told["auth/kubernetes/role/api-gateway"]["bound_service_account_namespace_selector"]
    assert made(setup()) == set()


def test_key_is_set_right_as_far_as_it_can(vault, setup, password):
    setup(password)
    vault.told[KEY] |= {"auto_rotate_period": 0, "deletion_allowed": True}
    assert made(setup()) == {"configuration of key patient-data"}
    assert vault.told[KEY]["auto_rotate_period"] == 2592000
    vault.told[KEY]["exportable"] = True
    with pytest.raises(setup.failure, match="key patient-data: exportable cannot be changed"):
        setup()


# --- what the token may do


def test_operator_policy_is_what_setup_asks(vault, setup, password, tmp_path):
    key = tmp_path / "google"
    key.write_text("{}", encoding="ascii")
    setup(password, "--with=aws", "--with=gcp", "--gcp-account=a@b", "--audit-file=/log",
          GOOGLE_APPLICATION_CREDENTIALS=str(key), **CLOUDS)
    vault.told["database/rotate-root/phoenix-guardian-db"] = {}
    setup("--rotate-root")
    rules = re.findall(r'path "([^"]+)" {\s+capabilities = (\[[^]]+\])',
                       (SCENARIO / "vault/operator.hcl").read_text(encoding="utf-8"))
    granted = {(right if right == "read" else "update", path) for path, rights in rules
               for right in set(json.loads(rights)) - {"sudo"}}
    assert granted == vault.asked


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
                          env=clean | {"VAULT_ADDR": vault.url, "VAULT_TOKEN": TOKEN} | variables,
                          timeout=TIMEOUT, check=False)
    assert done.returncode == 1 and says in done.stderr and done.stderr.count("\n") == 1
    assert TOKEN not in done.stderr + done.stdout


# --- what belongs together


def test_job_ends_before_its_credentials():
    with open(SCENARIO / "kubernetes/claims-export.yaml", encoding="utf-8") as file:
        deadline = yaml.safe_load(file)["spec"]["activeDeadlineSeconds"]
    wanted = {one["what"]: one["fields"] for one in declared("aws", "login")}
    assert deadline <= wanted["login claims-export"]["token_ttl"]
    assert wanted["lease of aws"]["lease"] == "1h0m0s" and deadline <= 3600
