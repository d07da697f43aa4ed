"""keyhook check: an installation that is well, and every way in which it is not."""

import contextlib
import json
import pathlib
import socket
import ssl
import sys
import threading

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from daemon import run_keyhook
from fakes.authority import Authority, now
from fakes.fixtures import fake_vault  # noqa: F401
from fakes.kube import injected, Refused, webhook_configuration
from fakes.kube_fixtures import fake_kube  # noqa: F401

HOST = "keyhook.apps.svc"
CANARY = "canary-jwt-3f9a1c"


@contextlib.contextmanager
def tls_server(cert_file, key_file):
    """Shows a certificate to whoever comes; gives its port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert_file, key_file)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(client, server_side=True) as tls:
                tls.recv(1)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


class Installation:
    """Vault, a cluster and a webhook that fit; tests spoil one thing."""

    def __init__(self, directory, vault, kube):
        self.directory, self.vault, self.kube = directory, vault, kube
        self.issuer = vault.pki["pki"].issuers[0]
        self.jwt_file = directory / "jwt"
        self.jwt_file.write_text(CANARY)
        vault.jwts = {CANARY}
        kube.put(webhook_configuration("hook", bundles=[self.issuer.pem, self.issuer.pem]))
        self.environment = kube.advertise(directory / "account")
        self.served = self.issuer.server_files(directory / "served", names=[HOST])
        self.options = {
            "cert-source": "vault", "pki-address": vault.address, "pki-ca-file": vault.ca_file,
            "pki-role": "keyhook", "pki-auth-role": "keyhook", "pki-jwt-file": self.jwt_file,
            "tls-auto-hosts": HOST, "webhook-name": "hook", "kube-dir": directory / "account",
        }

    def check(self, *more):
        """The findings by name, and the whole answer."""
        flags = [f"-{name}={value}" for name, value in self.options.items()]
        with tls_server(*self.served) as port:
            done = run_keyhook("check", f"-connect=127.0.0.1:{port}", *flags, "-o=json", *more,
                               env=self.environment | {"AGENT_INJECT_VAULT_ADDR": None})
        assert CANARY not in done.stdout + done.stderr
        assert done.returncode in (0, 1), done.stderr
        answer = json.loads(done.stdout)
        assert (done.returncode == 1) == (answer["failed"] > 0)
        return {one["name"]: one for one in answer["checks"]}, answer


@pytest.fixture
def well(tmp_path, fake_vault, fake_kube):  # noqa: F811
    for name in ("account", "served"):
        (tmp_path / name).mkdir()
    return Installation(tmp_path, fake_vault(), fake_kube())


def failed(findings):
    return {name for name, one in findings.items() if one["state"] == "failed"}


def test_all_is_well(well):
    findings, answer = well.check()
    assert failed(findings) == set() and answer["skipped"] == 0
    assert list(findings) == ["settings", "vault", "clock", "certificate", "rights", "webhook", "bundle", "served",
                              "injection"]
    assert all("advice" not in one for one in findings.values())


def spoil(name, value):
    return lambda well: well.options.update({name: value})


def seal(well):
    well.vault.sealed = True


def nobody_there(well):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    well.options["pki-address"] = f"https://127.0.0.1:{port}"


def another_ca(well):
    file = well.directory / "other-ca.pem"
    file.write_text(Authority("somebody else").pem)
    well.options["pki-ca-file"] = file


def other_names(well):
    well.vault.pki["pki"].roles["keyhook"]["names"] = ["other.apps.svc"]


def rsa_role(well):
    well.vault.pki["pki"].roles["keyhook"]["key_type"] = "rsa"


def no_rights(well):
    well.kube.rules = []


def some_rights(well):
    well.kube.rules = [{"verbs": ["get"]}]


def no_object(well):
    well.kube.delete("hook")


def one_bundle_lacks_it(well):
    well.kube.overwrite("hook", Authority("foreign").pem, index=1)


def late_clock(well):
    well.vault.skew = 600


def early_clock(well):
    well.vault.skew = -600


def expired(well):
    (well.directory / "old").mkdir()
    well.served = well.issuer.server_files(well.directory / "old", names=[HOST], not_before=now() - 7200, ttl=-60)


def another_name_served(well):
    (well.directory / "misnamed").mkdir()
    well.served = well.issuer.server_files(well.directory / "misnamed", names=["other.apps.svc"])


def another_service(well):
    """The API server asks for a name that the certificate is not for."""
    hook = webhook_configuration("hook", bundles=[well.issuer.pem])
    hook["webhooks"][0]["clientConfig"]["service"]["name"] = "injector"
    well.kube.put(hook)


def foreign_certificate_served(well):
    (well.directory / "foreign").mkdir()
    well.served = Authority("foreign").server_files(well.directory / "foreign", names=[HOST])


FAULTS = [
    ("wrong auth role", spoil("pki-auth-role", "nobody"), "certificate", r"login", "role exists"),
    ("wrong mount", spoil("pki-path", "nowhere"), "certificate", r"nowhere", "mount path"),
    ("wrong PKI role", spoil("pki-role", "nobody"), "certificate", r"nobody", "role"),
    ("sealed", seal, "vault", "sealed", "unseal"),
    ("unreachable", nobody_there, "vault", "127.0.0.1", "address"),
    ("wrong CA", another_ca, "vault", "certificate", "CA file"),
    ("wrong name", other_names, "certificate", "name", "allowed names"),
    ("wrong key type", rsa_role, "certificate", "key", "key type"),
    ("no rights", no_rights, "rights", "get, patch, watch", "ClusterRole"),
    ("some rights", some_rights, "rights", "grant patch, watch on", "ClusterRole"),
    ("no object", no_object, "webhook", "no MutatingWebhookConfiguration 'hook'", "-webhook-name"),
    ("anchor not in bundle", one_bundle_lacks_it, "bundle", "not in every caBundle", "overwrites"),
    ("clock behind", late_clock, "clock", "behind", "clocks"),
    ("clock ahead", early_clock, "clock", "ahead of", "clocks"),
    ("expired", expired, "served", "expired", "restart"),
    ("another name served", another_name_served, "served", HOST, "restart"),
    ("another Service", another_service, "served", "injector.apps.svc", "restart"),
    ("foreign certificate", foreign_certificate_served, "served", "anchor", "restart"),
]


@pytest.mark.parametrize(("plant", "where", "detail", "advice"), [f[1:] for f in FAULTS],
                         ids=[f[0] for f in FAULTS])
def test_fault(well, plant, where, detail, advice):
    """One fault, one finding, which says what is wrong and what to do."""
    plant(well)
    findings, _ = well.check()
    also = {"served"} if where == "bundle" else set()  # an API server would not trust it either
    assert failed(findings) == {where} | also
    assert detail in findings[where]["detail"]
    assert advice in findings[where]["advice"]


def test_who_does_not_publish_needs_to_read_alone(well):
    some_rights(well)
    well.options["publish"] = "off"
    findings, _ = well.check()
    assert failed(findings) == set()


def test_what_it_asks_of_vault(well):
    """A certificate of a minute, whatever the webhook asks for."""
    well.options["pki-ttl"] = "24h"
    well.check()
    assert [one.json["ttl"] for one in well.vault.seen("sign")] == ["60s"]


def files(well, authority, **wish):
    directory = well.directory / "files"
    directory.mkdir()
    cert, key = authority.server_files(directory, **{"names": [HOST], **wish})
    for name in [one for one in well.options if one.startswith("pki")]:
        del well.options[name]
    well.options |= {"cert-source": "files", "tls-cert-file": cert, "tls-key-file": key, "publish": "off"}


def test_files(well):
    files(well, well.issuer)
    findings, _ = well.check()
    assert failed(findings) == set() and "files" in findings
    assert findings["served"]["what"] == TRUSTED


@pytest.mark.parametrize("wish", [{"names": ["other.apps.svc"]}, {"not_before": now() - 7200, "ttl": -60}],
                         ids=["another name", "expired"])
def test_unfit_files(well, wish):
    files(well, well.issuer, **wish)
    findings, _ = well.check()
    assert failed(findings) == {"files"}


TRUSTED = "the API server would trust what is served"


def test_trust_that_was_not_looked_at(well):
    """Nothing says which caBundle it is: then nobody says that the certificate is trusted."""
    files(well, Authority("foreign"))
    del well.options["webhook-name"], well.options["publish"]
    findings, answer = well.check()
    assert failed(findings) == set() and answer["skipped"] == 1
    assert findings["bundle"]["state"] == "skipped"
    assert "-webhook-name" in findings["bundle"]["detail"] and "helm test" in findings["bundle"]["detail"]
    assert "not looked at" in findings["served"]["detail"] and TRUSTED not in json.dumps(answer)


def test_trust_that_cannot_be_looked_at(well):
    no_object(well)
    findings, answer = well.check()
    assert findings["bundle"]["state"] == "skipped"
    assert "not looked at" in findings["served"]["detail"] and TRUSTED not in json.dumps(answer)


def test_what_depends_is_skipped(well):
    seal(well)
    no_object(well)
    findings, answer = well.check()
    assert {name: one["detail"] for name, one in findings.items() if one["state"] == "skipped"} == {
        "clock": "needs 'vault'", "certificate": "needs 'clock'", "bundle": "needs 'webhook'",
        "injection": "needs 'webhook'"}
    assert answer["skipped"] == 4


def test_text(well):
    seal(well)
    with tls_server(*well.served) as port:
        flags = [f"-{name}={value}" for name, value in well.options.items()]
        done = run_keyhook("check", *flags, f"-connect=127.0.0.1:{port}", env=well.environment)
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert lines[1].startswith("FAIL  vault ") and "what to do:" in lines[2]
    assert lines[-1] == "6 ok, 1 failed, 2 skipped"


def test_nothing_is_changed(well):
    before = well.kube.version("hook")
    well.check()
    assert well.kube.version("hook") == before
    assert not well.kube.seen("patch") and not well.kube.events


def test_an_anchor_that_nobody_claims(well):
    stranger = Authority("left by restarts").pem
    well.kube.put(webhook_configuration("hook", bundles=[well.issuer.pem + stranger, well.issuer.pem]))
    findings, _ = well.check()
    assert not failed(findings)
    assert "beside it 1 that nobody has stamped" in findings["bundle"]["detail"]


# What the API server says, as Kubernetes 1.35 has it; where Keyhook is named, by the fake's entry.
OURS = 'webhook "w0.keyhook.example"'
CALL = f'Internal error occurred: failed calling {OURS}: failed to call webhook: Post "https://keyhook.apps.svc:443/mutate": '
POLICY = "ValidatingAdmissionPolicy 'hook' with binding 'hook' denied request: "
REFUSALS = [
    ("untrusted", 500, f"{CALL}tls: failed to verify certificate: x509: certificate signed by unknown authority",
     "does not trust the webhook", "'served'"),
    ("unreachable", 500, f"{CALL}dial tcp 10.0.0.1:443: connect: connection refused",
     "cannot reach the webhook", "endpoints"),
    ("denied", 403, f'admission {OURS} denied the request: error validating agent configuration: no Vault role found',
     "the webhook refuses the pod", "its words"),
    ("the chart's policy", 403, f'pods "x" is forbidden: {POLICY}the pod asks for secrets of Vault (annotation '
     "agent-inject), but the webhook hook has not injected it (there is no volume vault-secrets). Either ...",
     "the policy of the chart refuses", "namespaceSelector"),
    ("Pod Security", 403, 'pods "x" is forbidden: violates PodSecurity "restricted:latest": seccompProfile',
     "Pod Security refuses", "-n"),
    ("quota", 403, 'pods "x" is forbidden: exceeded quota: small, requested: limits.cpu=500m', "the quota", "raise it"),
    ("no limits", 403, 'pods "x" is forbidden: failed quota: small: must specify limits.cpu', "the quota", "raise it"),
    ("another webhook away", 500, 'Internal error occurred: failed calling webhook "a.example.com": x509: expired',
     "another webhook fails", "mend that one"),
    ("another webhook denies", 403, 'admission webhook "a.example.com" denied the request: no',
     "another webhook refuses", "what it wants"),
    ("another policy", 403, "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'images' with binding 'images' denied request: no",
     "another policy refuses", "what it wants"),
    ("no namespace", 404, 'namespaces "apps" not found', "no such namespace", "-n"),
    ("no account", 403, 'pods "x" is forbidden: error looking up service account apps/default: serviceaccount '
     '"default" not found', "not complete", "wait"),
    ("something else", 403, 'pods "x" is forbidden: it is Monday', "the API server refuses the pod", "its words"),
    ("overloaded", 429, "too many requests", "the API server refuses the pod", "overloaded"),
]


@pytest.mark.parametrize(("status", "message", "cause", "advice"), [r[1:] for r in REFUSALS],
                         ids=[r[0] for r in REFUSALS])
def test_the_pod_is_refused(well, status, message, cause, advice):
    """The API server's words are shown, and what they mean."""
    def refuse(_pod):
        raise Refused(status, message)

    well.kube.admit = refuse
    findings, _ = well.check()
    assert failed(findings) == {"injection"}
    detail = findings["injection"]["detail"]
    assert cause in detail and message in detail
    assert advice in findings["injection"]["advice"]


