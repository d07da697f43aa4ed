"""certs/setup against a real Vault: what it makes, that a second run changes nothing, and what it says."""

import http.server
import json
import subprocess
import threading

import pytest

import kube
from keyhook import PLAIN_PORT, PORT, program
from pki import anchors, Pki
from process import clean_environment, ROOT
from web import Client


@pytest.fixture(name="bare")
def fixture_bare(vault, installation):
    """Names of an installation for which nothing was made yet."""
    return Pki(vault, installation)


def lines(done):
    assert done.returncode == 0, done.stderr
    firsts = [line.split()[0] for line in done.stdout.splitlines()]
    return [word for word in firsts if word in ("made", "would", "is")]


def plain_setup(pki, *options):
    """The script with these options alone: what is not given has the script's own default."""
    settings = {"VAULT_ADDR": pki.vault.first_node.url(), "VAULT_CACERT": pki.vault.ca_file,
                "VAULT_TOKEN": pki.vault.root_token}
    return subprocess.run([ROOT / "certs" / "setup", *options], env=clean_environment(**settings),
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)


def state(pki):
    """All that the script makes, as the server shows it."""
    paths = [f"{pki.path}/roles/{pki.role}", f"sys/policies/acl/{pki.policy}", f"auth/{pki.auth}/config",
             f"auth/{pki.auth}/role/{pki.auth_role}", f"{pki.path}/ca/pem", f"{pki.root}/ca/pem"]
    found = [pki.client.ask("GET", f"/v1/{path}") for path in paths]
    return [a.text() if path.endswith("pem") else a.body.get("data", a.body.get("errors"))
            for path, a in zip(paths, found)]


def test_a_dry_run_does_nothing(bare):
    mounts = bare.client.ask("GET", "/v1/sys/mounts").body["data"]
    assert set(lines(bare.setup("--dry-run"))) == {"would"}
    assert bare.client.ask("GET", "/v1/sys/mounts").body["data"] == mounts
    assert bare.client.ask("GET", f"/v1/sys/policies/acl/{bare.policy}").status == 404
    assert bare.client.ask("GET", f"/v1/sys/auth/{bare.auth}").status == 400


def test_a_second_run_changes_nothing(bare):
    assert set(lines(bare.setup())) == {"made"}
    before = state(bare)
    assert set(lines(bare.setup())) == {"is"}
    assert set(lines(bare.setup("--dry-run"))) == {"is"}
    assert state(bare) == before


def test_what_was_changed_is_set_right(bare):
    bare.must_setup()
    before = state(bare)
    bare.client.need("PATCH", f"/v1/{bare.path}/roles/{bare.role}", {"client_flag": True},
                     "application/merge-patch+json")
    bare.client.need("PUT", f"/v1/sys/policies/acl/{bare.policy}", {"policy": 'path "*" {capabilities=["read"]}'})
    done = bare.setup()
    assert sorted(lines(done)) == ["is"] * 7 + ["made"] * 2, done.stdout
    assert state(bare) == before


def test_the_policy_is_one_path(bare):
    bare.must_setup()
    found = bare.client.need("GET", f"/v1/sys/policies/acl/{bare.policy}")["data"]["policy"]
    rules = [line for line in found.splitlines() if line.startswith("path")]
    assert rules == [f'path "{bare.path}/sign/{bare.role}" {{']


def test_the_role_gives_the_names_and_nothing_else(bare):
    bare.must_setup("--host", "hooks.example.com")
    role = bare.client.need("GET", f"/v1/{bare.path}/roles/{bare.role}")["data"]
    assert role["allowed_domains"] == [bare.installation.host, "hooks.example.com"]
    assert (role["key_type"], role["server_flag"], role["client_flag"]) == ("ec", True, False)
    for name, status in ((bare.installation.host, 200), ("hooks.example.com", 200), ("example.com", 400),
                         (f"x.{bare.installation.host}", 400), ("*.example.com", 400), ("localhost", 400)):
        answer = bare.client.ask("POST", f"/v1/{bare.path}/issue/{bare.role}", {"common_name": name})
        assert answer.status == status, answer.text()


