"""src/vault against a fake Vault: login, the life of a token, signing, health, classes of failure."""

import os
import time

import pytest
from cryptography import x509

from caller import wait_for
from fakes.authority import make_csr

SECOND = 1_000_000
JWT = "the.projected.token"
END = "-----END CERTIFICATE-----\n"
ENDED = "1 error occurred:\n\t* permission denied\n\n"


def outcome(reply):
    return reply["rc"], reply["failure"]


def certificates(pem):
    assert pem.endswith(END) and "----------" not in pem
    return [x509.load_pem_x509_certificate((part + END).encode())
            for part in pem.split(END)[:-1]]


# --- signing


@pytest.mark.parametrize("flavour", ["vault", "openbao"])
def test_signs(client, fake_vault, ask, flavour):
    vault = fake_vault(flavour=flavour)
    one = client(vault)
    reply = one.good("sign", ask)
    (leaf,) = certificates(reply["leaf"])
    (issuer,) = certificates(reply["issuing_ca"])
    assert leaf.issuer == issuer.subject and reply["chain"] == reply["issuing_ca"]
    assert reply["warnings"] == ""
    assert (reply["logins"], reply["signs"], reply["failures"]) == (1, 1, {})
    login, sign = vault.seen()
    assert (login.method, login.path) == ("POST", "/v1/auth/kubernetes/login")
    assert login.json == {"role": "keyhook", "jwt": JWT} and "x-vault-token" not in login.headers
    assert (sign.method, sign.path) == ("POST", "/v1/pki/sign/keyhook")
    assert sign.json == {"csr": ask["csr"], "ttl": "3600s", "format": "pem"}
    assert sign.headers["x-vault-token"] in vault.tokens
    for request in (login, sign):
        assert request.headers["x-vault-request"] == "true"
        assert request.headers["content-type"] == "application/json"
        assert "x-vault-namespace" not in request.headers


def test_a_token_is_used_again(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault)
    for _ in range(3):
        reply = one.good("sign", ask)
    assert (reply["logins"], reply["signs"], reply["token_renewals"]) == (1, 3, 0)
    assert vault.connections == 1


def test_chains(client, fake_vault, ask):
    vault = fake_vault()
    pki = vault.pki["pki"]
    middle = pki.add_issuer(parent=pki.root)
    pki.add_issuer(parent=middle)
    one = client(vault)
    for default, length in ((2, 3), (1, 2), (0, 1)):
        pki.default = default  # flipped between two calls
        reply = one.good("sign", ask)
        (leaf,) = certificates(reply["leaf"])
        chain = certificates(reply["chain"])
        assert leaf.issuer == chain[0].subject and len(chain) == length
        assert reply["chain"].startswith(reply["issuing_ca"])
    for play in ({"drop": ["data.ca_chain"]}, {"merge": {"data": {"ca_chain": None}}},
                 {"merge": {"data": {"ca_chain": []}}}):
        vault.script("sign", times=1, **play)
        reply = one.good("sign", ask)
        assert reply["chain"] == reply["issuing_ca"]


@pytest.mark.parametrize("data", [
    {"certificate": None}, {"certificate": ""}, {"certificate": 7}, {"certificate": "no PEM"},
    {"certificate": "-----BEGIN CERTIFICATE-----"}, {"issuing_ca": ["x"]}, {"issuing_ca": None},
    {"certificate": "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"
     "-----BEGIN EC PRIVATE KEY-----\nAA\n-----END EC PRIVATE KEY-----"},
    {"certificate": 2 * "-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----\n"},
    {"ca_chain": "text"}, {"ca_chain": [1]}, {"ca_chain": [""]}, {"ca_chain": {"a": 1}},
    {"ca_chain": ["-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----"] * 9},
    {"issuing_ca": f"-----BEGIN CERTIFICATE-----\n{'A' * 70000}\n-----END CERTIFICATE-----"}],
    ids=lambda data: str(data)[:40])
def test_a_signature_that_is_none(client, fake_vault, ask, data):
    vault = fake_vault()
    vault.script("sign", merge={"data": data})
    reply = client(vault).do("sign", ask)
    assert outcome(reply) == (-1, "protocol") and reply["failures"] == {"protocol": 1}
    assert reply["leaf"] == reply["issuing_ca"] == reply["chain"] == reply["warnings"] == ""
    assert reply["signs"] == 0 and next(iter(data)) in reply["message"] or "CA" in reply["message"]