def without_agents(pod):
    pod = injected(pod)
    pod["spec"]["containers"].pop()
    del pod["spec"]["initContainers"]
    return pod


@pytest.mark.parametrize(("admit", "detail", "advice"), [
    (lambda pod: pod, "accepted without an agent", "failurePolicy"),
    (without_agents, "but no agent", "other mutating webhooks"),
], ids=["as it was", "the volume alone"])
def test_the_pod_is_not_injected(well, admit, detail, advice):
    well.kube.admit = admit
    findings, _ = well.check()
    assert failed(findings) == {"injection"}
    assert detail in findings["injection"]["detail"] and advice in findings["injection"]["advice"]


def test_who_may_create_no_pods(well):
    """It is told, and a failure for those alone who ask for it."""
    well.kube.rules = [{"verbs": ["get", "watch", "patch"]}]
    findings, answer = well.check()
    assert (failed(findings), answer["skipped"]) == (set(), 1)
    assert findings["injection"]["state"] == "skipped"
    assert "may not create pods in 'apps'" in findings["injection"]["detail"]
    assert "create on pods" in findings["injection"]["detail"]
    findings, _ = well.check("-dry-run=must")
    assert failed(findings) == {"injection"} and "create on pods" in findings["injection"]["advice"]


def test_no_pod_is_tried(well):
    findings, _ = well.check("-dry-run=off")
    assert "injection" not in findings and not well.kube.seen("pod")


