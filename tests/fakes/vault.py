#!/usr/bin/python3
"""A fake Vault (or OpenBao): login, tokens, PKI signing, issuers and health, and every way to fail.

As a pytest fixture (see fixtures.py; a conftest.py puts tests/ on sys.path first):

  from fakes.fixtures import *            # fake_vault: a factory, all stopped after the test

  def test_x(fake_vault):
      vault = fake_vault()                # https on a free port; vault.address, vault.ca_file
      vault.jwts = {"the-jwt"}            # who may log in; None: any JWT
      vault.roles["app"] = {"ttl": 3600, "renewable": True}
      vault.script("sign", status=503, errors=["Vault is sealed"], times=2)
      ...
      assert [r.path for r in vault.seen("sign")]

What it holds, all of it free to change while it runs:

  roles        auth roles by name: ttl, max_ttl, renewable, type ("service" or "batch"), num_uses, period;
               one exists from the start: "keyhook", ttl 3600
  auth_mount   "kubernetes";  namespace: None, or what X-Vault-Namespace must be
  jwts         None, or the JWTs that are accepted
  tokens       live tokens by their text; `vault.revoke_all()`, `vault.add_token("t", ttl=60)` (for a token file)
  pki          mounts by path; one exists: "pki", with one issuer (a root) and the role "keyhook"
               mount.roles[name]: max_ttl, key_type ("ec", "rsa", "any"), names (None: any; or a list),
                 not_before_duration
               mount.issuers (Authority objects, oldest first), mount.default (index),
               mount.add_issuer(parent=..., ttl=...), mount.root, mount.truncates (leaf_not_after_behavior)
               mount.must_have_token: unauthenticated reads of issuers are refused, as by a proxy
               mount.wrong: names, usage, not_before, not_after of what is signed, whatever was asked for
  sealed, initialized, standby, health_status   what sys/health says (health_status overrides the code)
  skew         seconds that its clock is ahead; `advance(s)` moves its clock (token life, server_time_utc)
  flavour      "vault" or "openbao" (not_before in signatures, version, no 472/473)

Endpoints for script(), clear() and seen(): login renew lookup revoke sign issuers issuer ca_pem ca_chain
health leader seal, or "*" for all.  A script of `server.py` comes before all of this.

From a shell, for tests in another language or by hand; commands are JSON lines on stdin, each gets one
line back, and the end of stdin ends it:

  python3 tests/fakes/vault.py DIRECTORY        prints {"address": ..., "ca_file": ..., "port": ...}
  {"script": {"endpoint": "sign", "status": 503, "errors": ["Vault is sealed"], "times": 2}}
  {"set": {"sealed": true}}    {"role": {"name": "app", "ttl": 5}}    {"pki_role": {"name": "w", "max_ttl": 9}}
  {"add_issuer": {"ttl": 60, "is_intermediate": true}}    {"default": 1}    {"clear": null}
  {"add_token": {"text": "t", "ttl": 60}}    {"revoke_all": null}    {"release": null}    {"advance": 30}
  {"seen": "sign"}   ->  the requests of an endpoint (null: all)
"""

import base64
import dataclasses
import json
import pathlib
import re
import sys
import time

if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from fakes.authority import DAY, Authority, at, names_of
from fakes.server import Answer, Server, obey

ENDPOINTS = (
    ("login", "POST", r"auth/.+/login"),
    ("renew", "POST", r"auth/token/renew-self"),
    ("lookup", "GET", r"auth/token/lookup-self"),
    ("revoke", "POST", r"auth/token/revoke-self"),
    ("sign", "POST", r".+/sign/[^/]+"),
    ("issuers", "LIST", r".+/issuers"),
    ("issuer", "GET", r".+/issuer/[^/]+/json"),
    ("ca_chain", "GET", r".+/cert/ca_chain"),
    ("ca_pem", "GET", r".+/ca/pem"),
    ("health", "GET", r"sys/health"),
    ("leader", "GET", r"sys/leader"),
    ("seal", "GET", r"sys/seal-status"),
)
OPEN_WHEN_SEALED = {"health", "leader", "seal"}
VERSIONS = {"vault": "1.21.1", "openbao": "2.6.2"}
DENIED = "1 error occurred:\n\t* permission denied\n\n"


class Refused(Exception):
    def __init__(self, status, *errors):
        super().__init__(status)
        self.status, self.errors = status, list(errors)