@pytest.mark.parametrize("play", [
    {"body": "<html>not JSON</html>", "headers": {"Content-Type": "text/html"}}, {"body": "[]"},
    {"status": 204}, {"body": ""}, {"body": "{"}, {"fault": "garbage"}, {"status": 302},
    {"fault": "big_body", "size": 1 << 21}, {"status": 418, "errors": ["tea"]}])
def test_not_a_vault(client, fake_vault, ask, play):
    for endpoint in ("login", "sign"):
        vault = fake_vault()
        vault.script(endpoint, **play)
        reply = client(vault).do("sign", ask)
        assert outcome(reply) == (-1, "protocol"), reply


def test_a_content_type_does_not_matter(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("*", headers={"Content-Type": "text/plain"})
    client(vault).good("sign", ask)


def test_a_life_that_is_capped(client, fake_vault, ask):
    vault = fake_vault()
    vault.pki["pki"].roles["keyhook"] = {"max_ttl": 60}
    reply = client(vault).good("sign", ask)
    (leaf,) = certificates(reply["leaf"])
    assert (leaf.not_valid_after - leaf.not_valid_before).total_seconds() <= 95
    assert "maxTTL" in reply["warnings"] and "the CA ends" not in reply["warnings"]


@pytest.mark.parametrize("skew", [0, 7200, -7200])
@pytest.mark.parametrize("max_ttl", [None, 1800])
def test_a_life_past_the_cas_end(client, fake_vault, ask, skew, max_ttl):
    """Refused, then asked for what is left, whatever our own clock says."""
    vault = fake_vault()
    pki = vault.pki["pki"]
    vault.skew = skew
    pki.default = 1
    pki.add_issuer(parent=pki.root, ttl=600 + skew)
    pki.roles["keyhook"] = {"max_ttl": max_ttl} if max_ttl else {}
    reply = client(vault).good("sign", ask)
    (leaf,) = certificates(reply["leaf"])
    left = leaf.not_valid_after.timestamp() - vault.clock()
    assert left <= 600
    assert "the CA ends" in reply["warnings"]
    assert reply["failures"]["bad_request"] < 8 and reply["logins"] == 1
    if not max_ttl:
        assert left > 400 and reply["failures"] == {"bad_request": 1}


@pytest.mark.parametrize("words", [
    "cannot satisfy request, beyond the expiration of the CA",
    "notAfter of never that is beyond the expiration of the CA certificate at some time"])
def test_a_refusal_without_dates_halves_the_life(client, fake_vault, ask, words):
    vault = fake_vault()
    vault.script("sign", status=400, errors=[words], times=3)
    reply = client(vault).good("sign", ask)
    assert [r.json["ttl"] for r in vault.seen("sign")] == ["3600s", "1800s", "900s", "450s"]
    assert "the CA ends" in reply["warnings"]


def test_a_refusal_without_end(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("sign", status=400, errors=["beyond the expiration of the CA"])
    assert outcome(client(vault).do("sign", ask)) == (-1, "bad_request")
    assert len(vault.seen("sign")) == 8
    reply = client(vault).do("sign", {**ask, "ttl": 3})
    assert outcome(reply) == (-1, "bad_request") and len(vault.seen("sign")) == 9


def test_a_ca_at_its_end(client, fake_vault, ask):
    vault = fake_vault()
    pki = vault.pki["pki"]
    pki.default = 1
    pki.add_issuer(parent=pki.root, ttl=3)
    reply = client(vault).do("sign", ask)
    assert outcome(reply) == (-1, "bad_request") and "expiration of the CA" in reply["message"]


def test_warnings_are_lines(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("sign", merge={"warnings": [
        "one\n\ttwo", "", 7, None, "\x1b[31mred", "x" * 900, "y" * 900, "-----BEGIN hidden"]})
    lines = client(vault).good("sign", ask)["warnings"].split("\n")
    assert lines[:2] == ["one two", "\\x1b[31mred"] and lines[-1] == ""
    assert lines[2] == "x" * 300 + "..." and "hidden" not in str(lines)
    assert sum(map(len, lines)) < 2048


@pytest.mark.parametrize("bad", [
    {"pki_path": ""}, {"role": ""}, {"ttl": 1}, {"ttl": -5}, {"role": "a/b"}, {"role": ".."},
    {"pki_path": "a//b"}, {"pki_path": "a/../b"}, {"pki_path": "a b"}, {"pki_path": "a?x=1"},
    {"role": "é"}, {"role": "a%2fb"}, {"pki_path": "x" * 600}])
def test_a_bad_request_of_ours(client, fake_vault, ask, bad):
    vault = fake_vault()
    reply = client(vault).do("sign", {**ask, **bad})
    assert outcome(reply) == (-1, "local") and reply["code"] == "usage"
    assert not vault.seen("sign")


def test_paths_are_made_clean(client, fake_vault, ask):
    vault = fake_vault()
    vault.pki["a/pki"] = vault.pki["pki"]
    vault.auth_mount = "k8s/one"
    one = client(vault, address=vault.address + "/", auth_path="/auth/k8s/one/")
    one.good("sign", {**ask, "pki_path": "//a/pki//"})
    assert [r.path for r in vault.seen()] == ["/v1/auth/k8s/one/login", "/v1/a/pki/sign/keyhook"]


@pytest.mark.parametrize("settings", [
    {"auth_path": ""}, {"auth_role": ""}, {"jwt_file": ""}, {"auth_role": "a b"},
    {"auth_path": "a/../b"}, {"namespace": "a\nb"}, {"namespace": "a//b"}, {"address": ""},
    {"address": "http://127.0.0.1:1"}, {"address": "https://u:p@127.0.0.1:1"}])
def test_settings_that_cannot_be(caller, settings):
    good = {"address": "https://127.0.0.1:1", "auth_path": "kubernetes", "auth_role": "r",
            "jwt_file": "/dev/null"}
    one = caller()
    one.good("vault", good)
    reply = one.do("vault", {**good, **settings})
    assert (reply["rc"], reply["code"]) == (-1, "usage") and reply["message"]


# --- namespaces


def test_a_namespace(client, fake_vault, ask):
    vault = fake_vault(flavour="openbao")
    vault.namespace = "team/one"
    one = client(vault, namespace="team/one/")
    one.good("sign", ask)
    one.good("health")
    assert [r.headers.get("x-vault-namespace") for r in vault.seen()] == ["team/one", "team/one",
                                                                          None]
    assert outcome(client(vault).do("sign", ask)) == (-1, "login")


# --- classes of failure


CLASSES = [
    (dict(status=400, errors=["role requires keys of type rsa"]), "login", "bad_request"),
    (dict(status=403, errors=["permission denied"]), "login", "forbidden"),
    (dict(status=403, errors=[]), "login", "forbidden"),
    (dict(status=404, errors=[]), "not_found", "not_found"),
    (dict(status=405, errors=[]), "not_found", "not_found"),
    (dict(status=412, errors=[]), "standby", "standby"),
    (dict(status=429, errors=["quota"]), "throttled", "throttled"),
    (dict(status=500, errors=["internal error"]), "server", "server"),
    (dict(status=500, errors=["local node not active but active cluster node not found"]),
     "standby", "standby"),
    (dict(status=502, body="<html>"), "server", "server"),
    (dict(status=503, errors=["Vault is sealed"]), "sealed", "sealed"),
    (dict(status=503, errors=["namespace is sealed"]), "sealed", "sealed"),
    (dict(status=503, errors=["Vault is not initialized"]), "sealed", "sealed"),
    (dict(status=503, errors=["no active Vault instance found"]), "standby", "standby"),
    (dict(status=503, body="upstream connect error"), "server", "server"),
    (dict(fault="close"), "unreachable", "unreachable"),
    (dict(fault="reset_after_head"), "unreachable", "unreachable"),
    (dict(fault="truncated"), "unreachable", "unreachable"),
]


@pytest.mark.parametrize("play, at_login, at_sign", CLASSES)
def test_classes(client, fake_vault, ask, play, at_login, at_sign):
    for endpoint, failure in (("login", at_login), ("sign", at_sign)):
        vault = fake_vault()
        vault.script(endpoint, **play)
        one = client(vault)
        reply = one.do("sign", ask)
        assert outcome(reply) == (-1, failure), reply
        assert reply["failures"] == {failure: 1} and reply["code"] == "io"
        assert vault.address in reply["message"]
        if "errors" in play and play["errors"]:
            assert f"status {play['status']}: {play['errors'][0]}" in reply["message"]
        vault.clear()
        assert one.good("sign", ask)["signs"] == 1, "and it recovers"


def test_retry_after(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault)
    for endpoint in ("login", "sign"):
        vault.script(endpoint, status=429, errors=["q"], headers={"Retry-After": "9"}, times=1)
        assert one.do("sign", ask)["retry_after"] == 9 * SECOND
        assert one.good("sign", ask)["retry_after"] == 0


def test_nobody_there(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault)
    vault.stop()
    assert outcome(one.do("sign", ask)) == (-1, "unreachable")


def test_another_certificate(client, fake_vault, ask):
    vault = fake_vault()
    vault.use_certificate(names=["elsewhere.test"])
    assert outcome(client(vault).do("sign", ask)) == (-1, "untrusted")
    client(vault, server_name="elsewhere.test").good("sign", ask)


def test_a_timeout(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("sign", fault="hang")
    one = client(vault, total_timeout=SECOND // 2)
    assert outcome(one.do("sign", ask)) == (-1, "unreachable")


def test_refusals_of_the_fake(client, fake_vault, ask):
    """The same by what a real Vault has: a role, a mount, a key that do not fit."""
    vault = fake_vault()
    assert outcome(client(vault, auth_role="nobody").do("sign", ask)) == (-1, "login")
    assert outcome(client(vault, auth_path="other").do("sign", ask)) == (-1, "login")
    one = client(vault)
    assert outcome(one.do("sign", {**ask, "pki_path": "other"})) == (-1, "not_found")
    assert outcome(one.do("sign", {**ask, "role": "other"})) == (-1, "bad_request")
    assert outcome(one.do("sign", {**ask, "csr": "x"})) == (-1, "bad_request")
    vault.pki["pki"].roles["keyhook"] = {"names": ["other.svc"]}
    reply = one.do("sign", ask)
    assert outcome(reply) == (-1, "bad_request") and "not allowed by this role" in reply["message"]
    vault.pki["pki"].roles["keyhook"] = {"key_type": "rsa"}
    assert "keys of type rsa" in one.do("sign", ask)["message"]
    vault.sealed = True
    assert outcome(one.do("sign", ask)) == (-1, "sealed")
    vault.sealed, vault.jwts = False, set()
    vault.revoke_all()
    reply = one.do("sign", ask)
    assert outcome(reply) == (-1, "login") and reply["message"].startswith("sign: login with role")


# --- redirects


@pytest.fixture
def pair(fake_vault, authority):
    """A standby that redirects, and the leader."""

    def make(**options):
        standby, leader = (fake_vault(authority=authority, **options) for _ in range(2))
        for path in ("auth/kubernetes/login", "pki/sign/keyhook"):
            standby.script(path.split("/")[-2].replace("kubernetes", "login"), status=307,
                           headers={"Location": f"{leader.address}/v1/{path}"})
        return standby, leader

    return make


def test_a_redirect_is_followed_once(client, pair, ask):
    standby, leader = pair()
    reply = client(standby).good("sign", ask)
    assert reply["failures"] == {}
    for seen in (standby.seen(), leader.seen()):
        assert [r.path for r in seen] == ["/v1/auth/kubernetes/login", "/v1/pki/sign/keyhook"]
    assert [r.body for r in standby.seen()] == [r.body for r in leader.seen()]
    assert leader.seen("sign")[0].headers["x-vault-token"] in leader.tokens


def test_a_redirect_without_tls(client, pair, ask):
    standby, leader = pair(tls=False)
    client(standby).good("sign", ask)
    assert len(leader.seen()) == 2


def test_a_redirect_loop(client, pair, ask):
    standby, leader = pair()
    for endpoint, path in (("login", "auth/kubernetes/login"), ("sign", "pki/sign/keyhook")):
        leader.script(endpoint, status=307, headers={"Location": f"{standby.address}/v1/{path}"})
    assert outcome(client(standby).do("sign", ask)) == (-1, "standby")
    assert len(standby.seen()) == len(leader.seen()) == 1


def test_a_redirect_to_another_ca(client, pair, fake_vault, ask):
    standby, _leader = pair()
    stranger = fake_vault()
    standby.clear()
    standby.script("login", status=307,
                   headers={"Location": f"{stranger.address}/v1/auth/kubernetes/login"})
    assert outcome(client(standby).do("sign", ask)) == (-1, "untrusted")
    assert not stranger.seen()


@pytest.mark.parametrize("location", [
    None, "", "/v1/auth/kubernetes/login", "http://127.0.0.1:1/v1/auth/kubernetes/login",
    "https://u:p@127.0.0.1:1/v1/auth/kubernetes/login", "ftp://127.0.0.1/v1/auth/kubernetes/login",
    "https://127.0.0.1:1/v1/auth/token/create", "https://127.0.0.1:1/x?/v1/auth/kubernetes/login",
    "https://127.0.0.1:99999/v1/auth/kubernetes/login", "https:///v1/auth/kubernetes/login",
    "https://127.0.0.1:1/" + "x" * 3000 + "/v1/auth/kubernetes/login"])
def test_a_redirect_that_leads_nowhere(client, fake_vault, ask, location):
    vault = fake_vault()
    vault.script("login", status=307, headers={"Location": location})
    reply = client(vault).do("sign", ask)
    assert outcome(reply)[0] == -1 and reply["failure"] in ("standby", "unreachable")
    assert 1 <= len(vault.seen()) <= 2, "at most once, and only to itself"


@pytest.mark.parametrize("path", ["auth/kubernetes/magic", "auth/token/create"])
def test_a_redirect_to_another_path(client, pair, ask, path):
    standby, leader = pair()
    standby.clear()
    standby.script("login", status=307, headers={"Location": f"{leader.address}/v1/{path}"})
    assert outcome(client(standby).do("sign", ask)) == (-1, "standby")
    assert not leader.seen()


def test_a_plain_redirect_to_another_host(client, fake_vault, ask):
    vault = fake_vault(tls=False)
    vault.script("login", status=307,
                 headers={"Location": f"http://localhost:{vault.port}/v1/auth/kubernetes/login"})
    assert outcome(client(vault).do("sign", ask)) == (-1, "standby")
    assert len(vault.seen()) == 1


# --- the life of a token


def test_the_jwt_is_read_at_each_login(client, fake_vault, ask, files):
    vault = fake_vault()
    one = client(vault)
    one.good("sign", ask)
    vault.revoke_all()
    files.jwt.write_text("  another.one\n\n")
    assert one.good("sign", ask)["logins"] == 2
    assert [r.json["jwt"] for r in vault.seen("login")] == [JWT, "another.one"]


@pytest.mark.parametrize("content, words", [
    (None, "cannot read"), ("", "there is no service-account token"), (" \n", "there is no"),
    ("two words", "is not one printable word"), ("a\nb", "one printable word"),
    ("é", "one printable word"), ("Q" * 20000, "larger than")],
    ids=lambda v: str(v)[:1])
def test_a_bad_token_file(client, fake_vault, ask, files, content, words):
    vault = fake_vault()
    for settings, path in (({}, files.jwt), ({"token_file": str(files.token)}, files.token)):
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_text(content)
        reply = client(vault, **settings).do("sign", ask)
        assert outcome(reply) == (-1, "local")
        assert words.replace("service-account token", "") in reply["message"]
        assert "two words" not in reply["message"] and "QQQ" not in reply["message"]
    assert not vault.seen()


def pass_time(one, vault, seconds):
    one.good("advance", seconds)
    vault.advance(seconds)


def test_renewal_past_two_thirds(client, fake_vault, ask):
    vault = fake_vault()
    vault.roles["keyhook"] = {"ttl": 900}
    one = client(vault)
    one.good("sign", ask)
    pass_time(one, vault, 500)
    assert one.good("sign", ask)["token_renewals"] == 0
    for n, seconds in ((1, 150), (2, 650), (3, 850)):
        pass_time(one, vault, seconds)
        reply = one.good("sign", ask)
        assert (reply["token_renewals"], reply["logins"]) == (n, 1)
    assert vault.seen("renew")[0].json == {"increment": 900}


def test_renewal_that_stops_growing(client, fake_vault, ask):
    """At the cap Vault says 200 and lengthens nothing: a login follows."""
    vault = fake_vault()
    vault.roles["keyhook"] = {"ttl": 900, "max_ttl": 1000}
    one = client(vault)
    one.good("sign", ask)
    pass_time(one, vault, 650)
    assert one.good("sign", ask)["token_renewals"] == 1
    pass_time(one, vault, 300)
    reply = one.good("sign", ask)
    assert (reply["logins"], reply["token_renewals"], reply["failures"]) == (2, 1, {})
    assert len(vault.seen("renew")) == 2


@pytest.mark.parametrize("play", [
    dict(status=403, errors=[ENDED]), dict(status=400, errors=["lease is not renewable"]),
    dict(status=500, errors=[]), dict(fault="reset"), dict(body="{}"),
    dict(merge={"auth": {"lease_duration": "x"}}), dict(merge={"auth": {"client_token": ""}})])
def test_renewal_that_fails(client, fake_vault, ask, play):
    vault = fake_vault()
    vault.roles["keyhook"] = {"ttl": 900}
    one = client(vault)
    one.good("sign", ask)
    pass_time(one, vault, 650)
    vault.script("renew", **play)
    reply = one.good("sign", ask)
    assert (reply["logins"], reply["token_renewals"]) == (2, 0)


def test_an_expired_token_is_not_renewed(client, fake_vault, ask):
    vault = fake_vault()
    vault.roles["keyhook"] = {"ttl": 900}
    one = client(vault)
    one.good("sign", ask)
    pass_time(one, vault, 1000)
    reply = one.good("sign", ask)
    assert (reply["logins"], reply["failures"]) == (2, {}) and not vault.seen("renew")


def test_a_batch_token_is_not_renewed(client, fake_vault, ask):
    vault = fake_vault()
    vault.roles["keyhook"] = {"type": "batch", "ttl": 900}
    one = client(vault)
    one.good("sign", ask)
    pass_time(one, vault, 650)
    assert one.good("sign", ask)["logins"] == 2
    assert not vault.seen("renew")


def test_a_token_of_few_uses(client, fake_vault, ask):
    vault = fake_vault()
    vault.roles["keyhook"] = {"num_uses": 1}
    one = client(vault)
    for n in (1, 2, 3):
        reply = one.good("sign", ask)
        assert (reply["signs"], reply["logins"]) == (n, n)


def test_a_token_without_end(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("login", merge={"auth": {"lease_duration": 0}})
    one = client(vault)
    one.good("sign", ask)
    one.good("advance", 100_000_000)
    assert one.good("sign", ask)["logins"] == 1


def test_403_in_mid_life(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault)
    one.good("sign", ask)
    vault.revoke_all()
    reply = one.good("sign", ask)
    assert (reply["logins"], reply["failures"]) == (2, {"forbidden": 1})
    vault.script("sign", status=403, errors=[ENDED])
    reply = one.do("sign", ask)
    assert outcome(reply) == (-1, "forbidden") and reply["logins"] == 3
    assert "1 error occurred: * permission denied" in reply["message"]


def test_403_with_a_fresh_token(client, fake_vault, ask):
    vault = fake_vault()
    vault.script("sign", status=403, errors=[ENDED])
    one = client(vault)
    for n in (1, 2):
        reply = one.do("sign", ask)
        assert outcome(reply) == (-1, "forbidden") and reply["logins"] == n


@pytest.mark.parametrize("auth", [
    {"client_token": ""}, {"client_token": "a b"}, {"client_token": "a\n"}, {"client_token": 7},
    {"client_token": "x" * 20000}, {"lease_duration": None}, {"lease_duration": "1h"},
    {"renewable": None}])
def test_a_login_that_gives_no_token(client, fake_vault, ask, auth):
    vault = fake_vault()
    vault.script("login", merge={"auth": auth}, times=1)
    one = client(vault)
    reply = one.do("sign", ask)
    assert outcome(reply) == (-1, "protocol") and "xxx" not in reply["message"]
    assert not vault.seen("sign")
    one.good("sign", ask)


# --- a token file


@pytest.fixture
def with_file(client, files):
    def start(vault, text="file.token", **token):
        vault.add_token(text, **token)
        files.token.write_text(text + "\n")
        return client(vault, token_file=str(files.token), auth_path="", auth_role="", jwt_file="")

    return start


def test_a_token_file(with_file, fake_vault, ask, files):
    vault = fake_vault()
    one = with_file(vault)
    for _ in range(2):
        reply = one.good("sign", ask)
    assert reply["logins"] == 0 and len(vault.seen("lookup")) == 1 and not vault.seen("login")
    vault.add_token("another.one")
    files.token.write_text("another.one")
    one.good("sign", ask)
    assert vault.seen("sign")[-1].headers["x-vault-token"] == "another.one"


def test_a_token_file_is_tended(with_file, fake_vault):
    vault = fake_vault()
    one = with_file(vault, ttl=900, max_ttl=1000)
    assert outcome(one.good("tend")) == (0, "ok")
    pass_time(one, vault, 650)
    reply = one.good("tend")
    assert outcome(reply) == (0, "ok") and reply["token_renewals"] == 1
    pass_time(one, vault, 300)
    reply = one.do("tend")
    assert outcome(reply) == (-1, "forbidden") and "the limit of its life" in reply["message"]
    vault.script("renew", status=503, errors=["Vault is sealed"])
    pass_time(one, vault, 40)
    assert outcome(one.do("tend")) == (-1, "sealed")


def test_a_token_file_that_cannot_be_renewed(with_file, fake_vault):
    vault = fake_vault()
    one = with_file(vault, ttl=900, renewable=False)
    one.good("tend")
    pass_time(one, vault, 650)
    reply = one.do("tend")
    assert outcome(reply) == (-1, "forbidden") and "not renewable" in reply["message"]


def test_a_token_that_may_not_look_itself_up(with_file, fake_vault, ask):
    vault = fake_vault()
    vault.script("lookup", status=403, errors=[ENDED])
    one = with_file(vault)
    assert outcome(one.good("sign", ask)) == (0, "ok")
    one.good("advance", 1_000_000)
    assert outcome(one.good("tend")) == (0, "ok")


def test_a_look_up_that_fails_is_made_again(with_file, fake_vault, ask):
    vault = fake_vault()
    vault.script("lookup", status=503, errors=["Vault is sealed"], times=1)
    one = with_file(vault, ttl=900)
    assert outcome(one.do("sign", ask)) == (-1, "sealed")
    one.good("sign", ask)
    pass_time(one, vault, 650)
    assert one.good("tend")["token_renewals"] == 1


def test_tending_without_a_file_does_nothing(client, fake_vault):
    vault = fake_vault()
    assert outcome(client(vault).good("tend")) == (0, "ok")
    assert not vault.seen()


def test_a_dead_token_file(with_file, fake_vault, ask):
    vault = fake_vault()
    one = with_file(vault)
    vault.revoke_all()
    assert outcome(one.do("sign", ask)) == (-1, "forbidden")


# --- health


@pytest.mark.parametrize("flavour", ["vault", "openbao"])
@pytest.mark.parametrize("state, expected", [
    ({}, (True, False, False)), ({"standby": True}, (True, False, True)),
    ({"sealed": True}, (True, True, True)), ({"initialized": False}, (False, True, True)),
    ({"standby": True, "health_status": 472}, (True, False, True)),
    ({"standby": True, "health_status": 473}, (True, False, True))])
def test_health(client, fake_vault, flavour, state, expected):
    vault = fake_vault(flavour=flavour)
    vault.skew = -5000
    for name, value in state.items():
        setattr(vault, name, value)
    reply = client(vault).good("health")
    assert (reply["initialized"], reply["sealed"], reply["standby"]) == expected
    assert reply["failure"] == "ok" and reply["failures"] == {}
    assert abs(reply["server_time"] - (time.time() - 5000)) < 60
    assert reply["version"] == {"vault": "1.21.1", "openbao": "2.6.2"}[flavour]
    (seen,) = vault.seen()
    assert seen.path == "/v1/sys/health" and "x-vault-token" not in seen.headers


def test_a_scanty_health(client, fake_vault):
    vault = fake_vault()
    vault.script("health", drop=["server_time_utc", "version"])
    reply = client(vault).good("health")
    assert reply["server_time"] == 0 and reply["version"] == ""


@pytest.mark.parametrize("play", [
    dict(status=404, errors=[]), dict(status=500, body={}), dict(body={}), dict(body="nothing"),
    dict(status=204), dict(status=503, body="<html>"), dict(merge={"sealed": "no"}),
    dict(status=302, headers={"Location": "/login"})])
def test_a_health_that_is_none(client, fake_vault, play):
    vault = fake_vault()
    vault.script("health", **play)
    reply = client(vault).do("health")
    assert outcome(reply) == (-1, "protocol") and reply["failures"] == {"protocol": 1}


def test_health_of_nobody(client, fake_vault):
    vault = fake_vault()
    one = client(vault)
    vault.stop()
    assert outcome(one.do("health")) == (-1, "unreachable")


# --- cancelling


@pytest.mark.parametrize("endpoint", ["login", "sign"])
def test_cancelling(client, fake_vault, ask, endpoint):
    vault = fake_vault()
    vault.script(endpoint, fault="hang")
    one = client(vault, total_timeout=600 * SECOND)
    one.start("sign", ask)
    wait_for(lambda: vault.seen(endpoint), "the call to hang")
    one.cancel()
    assert outcome(one.answer(guard=10)) == (-1, "local")
    assert outcome(one.do("health")) == (-1, "local"), "and each later one"


def test_cancelling_at_the_leader(client, pair, ask):
    standby, leader = pair()
    leader.script("sign", fault="hang")
    one = client(standby, total_timeout=600 * SECOND)
    one.start("sign", ask)
    wait_for(lambda: leader.seen("sign"), "the call to hang")
    one.cancel()
    assert outcome(one.answer(guard=10)) == (-1, "local")


# --- secrets


CANARY = "KEYHOOK-CANARY"


def canaries(value, path=""):
    """The same JSON with a canary in every text."""
    if isinstance(value, dict):
        return {k: canaries(v, f"{path}.{k}") for k, v in value.items()}
    if isinstance(value, list):
        return [canaries(v, path) for v in value]
    return f"{value}{CANARY}{path}" if isinstance(value, str) else value


@pytest.mark.parametrize("token", [f"hvs.{CANARY}", f"s.{CANARY}"])
def test_no_secret_in_a_message_or_in_freed_memory(client, fake_vault, files, ask, token):
    """Token, JWT, CSR and each field of each reply but `errors`, which is there to be shown."""
    vault = fake_vault()
    jwt = f"eyJ{CANARY}.eyJ.x"
    files.jwt.write_text(jwt)
    csr = make_csr()[0].replace("\n-----END", f"{CANARY}\n-----END")
    one = client(vault, env={"CANARY": CANARY})
    header = {"X-Canary": CANARY, "Location": f"https://{CANARY}@127.0.0.1:1/{CANARY}"}
    login = {"auth": {"client_token": token}}
    for endpoint in ("login", "sign", "health"):
        for play in (dict(merge=canaries({"data": {"certificate": "a", "issuing_ca": "b"},
                                          "sealed": "x", "auth": {"lease_duration": "x"}})),
                     dict(status=200, body=CANARY), dict(status=200, body=f'["{CANARY}"]'),
                     dict(status=307, headers=header), dict(status=302, headers=header),
                     dict(status=403, errors=[f"bad {jwt}", f"{csr}",
                                              endpoint == "sign" and f"bad {token}"]),
                     dict(status=500, body=CANARY), dict(status=503, body={"data": CANARY}),
                     dict(status=200, body={CANARY: CANARY}, headers=header),
                     dict(fault="truncated", status=200, body=CANARY * 10),
                     dict(fault="big_head", size=70_000, headers=header)):
            vault.clear()
            vault.revoke_all()
            vault.add_token(token)
            if endpoint != "login":
                vault.script("login", merge=login)
            vault.script(endpoint, **play)
            one.do("health" if endpoint == "health" else "sign", {**ask, "csr": csr})
    vault.clear()
    vault.script("login", merge=login)
    vault.revoke_all()
    one.do("sign", {**ask, "csr": csr})
    files.jwt.write_text(f"{jwt} {CANARY}")
    one.do("sign", ask)
    assert len([m for m in one.said if m]) >= 30
    assert not [m for m in one.said if CANARY in m or "BEGIN" in m]
    assert one.good("free")["unwiped"] == 0


def test_the_search_finds_what_is_not_wiped(caller):
    """A control: the address in a client's settings is no secret, and not wiped."""
    one = caller(env={"CANARY": CANARY})
    one.good("http", {"base": f"https://127.0.0.1:1/{CANARY}"})
    assert one.good("free")["unwiped"] > 0


def test_a_proxy_variable_reaches_vault_calls(client, fake_vault, ask):
    vault = fake_vault()
    one = client(vault, env={"HTTPS_PROXY": "http://127.0.0.1:1"})
    assert outcome(one.do("sign", ask)) == (-1, "unreachable")
    assert "HTTPS_PROXY" not in os.environ