@pytest.mark.parametrize(("flags", "namespace", "prefix"), [
    ([], "apps", "vault.hashicorp.com"),
    (["-n=shop", "-annotation-prefixes=openbao.org", "-labels=team=a, tier="], "shop", "openbao.org"),
], ids=["by itself", "as told"])
def test_the_pod_that_is_tried(well, tmp_path, flags, namespace, prefix):
    """A dry run, in that namespace, with annotations that are read; the engine injects it."""
    well.check(*flags)
    asked, = well.kube.seen("pod")
    assert asked.path == f"/api/v1/namespaces/{namespace}/pods?dryRun=All"
    assert asked.json["metadata"]["annotations"][f"{prefix}/agent-inject"] == "true"
    assert asked.json["metadata"]["labels"] == ({"team": "a", "tier": ""} if flags else {})
    file = tmp_path / "pod.json"
    file.write_text(json.dumps(asked.json))
    done = run_keyhook("inject", "-f", file, "-o=json", "-vault-address=https://vault:8200", *flags[1:2])
    assert done.returncode == 0, done.stderr
    spec = json.loads(done.stdout)["spec"]
    assert {"vault-agent", "vault-agent-init"} <= {c["name"] for c in spec["containers"] + spec["initContainers"]}
    assert "vault-secrets" in {v["name"] for v in spec["volumes"]}


