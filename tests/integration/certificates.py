"""The daemon with a fake Vault and a fake API server, and probes that verify it as an API server would."""

import http.client
import pathlib
import socket
import ssl
import threading
import time

from cryptography import x509

from daemon import HANG_GUARD, Daemon, wait_for
from fakes.kube import webhook_configuration
from scrape import plain

HOOK = "keyhook-cfg"
NAME = "keyhook.vault.svc"
CANARIES = ("canary-jwt-5e1f", "canary-token")  # what must never be shown


def certificates_of(pem):
    """Every certificate of a bundle, in DER."""
    end = "-----END CERTIFICATE-----"
    blocks = [b + end for b in pem.split(end)[:-1]]
    return [ssl.PEM_cert_to_DER_cert(b[b.index("-----BEGIN"):]) for b in blocks]


def der(pem):
    return certificates_of(pem)[0]


class World:
    """One webhook's object, one Vault, any number of replicas."""

    def __init__(self, tmp_path, kube=None, vault=None):
        self.tmp_path, self.kube, self.vault = tmp_path, kube, vault
        self.daemons = []
        self.shown = ""  # metrics and readiness at the end
        self.env = {}
        if kube:
            self.kube_dir = tmp_path / "service-account"
            self.env = {**kube.advertise(self.kube_dir), "KEYHOOK_KUBE_DIR": str(self.kube_dir),
                        "POD_NAME": "keyhook-0"}
        self.jwt_file = tmp_path / "jwt"
        self.jwt_file.write_text(CANARIES[0], encoding="ascii")

    def put_hook(self, bundles=("",), **options):
        self.kube.put(webhook_configuration(HOOK, bundles=bundles, **options))

    @property
    def bundle(self):
        return self.kube.bundle(HOOK)

    @property
    def anchors(self):
        return certificates_of(self.bundle)

    def vault_args(self, ttl="24h", **options):
        values = {"pki-address": self.vault.address, "pki-ca-file": self.vault.ca_file,
                  "pki-role": "keyhook", "pki-auth-role": "keyhook", "pki-jwt-file": self.jwt_file,
                  "pki-ttl": ttl, **options}
        return [f"-{k}={v}" for k, v in values.items() if v is not None]

    def start(self, *args, publish=True, settle="1s", drain="0s", env=None, waits=True):
        directory = self.tmp_path / f"replica-{len(self.daemons)}"
        directory.mkdir()
        args = [*args, f"-tls-auto-hosts={NAME}", "-plain-listen=127.0.0.1:0", f"-publish-settle={settle}"]
        if publish:
            args.append(f"-tls-auto={HOOK}")
        daemon = Daemon(directory, args, env={**self.env, **(env or {})}, drain=drain)
        self.daemons.append(daemon)
        return daemon.wait_ready() if waits else daemon

    def start_vault(self, *args, ttl="24h", **options):
        return self.start(*self.vault_args(ttl), *args, **options)

    def end(self):
        for one in self.daemons:
            if one.process.poll() is None and one.plain_port:
                self.shown += plain(one, "/metrics")[1].decode() + repr(plain(one, "/health/ready"))
            one.end()

    def check_end(self):
        """All ended well, and nothing that was to be kept secret is anywhere."""
        shown = self.shown + repr(self.kube.events) + repr(self.kube.objects)
        for one in self.daemons:
            assert one.status == 0, one.log_text()
            shown += one.log_text()
        for secret in (*CANARIES, "hvs.fake", "PRIVATE KEY"):
            assert secret not in shown


def ready(daemon):
    """(status, body) of the readiness."""
    client = http.client.HTTPConnection("127.0.0.1", daemon.plain_port, timeout=HANG_GUARD)
    try:
        client.request("GET", "/health/ready")
        answer = client.getresponse()
        return answer.status, answer.read().decode()
    finally:
        client.close()


def wait_ready(*daemons):
    for one in daemons:
        wait_for(lambda d=one: ready(d)[0] == 204, f"the readiness of port {one.port}")


def served(daemon):
    """The certificate served now, in DER, without a look at who signed it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD) as plain:
        with context.wrap_socket(plain, server_hostname=NAME) as sock:
            return sock.getpeercert(binary_form=True)


def parsed(certificate):
    return x509.load_der_x509_certificate(certificate)


def issuer_of(daemon):
    return parsed(served(daemon)).issuer


def is_self_signed(daemon):
    crt = parsed(served(daemon))
    return crt.issuer == crt.subject


def handshake(daemon, pem):
    """One fresh connection that verifies against the bundle: the certificate's serial number."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=pem)
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # as Go: whatever is in the pool is trusted
    with socket.create_connection(("127.0.0.1", daemon.port), timeout=HANG_GUARD) as plain:
        with context.wrap_socket(plain, server_hostname=NAME) as sock:
            return parsed(sock.getpeercert(binary_form=True)).serial_number


class Prober:
    """
    Opens fresh connections to all replicas all the time and verifies them against the bundle.  `is_hurried`:
    something may have to be served as soon as it is published; a bundle that was read before does not count.
    """

    def __init__(self, world, *daemons, is_hurried=False):
        self.world, self.daemons, self.is_hurried = world, list(daemons), is_hurried
        self.failures, self.serials, self.count = [], set(), 0
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.is_over.is_set():
            for one in list(self.daemons):
                pem = self.world.bundle
                try:
                    self.serials.add(handshake(one, pem))
                except (OSError, ValueError) as fault:
                    if self.is_hurried and self.world.bundle != pem:
                        continue
                    self.failures.append((time.time(), one.port, repr(fault)))
                self.count += 1
            self.is_over.wait(0.05)

    def end(self):
        self.is_over.set()
        self.thread.join(HANG_GUARD)
        assert self.count > 0 and not self.failures, self.failures[:5]


def reasons(kube):
    return [e["reason"] for e in kube.events]


