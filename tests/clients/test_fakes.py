"""The fakes themselves, by Python's own client: what other tests stand on."""

import datetime
import http.client
import json
import pathlib
import ssl
import subprocess
import sys
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from fakes.authority import make_csr
from fakes.server import FAULTS

HANG_GUARD = 60
FAKES = pathlib.Path(__file__).resolve().parents[1] / "fakes"


def client_of(server):
    if not server.context:
        return http.client.HTTPConnection(server.host, server.port, timeout=HANG_GUARD)
    context = ssl.create_default_context(cafile=server.ca_file)
    return http.client.HTTPSConnection("localhost", server.port, timeout=HANG_GUARD, context=context)


def ask(server, method, path, body=None, **headers):
    client = client_of(server)
    names = {k.replace("_", "-"): v for k, v in headers.items()}
    try:
        client.request(method, path, body and json.dumps(body), names)
        answer = client.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        client.close()


def log_in(vault, role="keyhook"):
    status, reply = ask(vault, "POST", "/v1/auth/kubernetes/login", {"role": role, "jwt": "j"})
    assert status == 200
    return reply["auth"]


def sign(vault, token, **asked):
    csr, _key = make_csr()
    return ask(vault, "POST", "/v1/pki/sign/keyhook", {"csr": csr, **asked}, X_Vault_Token=token)


@pytest.mark.parametrize("flavour", ["vault", "openbao"])
def test_signs(fake_vault, flavour):
    vault = fake_vault(flavour=flavour)
    status, reply = sign(vault, log_in(vault)["client_token"], ttl="60s")
    assert status == 200
    leaf = x509.load_pem_x509_certificate(reply["data"]["certificate"].encode())
    root = vault.pki["pki"].root.certificate
    root.public_key().verify(leaf.signature, leaf.tbs_certificate_bytes, ec.ECDSA(hashes.SHA256()))
    assert reply["data"]["expiration"] == leaf.not_valid_after.replace(tzinfo=datetime.timezone.utc).timestamp()
    assert not reply["data"]["issuing_ca"].endswith("\n")
    assert ("not_before" in reply["data"]) == (flavour == "openbao")


def test_refusals(fake_vault):
    vault = fake_vault()
    vault.jwts = {"good"}
    login = "/v1/auth/kubernetes/login"
    for body, status in (({"jwt": "good"}, 400), ({"role": "nobody", "jwt": "good"}, 400),
                         ({"role": "keyhook", "jwt": "bad"}, 403),
                         ({"role": "keyhook", "jwt": "good"}, 200)):
        assert ask(vault, "POST", login, body)[0] == status
    assert sign(vault, "unknown")[0] == 403
    vault.sealed = True
    assert ask(vault, "GET", "/v1/sys/health")[0] == 503
    assert ask(vault, "POST", login, {})[1] == {"errors": ["Vault is sealed"]}


def test_signing_has_limits(fake_vault):
    vault = fake_vault()
    pki = vault.pki["pki"]
    pki.default = 1
    pki.add_issuer(parent=pki.root, ttl=100)
    token = log_in(vault)["client_token"]
    status, reply = sign(vault, token, ttl="1000s")
    assert status == 400 and "beyond the expiration of the CA certificate at 2" in reply["errors"][0]
    pki.roles["keyhook"] = {"max_ttl": 50}
    reply = sign(vault, token, ttl="1000s")[1]
    assert len(reply["data"]["ca_chain"]) == 2 and "maxTTL" in reply["warnings"][0]
    pki.roles["keyhook"] = {"key_type": "rsa"}
    assert sign(vault, token)[1] == {"errors": ["role requires keys of type rsa"]}


def test_tokens_end(fake_vault):
    vault = fake_vault()
    vault.roles["keyhook"] = {"ttl": 10, "max_ttl": 15}
    token = log_in(vault)["client_token"]
    renew = "/v1/auth/token/renew-self"
    vault.advance(8)
    reply = ask(vault, "POST", renew, {"increment": "10s"}, X_Vault_Token=token)[1]
    assert 5 <= reply["auth"]["lease_duration"] <= 7
    vault.advance(8)
    assert ask(vault, "POST", renew, {}, X_Vault_Token=token)[0] == 403
    vault.roles["keyhook"] = {"type": "batch", "num_uses": 1}
    auth = log_in(vault)
    assert not auth["renewable"] and auth["token_type"] == "batch"
    assert sign(vault, auth["client_token"])[0] == 200
    assert sign(vault, auth["client_token"])[0] == 403


def test_plays_come_in_order(fake_server):
    server = fake_server(tls=False)
    server.script("*", status=429, headers={"Retry-After": "7"}, times=1)
    server.script("*", merge={"path": None, "more": {"a": 1}}, drop=["more.b"], times=1)
    server.script("*", status=503, errors=["no"])
    assert ask(server, "GET", "/a")[0] == 429
    assert ask(server, "GET", "/b") == (200, {"path": None, "more": {"a": 1}})
    assert ask(server, "GET", "/c") == (503, {"errors": ["no"]})
    assert ask(server, "GET", "/d")[0] == 503
    server.clear()
    assert ask(server, "GET", "/e")[0] == 200
    assert [r.path for r in server.seen()] == ["/a", "/b", "/c", "/d", "/e"]


SILENT = {"hang", "hold", "stall_body", "drip"}
FINE = {"half_close", "big_body", "endless_body", "big_head"}


@pytest.mark.parametrize("fault", sorted(set(FAULTS) - SILENT - FINE))
@pytest.mark.parametrize("tls", [True, False])
def test_faults_are_faults(fake_server, fault, tls):
    server = fake_server(tls=tls)
    server.script("*", fault=fault)
    with pytest.raises((OSError, http.client.HTTPException)):
        ask(server, "GET", "/")
    assert len(server.seen()) == 1


def test_a_held_request_is_released(fake_server):
    server = fake_server()
    server.script("*", fault="hold")
    client = client_of(server)
    client.request("GET", "/")
    end = time.monotonic() + HANG_GUARD
    while not server.seen():
        assert time.monotonic() < end
        time.sleep(0.01)
    server.release()
    assert client.getresponse().status == 200
    client.close()


def test_from_a_shell(tmp_path):
    command = [sys.executable, str(FAKES / "vault.py"), str(tmp_path)]
    lines = ['{"script": {"endpoint": "login", "status": 503, "errors": ["x"], "times": 1}}',
             '{"set": {"sealed": true}}', '{"add_issuer": {"ttl": 60, "is_intermediate": true}}',
             '{"nonsense": 1}', '{"seen": null}']
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True,
                          timeout=HANG_GUARD, check=True)
    start, *replies = [json.loads(line) for line in done.stdout.splitlines()]
    assert start["address"] == f"https://127.0.0.1:{start['port']}"
    assert replies == ["ok", "ok", "ok", {"error": "KeyError('nonsense')"}, []]