def test_another_intermediate(bare):
    bare.must_setup()
    old = bare.anchor()
    assert lines(bare.setup("--rotate")).count("made") == 1
    assert bare.anchor() != old
    root = anchors(bare.client.ask("GET", f"/v1/{bare.root}/ca/pem").text())
    assert len(root) == 1 and bare.anchor() not in root
    keys = bare.client.ask("LIST", f"/v1/{bare.path}/issuers").body["data"]["keys"]
    assert len(keys) == 2  # what the old one has signed stays valid


def test_another_intermediate_and_nothing_else(bare):
    """Whoever rotates does not have to know what the roles were made with."""
    at = bare.installation
    mounts = ["--pki", bare.path, "--root", bare.root, "--auth", bare.auth, "--policy", bare.policy]
    bare.must_setup("--auth-role", "keyhook", "--audience", "theirs", "--ttl", "3600", "--host", "hooks.example.com")
    bare.auth_role = "keyhook"
    *others, old, root = state(bare)
    assert others[0]["allowed_domains"] == [at.host, "hooks.example.com"]
    done = plain_setup(bare, "--rotate", *mounts)
    assert lines(done).count("made") == 1, done.stdout
    *others_now, new, root_now = state(bare)
    assert (others_now, root_now) == (others, root)
    assert new != old


def test_nothing_to_rotate(bare):
    for options, words in (([], f"{bare.path} has no authority yet"),
                           (["--root", f"other-{bare.root}"], f"other-{bare.root} has no authority")):
        done = bare.setup("--rotate", *options)
        assert done.returncode == 1 and words in done.stderr, done.stderr
        bare.must_setup()
    assert bare.client.ask("GET", f"/v1/sys/mounts/other-{bare.root}").status == 400


def test_an_auth_method_without_configuration(bare):
    """Its logins end with "could not load backend configuration": said now rather than then."""
    at = bare.installation
    names = ["--pki", bare.path, "--root", bare.root, "--auth", bare.auth, "--policy", bare.policy,
             "--namespace", at.namespace, "--account", at.account]
    for options in (["--dry-run"], [], []):
        done = plain_setup(bare, *names, *options)
        assert done.returncode == 0, done.stderr
        assert f"auth method {bare.auth} has no configuration" in done.stderr and "--kubernetes-host" in done.stderr
    configured = plain_setup(bare, *names, "--kubernetes-host", f"https://{kube.HOST}",
                             "--kubernetes-ca", at.cluster.authority.certificate)
    assert (lines(configured).count("made"), configured.stderr) == (1, "")
    done = plain_setup(bare, *names)
    assert (set(lines(done)), done.stderr) == ({"is"}, "")


def test_what_keyhook_is_to_be_started_with(bare):
    at = bare.installation
    shown = bare.must_setup("--host", "hooks.example.com", "--audience", "theirs", "--ttl", "7200")
    for words in (f"-pki-address {bare.vault.first_node.url()}", f"-pki-path {bare.path}", f"-pki-role {bare.role}",
                  "-pki-ttl 7200s", f"-pki-auth-path auth/{bare.auth}", f"-pki-auth-role {bare.auth_role}",
                  f"-tls-auto-hosts {at.host},hooks.example.com", "-pki-ca-file",
                  "audience 'theirs'", "/var/run/secrets/keyhook/vault/token"):
        assert words in shown, shown


def test_an_issuer_that_is_there(bare):
    done = bare.setup("--existing")
    assert done.returncode == 1 and f"{bare.path} has no issuer" in done.stderr
    bare.client.need("POST", f"/v1/sys/mounts/{bare.path}", {"type": "pki"})
    done = bare.setup("--existing")
    assert done.returncode == 1 and f"{bare.path} has no issuer" in done.stderr
    bare.client.need("POST", f"/v1/{bare.path}/root/generate/internal", {"common_name": "theirs", "key_type": "ec"})
    theirs = bare.anchor()
    bare.must_setup("--existing")
    assert bare.anchor() == theirs
    assert bare.client.ask("GET", f"/v1/{bare.root}/ca/pem").status == 404