def test_a_pod_that_is_no_answer(well):
    well.kube.script("pod", status=201, body=[])
    findings, _ = well.check()
    assert failed(findings) == {"injection"} and "proxy" in findings["injection"]["advice"]


def test_the_token_is_not_told(well):
    def refuse(_pod):
        raise Refused(403, f"you with {well.kube.token} may not")

    well.kube.admit = refuse
    findings, answer = well.check()
    assert failed(findings) == {"injection"} and well.kube.token not in json.dumps(answer)


def test_an_empty_bundle(well):
    """An API server would take the system's authorities then."""
    well.kube.put(webhook_configuration("hook", bundles=[well.issuer.pem, ""]))
    findings, _ = well.check()
    assert failed(findings) == {"bundle", "served"}
    assert "no caBundle" in findings["served"]["detail"]


def test_nothing_is_told(well):
    """As in `kubectl exec` beside a program that has its options as arguments."""
    done = run_keyhook("check", "-connect=off", env={"AGENT_INJECT_VAULT_ADDR": None})
    assert done.returncode == 1
    assert done.stdout.startswith("FAIL  settings ") and "KEYHOOK_*" in done.stdout


def test_a_trickling_server(well):
    """A byte now and then does not keep it."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def trickle():
        client, _ = listener.accept()
        with client, contextlib.suppress(OSError):
            client.sendall(b"\x16\x03\x03\x3e\x80")
            while not over.wait(0.2):
                client.sendall(b"\x02")

    thread = threading.Thread(target=trickle)
    thread.start()
    done = run_keyhook("check", f"-connect=127.0.0.1:{listener.getsockname()[1]}", "-webhook-name=hook",
                       env=well.environment)
    over.set()
    thread.join()
    listener.close()
    assert done.returncode == 1 and "no TLS handshake" in done.stdout


@pytest.mark.parametrize("address", ["http://user:CANARYPASS@127.0.0.1:1", "ftp://user:CANARYPASS@127.0.0.1"])
def test_a_password_in_the_address(address):
    done = run_keyhook("check", "-cert-source=vault", "-pki-role=r", f"-pki-address={address}")
    assert done.returncode == 2 and "CANARYPASS" not in done.stdout + done.stderr


def test_a_time_of_no_calendar(well):
    well.vault.script("health", merge={"server_time_utc": -2**63})
    findings, _ = well.check()
    assert findings["clock"]["state"] == "ok"


def test_wrong_use():
    done = run_keyhook("check", "-cert-source=vault", "-o=json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "pki-role" in done.stderr or "pki-address" in done.stderr