@dataclasses.dataclass
class Token:
    text: str
    ttl: float  # of the last grant
    end: float  # by the fake's clock
    end_max: float  # renewals stop here
    renewable: bool = True
    type: str = "service"
    uses: int = 0  # left; 0: without limit


class Pki:
    """One mount of the PKI engine."""

    def __init__(self, ttl=3650 * DAY):
        self.root = Authority("fake PKI root", ttl=ttl)
        self.issuers = [self.root]
        self.default = 0
        self.roles = {"keyhook": {}}
        self.truncates = self.must_have_token = False
        self.wrong = {}  # of Authority.issue(): what is signed instead of what was asked for

    def add_issuer(self, parent=None, ttl=30 * DAY, name="fake PKI issuer"):
        """The new issuer; it is not the default yet."""
        self.issuers.append(Authority(f"{name} {len(self.issuers)}", parent=parent, ttl=ttl))
        return self.issuers[-1]

    def issuer(self, ref="default"):
        index = self.default if ref == "default" else int(ref.removeprefix("issuer-"))
        return self.issuers[index]


class FakeVault(Server):
    def __init__(self, directory, flavour="vault", **options):
        self.flavour = flavour
        self.auth_mount, self.namespace = "kubernetes", None
        self.roles = {"keyhook": {}}
        self.jwts = None
        self.tokens = {}
        self.pki = {"pki": Pki()}
        self.sealed = self.standby = False
        self.initialized = True
        self.health_status = None
        self.skew = 0.0
        self.logins = 0
        super().__init__(directory, **options)

    # --- for tests

    def clock(self):
        return time.time() + self.skew

    def advance(self, seconds):
        with self.lock:
            self.skew += seconds

    def add_token(self, text, ttl=3600.0, max_ttl=None, renewable=True, **members):
        end = self.clock() + ttl
        end_max = self.clock() + (max_ttl or 32 * DAY)
        self.tokens[text] = Token(text, ttl, min(end, end_max), end_max, renewable, **members)
        return self.tokens[text]

    def revoke_all(self):
        with self.lock:
            self.tokens.clear()

    # --- requests

    def endpoint(self, method, path):
        path = path.split("?")[0].removeprefix("/v1/")
        for word, verb, shape in ENDPOINTS:
            if method in (verb, "PUT" if verb == "POST" else verb) and re.fullmatch(shape, path):
                return word
        return "other"

    def answer(self, request):
        handler = getattr(self, f"_{request.endpoint}", None)
        try:
            if not request.path.startswith("/v1/") or "//" in request.path:
                raise Refused(404)
            if request.endpoint not in OPEN_WHEN_SEALED:
                self._check_ready(request)
            if not handler:
                raise Refused(404, "no handler for route")
            return handler(request, request.path.split("?")[0].removeprefix("/v1/"))
        except Refused as refused:
            return Answer(refused.status, {"errors": refused.errors})

    def _check_ready(self, request):
        if not self.initialized:
            raise Refused(503, "Vault is not initialized")
        if self.sealed:
            raise Refused(503, "Vault is sealed")
        asked = request.headers.get("x-vault-namespace", "").strip("/")
        if self.namespace is not None and asked != self.namespace:
            raise Refused(403, DENIED)

    def _token(self, request):
        token = self.tokens.get(request.headers.get("x-vault-token", ""))
        if not token or token.end <= self.clock():
            raise Refused(403, DENIED)
        if token.uses:
            token.uses -= 1
            if token.uses == 0:
                del self.tokens[token.text]
        return token

    # --- login and tokens

    def _login(self, request, path):
        if path != f"auth/{self.auth_mount}/login":
            raise Refused(403, "permission denied")
        asked = request.json or {}
        for name in ("role", "jwt"):
            if not asked.get(name):
                raise Refused(400, f"missing {name}")
        role = self.roles.get(asked["role"])
        if role is None:
            raise Refused(400, f'invalid role name "{asked["role"]}"')
        if self.jwts is not None and asked["jwt"] not in self.jwts:
            raise Refused(403, "permission denied")
        self.logins += 1
        kind = role.get("type", "service")
        token = self.add_token(f"{'hvb' if kind == 'batch' else 'hvs'}.fake-{self.logins:06}",
                               ttl=role.get("ttl", 3600), max_ttl=role.get("max_ttl"),
                               renewable=role.get("renewable", kind == "service"), type=kind,
                               uses=role.get("num_uses", 0))
        return Answer(200, envelope(auth=self._auth(token)))

    def _auth(self, token):
        return {"client_token": token.text, "accessor": "fake-accessor",
                "policies": ["default", "keyhook"], "token_policies": ["default", "keyhook"],
                "metadata": {"role": "keyhook"}, "lease_duration": int(token.ttl),
                "renewable": token.renewable, "entity_id": "fake-entity",
                "token_type": token.type, "orphan": True, "mfa_requirement": None,
                "num_uses": token.uses}

    def _renew(self, request, _path):
        token = self._token(request)
        if not token.renewable:
            raise Refused(400, "lease is not renewable")
        asked = (request.json or {}).get("increment") or token.ttl
        wanted = self.clock() + float(str(asked).removesuffix("s"))
        token.end = min(wanted, token.end_max)
        token.ttl = max(0, token.end - self.clock())
        capped = ["TTL exceeded the effective max_ttl"] if token.end < wanted else None
        return Answer(200, envelope(auth=self._auth(token), warnings=capped))

    def _lookup(self, request, _path):
        token = self._token(request)
        return Answer(200, envelope(data={
            "accessor": "fake-accessor", "id": token.text, "num_uses": token.uses,
            "renewable": token.renewable, "ttl": int(token.end - self.clock()),
            "type": token.type, "explicit_max_ttl": 0, "orphan": True, "path": "auth/fake/login"}))

    def _revoke(self, request, _path):
        self.tokens.pop(self._token(request).text, None)
        return Answer(204)

    # --- PKI

    def _mount(self, path, tail):
        mount = self.pki.get(re.sub(tail + "$", "", path))
        if not mount:
            raise Refused(404, f'no handler for route "{path}". route entry not found.')
        return mount

    def _sign(self, request, path):
        self._token(request)
        mount = self._mount(path, r"/sign/[^/]+")
        role = mount.roles.get(path.rsplit("/", 1)[1])
        if role is None:
            raise Refused(400, f"unknown role: {path.rsplit('/', 1)[1]}")
        return Answer(200, envelope(**self._signed(mount, role, request.json or {})))

    def _signed(self, mount, role, asked):
        csr = read_csr(asked.get("csr", ""))
        check_csr(csr, role)
        warnings, issuer = [], mount.issuer()
        ttl = seconds_of(asked.get("ttl")) or role.get("ttl", 32 * DAY)
        if role.get("max_ttl") and ttl > role["max_ttl"]:
            warnings.append(f"TTL {ttl}s is longer than permitted maxTTL {role['max_ttl']}s, "
                            "so maxTTL is being used")
            ttl = role["max_ttl"]
        end = int(self.clock() + ttl)
        if end > issuer.not_after:
            if not mount.truncates:
                raise Refused(400, "cannot satisfy request, as TTL would result in notAfter of "
                              f"{stamp(end)} that is beyond the expiration of the CA certificate "
                              f"at {stamp(issuer.not_after)}")
            end = issuer.not_after
        start = int(self.clock() - role.get("not_before_duration", 30))
        what = {"names": names_of(csr), "not_before": start, "not_after": end, **mount.wrong}
        pem = issuer.issue(csr.public_key(), csr.subject, **what)
        serial = x509.load_pem_x509_certificate(pem.encode()).serial_number
        data = {"certificate": pem.strip(), "issuing_ca": issuer.pem.strip(),
                "ca_chain": [c.strip() for c in issuer.chain()], "expiration": end,
                "serial_number": serial.to_bytes(20, "big").hex(":")}
        if self.flavour == "openbao":
            data["not_before"] = start
        return {"data": data, "warnings": warnings or None}

    def _check_read(self, mount, request):
        if mount.must_have_token:
            self._token(request)

    def _issuers(self, request, path):
        mount = self._mount(path, "/issuers")
        self._check_read(mount, request)
        keys = [f"issuer-{i}" for i in range(len(mount.issuers))]
        if not keys:
            raise Refused(404)
        return Answer(200, envelope(data={"keys": keys,
                                          "key_info": {k: {"issuer_name": ""} for k in keys}}))

    def _issuer(self, request, path):
        mount = self._mount(path, r"/issuer/[^/]+/json")
        self._check_read(mount, request)
        try:
            issuer = mount.issuer(path.split("/")[-2])
        except (ValueError, IndexError):
            raise Refused(500, "unable to find PKI issuer for reference") from None
        return Answer(200, envelope(data={"certificate": issuer.pem.strip(),
                                          "ca_chain": [c.strip() for c in issuer.chain()]}))

    def _ca_chain(self, request, path):
        mount = self._mount(path, "/cert/ca_chain")
        self._check_read(mount, request)
        text = "\n".join(c.strip() for c in mount.issuer().chain())
        return Answer(200, envelope(data={"certificate": text, "ca_chain": text}))

    def _ca_pem(self, request, path):
        mount = self._mount(path, "/ca/pem")
        self._check_read(mount, request)
        return Answer(200, mount.issuer().pem.strip(),
                      {"Content-Type": "application/pem-certificate-chain"})

    # --- sys

    def _health(self, request, _path):
        if "x-vault-namespace" in request.headers:
            raise Refused(400, "operation unavailable in namespaces")
        status = self.health_status or (501 if not self.initialized else 503 if self.sealed
                                        else 429 if self.standby else 200)
        return Answer(status, {
            "initialized": self.initialized, "sealed": self.sealed or not self.initialized,
            "standby": self.standby or self.sealed or not self.initialized,
            "replication_performance_mode": "disabled", "replication_dr_mode": "disabled",
            "server_time_utc": int(self.clock()), "version": VERSIONS[self.flavour],
            "cluster_name": "fake", "cluster_id": "fake-cluster"})

    def _leader(self, _request, _path):
        return Answer(200, {"ha_enabled": True, "is_self": not self.standby,
                            "leader_address": "" if self.standby else self.address})

    def _seal(self, _request, _path):
        return Answer(200, {"type": "shamir", "initialized": self.initialized,
                            "sealed": self.sealed, "version": VERSIONS[self.flavour]})


