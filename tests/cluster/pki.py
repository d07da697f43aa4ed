"""Vault's PKI engine for one installation, made by certs/setup as an operator makes it."""

import hashlib
import re
import ssl
import subprocess

import kube
from process import clean_environment, ROOT

CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def anchors(bundle):
    """The certificates of a PEM text as a set of SHA-256 values; unreadable ones do not count."""
    found = set()
    for pem in CERTIFICATE.findall(bundle):
        try:
            found.add(hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest())
        except ValueError:
            pass
    return found


class Pki:
    role = "webhook"

    def __init__(self, vault, installation):
        self.vault, self.installation = vault, installation
        kinds = ("pki", "root", "auth", "policy")
        self.path, self.root, self.auth, self.policy = (f"{kind}-{installation.name}" for kind in kinds)
        self.auth_role = installation.account

    @property
    def client(self):
        return self.vault.first_node.client

    def setup(self, *options, token=None, **environment):
        """certs/setup with this installation's names."""
        at, cluster = self.installation, self.installation.cluster
        reviewer = self.vault.directory / "reviewer"
        reviewer.write_text(cluster.reviewer_token() + "\n", encoding="ascii")
        names = {"namespace": at.namespace, "service": at.service, "account": at.account, "pki": self.path,
                 "root": self.root, "role": self.role, "policy": self.policy, "auth": self.auth,
                 "auth-role": self.auth_role, "kubernetes-host": f"https://{kube.HOST}",
                 "kubernetes-ca": cluster.authority.certificate, "reviewer-token-file": reviewer}
        settings = {"VAULT_ADDR": self.vault.first_node.url(), "VAULT_CACERT": self.vault.ca_file,
                    "VAULT_TOKEN": token or self.vault.root_token} | environment
        named = [word for n, v in names.items() for word in (f"--{n}", str(v))]
        return subprocess.run([ROOT / "certs" / "setup", *named, *options], env=clean_environment(**settings),
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)

    def must_setup(self, *options):
        done = self.setup(*options)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def anchor(self):
        """The certificate that signs now, in the spelling of anchors()."""
        pem = self.client.ask("GET", f"/v1/{self.path}/ca/pem").text()
        return next(iter(anchors(pem)))

    def options(self, ttl="10s", node=None, settle=None):
        """Keyhook's options for a certificate of this mount; @ACCOUNT@ stands for the pod's directory."""
        at = self.installation
        return ["-cert-source=vault", f"-pki-address={(node or self.vault.first_node).url()}",
                f"-pki-path={self.path}", f"-pki-role={self.role}", f"-pki-ttl={ttl}",
                f"-pki-auth-path=auth/{self.auth}", f"-pki-auth-role={self.auth_role}",
                f"-pki-ca-file={self.vault.ca_file}", "-pki-jwt-file=@ACCOUNT@/vault-token",
                f"-tls-auto-hosts={at.host}", f"-webhook-name={at.hook}", "-publish=issuer",
                *([f"-publish-settle={settle}"] if settle else [])]