def operator(pki):
    """A token with certs/operator.hcl, for the names of this installation."""
    text = (ROOT / "certs" / "operator.hcl").read_text(encoding="utf-8")
    for theirs, ours in (("pki-root", pki.root), ("pki/", f"{pki.path}/"), ('mounts/pki"', f'mounts/{pki.path}"'),
                         ("auth/kubernetes", f"auth/{pki.auth}"), ("acl/keyhook", f"acl/{pki.policy}")):
        text = text.replace(theirs, ours)
    name = f"operator-{pki.installation.name}"
    pki.client.need("PUT", f"/v1/sys/policies/acl/{name}", {"policy": text})
    made = pki.client.need("POST", "/v1/auth/token/create", {"policies": [name], "ttl": "1h"})
    return made["auth"]["client_token"]


def test_the_operators_policy_is_enough(bare):
    token = operator(bare)
    assert set(lines(bare.setup("--dry-run", token=token))) == {"would"}
    assert set(lines(bare.setup(token=token))) == {"made"}
    assert set(lines(bare.setup(token=token))) == {"is"}
    assert lines(bare.setup("--rotate", token=token)).count("made") == 1


def test_a_login_with_the_service_account(bare):
    bare.must_setup()
    at = bare.installation
    plain = Client(bare.vault.first_node.address, 8200, bare.vault.ca_file)
    for audience, status in (("vault", 200), (None, 403)):
        jwt = at.cluster.token(at.namespace, at.account, audience)
        login = {"role": bare.auth_role, "jwt": jwt}
        assert plain.ask("POST", f"/v1/auth/{bare.auth}/login", login).status == status, audience
    jwt = at.cluster.token(at.apps, "default", "vault")
    assert plain.ask("POST", f"/v1/auth/{bare.auth}/login", {"role": bare.auth_role, "jwt": jwt}).status == 403


def test_a_login_with_the_pods_usual_token(bare):
    """A chart that projects no token of its own: the audience is then that of the API server."""
    bare.must_setup("--audience", kube.ISSUER)
    at = bare.installation
    plain = Client(bare.vault.first_node.address, 8200, bare.vault.ca_file)
    for audience, status in ((None, 200), ("vault", 403)):
        login = {"role": bare.auth_role, "jwt": at.cluster.token(at.namespace, at.account, audience)}
        assert plain.ask("POST", f"/v1/auth/{bare.auth}/login", login).status == status, audience


def test_a_release_of_the_chart_of_vault_k8s(bare, replica):
    """What the migration page says: three host names, the pod's usual token, and variables alone."""
    at = bare.installation
    hosts = [at.service, f"{at.service}.{at.namespace}", at.host]
    bare.must_setup("--host", hosts[0], "--host", hosts[1], "--audience", kube.ISSUER)
    one = replica(11, command=[program(), "agent-inject", "2>&1"])
    chart = {"TLS_AUTO": at.hook, "TLS_AUTO_HOSTS": ",".join(hosts), "LISTEN": f"{one.address}:{PORT}"}
    extra = {"PKI_ADDRESS": bare.vault.first_node.url(), "PKI_ROLE": bare.role, "PKI_AUTH_ROLE": bare.auth_role,
             "PKI_TTL": "72h", "PKI_PATH": bare.path, "PKI_AUTH_PATH": f"auth/{bare.auth}",
             "PKI_CA_FILE": bare.vault.ca_file}
    rig = {"PKI_JWT_FILE": one.account / "token", "KUBE_DIR": one.account, "PLAIN_LISTEN": f"{one.address}:{PLAIN_PORT}"}
    one.process.env.update({f"AGENT_INJECT_{name}": value for name, value in chart.items()})
    one.process.env.update({f"KEYHOOK_{name}": str(value) for name, value in (extra | rig).items()})
    one.start()
    try:
        one.wait_ready()
        assert anchors(at.bundle()[0]) == {bare.anchor()}
    finally:
        one.kill()


