"""etcd and kube-apiserver, and what is asked of them. There are no nodes here (node.py has one): pods are created
and looked at.

They listen at fixed addresses of a network of their own, so nothing can clash.
"""

import base64
import json
import secrets
import signal

from process import Process
from secret_search import remember
from web import Client

HOST = "10.66.0.1"
PORT = 443
PROXIED = "10.66.0.5"  # where tests may put something between a replica and the API server
SERVICES = "10.97.0"
ISSUER = "https://kubernetes.default.svc.cluster.local"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
HOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"

AUDIT = """apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, verbs: [update, patch], resources: [{group: admissionregistration.k8s.io}]}
- {level: None}
"""


class Kube:
    """An API server with its etcd, all state below one directory."""

    def __init__(self, servers, directory, authority):
        directory.mkdir()
        self.directory, self.authority = directory, authority
        self.admin_token = remember("the administrator's token", secrets.token_hex(16))
        self.etcd = Process("etcd", directory, self.etcd_command(servers), cwd=directory)
        self.api = Process("kube-apiserver", directory, self.api_command(servers), cwd=directory)
        self.client = self.client_of(self.admin_token)
        self.reviewer = None

    def client_of(self, token, agent="tests"):
        headers = {"Authorization": f"Bearer {token}", "User-Agent": agent}
        return Client(HOST, PORT, self.authority.certificate, headers)

    def accounts(self):
        """(token, user, group) of everybody that the API server knows by a token."""
        return [(self.admin_token, "admin", "system:masters")]

    def etcd_command(self, servers):
        clients, peers = "http://127.0.0.1:2379", "http://127.0.0.1:2380"
        return [servers / "etcd", f"--data-dir={self.directory}/etcd", "--unsafe-no-fsync", "--log-level=warn",
                f"--listen-client-urls={clients}", f"--advertise-client-urls={clients}",
                f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}",
                f"--initial-cluster=default={peers}"]

    def api_command(self, servers):
        """The aggregator's routing makes it call webhooks at the addresses of EndpointSlices."""
        names = ["kubernetes", "kubernetes.default", "kubernetes.default.svc",
                 "kubernetes.default.svc.cluster.local"]
        addresses = ["127.0.0.1", HOST, PROXIED, f"{SERVICES}.1"]
        certificate, key = self.authority.issue("apiserver", names, addresses)
        self.signing_key = self.authority.issue("tokens")[1]
        (self.directory / "audit.yaml").write_text(AUDIT, encoding="utf-8")
        tokens = self.directory / "tokens.csv"
        tokens.touch(0o600)
        tokens.write_text("".join(f'{t},{user},{user},"{group}"\n' for t, user, group in self.accounts()),
                          encoding="utf-8")
        return [servers / "kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0",
                f"--secure-port={PORT}", f"--advertise-address={HOST}",
                f"--service-cluster-ip-range={SERVICES}.0/24", f"--tls-cert-file={certificate}",
                f"--tls-private-key-file={key}", f"--client-ca-file={self.authority.certificate}",
                f"--token-auth-file={tokens}", "--authorization-mode=Node,RBAC",
                f"--service-account-issuer={ISSUER}", f"--service-account-key-file={self.signing_key}",
                f"--service-account-signing-key-file={self.signing_key}", "--enable-aggregator-routing=true",
                "--profiling=false", f"--audit-policy-file={self.directory}/audit.yaml",
                f"--audit-log-path={self.directory}/audit.log", f"--cert-dir={self.directory}"]

    # --- life

    def start(self):
        self.etcd.start()
        return self.start_api()

    def start_api(self):
        self.api.start()
        self.api.wait_until(lambda: self.client.is_up("/readyz"), "the API server")
        return self

    def stop(self):
        self.api.stop(signal.SIGKILL)
        self.etcd.stop(signal.SIGKILL)

    # --- objects

    def make_namespace(self, name):
        """With the service account that a controller manager would make: without it no pod is admitted."""
        self.client.need("POST", "/api/v1/namespaces", {"metadata": {"name": name, "labels": {"name": name}}})
        self.make_account(name, "default")

    def make_account(self, namespace, name):
        self.client.need("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts", {"metadata": {"name": name}})

    def token(self, namespace, account, audience=None, seconds=3600):
        """A token as the kubelet would project it; without an audience for the API server itself."""
        spec = {"expirationSeconds": seconds, **({"audiences": [audience]} if audience else {})}
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
        found = self.client.need("POST", path, {"spec": spec})["status"]["token"]
        return remember(f"a token of {namespace}/{account}", found)

    def reviewer_token(self):
        """Of an account that may review tokens, as Vault's has to; made at the first call."""
        if self.reviewer is None:
            self.make_account("default", "vault")
            self.client.need("POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
                "metadata": {"name": "vault-reviews-tokens"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                            "name": "system:auth-delegator"},
                "subjects": [{"kind": "ServiceAccount", "name": "vault", "namespace": "default"}]})
            self.reviewer = self.token("default", "vault", seconds=24 * 3600)
        return self.reviewer

    def hook(self, name):
        return self.client.need("GET", f"{HOOKS}/{name}")

    def bundle(self, name):
        """The PEM text of a webhook's caBundle, or what is there instead; the object's version."""
        found = self.hook(name)
        text = base64.b64decode(found["webhooks"][0]["clientConfig"].get("caBundle", ""))
        return text.decode("ascii", "replace"), found["metadata"]["resourceVersion"]

    def events(self):
        return self.client.need("GET", "/api/v1/events")["items"]

    def writes(self, hook, agent):
        """(written, refused): how often a program of this name has changed a webhook configuration."""
        codes = []
        with open(self.directory / "audit.log", encoding="utf-8") as log:
            for line in log:
                if not line.endswith("\n"):
                    break  # it is just being written
                if f'"name":"{hook}"' in line and f'"userAgent":"{agent}' in line:
                    codes.append(json.loads(line)["responseStatus"]["code"])
        return sum(code == 200 for code in codes), sum(code == 409 for code in codes)