# --- pieces


def envelope(data=None, auth=None, warnings=None):
    return {"request_id": "fake-request", "lease_id": "", "renewable": False, "lease_duration": 0,
            "data": data, "wrap_info": None, "warnings": warnings, "auth": auth}


def stamp(seconds):
    return at(seconds).isoformat() + "Z"


def seconds_of(text):
    """Vault's durations, as far as clients here use them: "72h", "90m", "30s", 30."""
    match = re.fullmatch(r"(\d+)([smh]?)", str(text or ""))
    return int(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[match[2]] if match else 0


def read_csr(pem):
    try:
        csr = x509.load_pem_x509_csr(pem.encode())
    except ValueError:
        raise Refused(400, "certificate request could not be parsed") from None
    if not csr.is_signature_valid:
        raise Refused(400, "request signature invalid")
    return csr


def check_csr(csr, role):
    wanted = role.get("key_type", "ec")
    is_kind = {"ec": ec.EllipticCurvePublicKey, "rsa": rsa.RSAPublicKey}.get(wanted, object)
    if not isinstance(csr.public_key(), is_kind):
        raise Refused(400, f"role requires keys of type {wanted}")
    for name in names_of(csr):
        if role.get("names") is not None and name not in role["names"]:
            raise Refused(400, f"subject alternate name {name} not allowed by this role")


# --- from a shell


def command(vault, word, value):
    pki = vault.pki["pki"]
    if word == "script":
        vault.script(value.pop("endpoint", "*"), **value)
    elif word == "set":
        for name, what in value.items():
            assert hasattr(vault, name), f"no member {name}"
            setattr(vault, name, what)
    elif word == "role":
        vault.roles[value.pop("name")] = value
    elif word == "pki_role":
        pki.roles[value.pop("name")] = value
    elif word == "add_issuer":
        parent = pki.root if value.pop("is_intermediate", False) else None
        pki.add_issuer(parent=parent, **value)
    elif word == "default":
        pki.default = value
    elif word == "add_token":
        vault.add_token(**value)
    else:
        method = {"clear": vault.clear, "revoke_all": vault.revoke_all, "release": vault.release,
                  "drop_connections": vault.drop_connections, "advance": vault.advance}[word]
        method(*([] if value is None else [value]))
    return "ok"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with FakeVault(sys.argv[1]) as vault:
        obey(vault, {"address": vault.address, "ca_file": vault.ca_file, "port": vault.port}, command)


if __name__ == "__main__":
    main()