@pytest.mark.parametrize("options, words", [
    (["--colour", "red"], "--colour is not an option"),
    (["--pki"], "--pki wants a value"),
    (["--pki", 'a"b'], "is not a name of letters"),
    (["--ttl", "1h"], "'1h' is not a number of seconds"),
    (["--kubernetes-ca", "/nowhere/ca.crt"], "'/nowhere/ca.crt' cannot be read"),
    (["--rotate", "--existing"], "choose one"),
])
def test_options_that_cannot_work(bare, options, words):
    done = bare.setup(*options)
    assert done.returncode == 1 and words in done.stderr


def test_trouble_with_the_server_is_explained(bare, vault):
    done = bare.setup(token="no-token-at-all")
    assert done.returncode == 1 and "certs/operator.hcl" in done.stderr and "no-token-at-all" not in done.stderr
    done = bare.setup(VAULT_ADDR="https://10.66.0.21:1")
    assert done.returncode == 1 and "check VAULT_ADDR" in done.stderr
    done = bare.setup(VAULT_ADDR="")
    assert done.returncode == 1 and "set VAULT_ADDR" in done.stderr
    bare.client.need("POST", f"/v1/sys/mounts/{bare.path}", {"type": "kv"})
    done = bare.setup()
    assert done.returncode == 1 and f"{bare.path}: there is something else than pki" in done.stderr
    vault.first_node.seal()
    try:
        done = bare.setup()
        assert done.returncode == 1 and "is sealed" in done.stderr
    finally:
        vault.first_node.unseal()
        vault.first_node.wait_usable()


HEALTH = {"initialized": True, "sealed": False, "standby": False, "version": "9.9.9"}


@pytest.fixture(name="stranger")
def fixture_stranger():
    """stranger(paths) -> address of a server that answers these paths with (status, JSON), all others with 400."""
    running = []

    def begin(paths):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers.get("X-Vault-Token")))
                status, body = paths.get(self.path, (400, {"errors": ["no such thing"]}))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body, separators=(",", ":")).encode())

            def log_message(self, *_):
                pass

        seen = []
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        running.append((server, thread))
        return f"http://127.0.0.1:{server.server_port}", seen

    yield begin
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_server_that_is_not_vault(bare, stranger):
    for paths in ({}, {"/v1/sys/health": (200, {"status": "ok"})}):
        address, seen = stranger(paths)
        done = bare.setup("--dry-run", VAULT_ADDR=address)
        assert done.returncode == 1 and "does not answer like Vault or OpenBao" in done.stderr, done.stdout
        assert seen == [("/v1/sys/health", None)]  # the token is not for strangers


def test_an_answer_that_vault_does_not_give(bare, stranger):
    """Only what says "not there" means that something has to be made."""
    address, _ = stranger({"/v1/sys/health": (200, HEALTH)})
    done = bare.setup("--dry-run", VAULT_ADDR=address)
    assert done.returncode == 1 and "answered 400 to GET" in done.stderr, done.stdout
    address, _ = stranger({"/v1/sys/health": (501, dict(HEALTH, initialized=False, sealed=True))})
    done = bare.setup("--dry-run", VAULT_ADDR=address)
    assert done.returncode == 1 and "not initialised" in done.stderr


def test_the_wrong_scheme(bare):
    done = bare.setup("--dry-run", VAULT_ADDR=bare.vault.first_node.url().replace("https://", "http://"))
    assert done.returncode == 1 and "speaks TLS: write https://" in done.stderr, done.stderr


def test_the_names_of_openbao(bare):
    """The same settings under BAO_, as OpenBao's own client has them."""
    done = bare.setup("--dry-run", VAULT_ADDR="", VAULT_TOKEN="", VAULT_CACERT="",
                      BAO_ADDR=bare.vault.first_node.url(), BAO_TOKEN=bare.vault.root_token,
                      BAO_CACERT=bare.vault.ca_file)
    assert set(lines(done)) == {"would"}
    assert json.dumps(done.stdout).count(bare.vault.root_token) == 0
