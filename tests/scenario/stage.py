"""Phoenix Guardian on a running cluster of tests/cluster/up --vault-nodes 3: database, cloud, Vault's side, Keyhook and the
workloads, made by the commands of the example's README. What is there already is left alone; what was interrupted is
begun again.

  stage.py    in the environment of tests/cluster/in
"""

import functools
import hashlib
import json
import os
import pathlib
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request

import kubernetes
from prometheus_client.parser import text_string_to_metric_families

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/cluster"), str(ROOT / "tests/e2e")]

import app_image  # noqa: E402
import readme  # noqa: E402
import control  # noqa: E402
from moto import Moto  # noqa: E402
from objects import Objects  # noqa: E402
from pods import Pods  # noqa: E402
from postgres import ADMINISTRATOR, PORT, Postgres  # noqa: E402
from process import clean_environment  # noqa: E402
from release import Release  # noqa: E402
from secret_search import remember  # noqa: E402
from vault_admin import VaultAdmin  # noqa: E402
from waiting import wait_for  # noqa: E402

EXAMPLE = readme.EXAMPLE
NAMESPACE = "phoenix-guardian"
SYSTEM = "keyhook-system"
RELEASE = "keyhook"
OPERATOR = "phoenix-guardian-operator"
HANG_GUARD = 300  # seconds
BACKOFF_GUARD = 400  # an agent that asked in vain waits twice as long each time, for five minutes at most
COMMAND_GUARD = 60

DATABASE_NAME = f"postgres.{NAMESPACE}.svc"
POSTGRES, MOTO = "10.66.0.31", "10.66.0.32"
VAULT_FIRST = 21  # 10.66.0.21, .22, .23
VAULT_NODES = ("vault-0", "vault-1", "vault-2")

AWS_KEY, AWS_SECRET = "AKIAEXAMPLE", "example"

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Everything ends soon, so that its renewal can be seen: seconds. A lease ends with the token that it was taken with.
LEASE, LEASE_MAX = 30, 60
CERTIFICATE, TOKEN, TOKEN_MAX = 60, 120, 600
OWN_CERTIFICATE = 45


class VaultCluster(VaultAdmin):
    """Three nodes: whatever is asked goes to the active one."""

    def __init__(self):
        super().__init__()
        self.addresses = {name: f"https://10.66.0.{VAULT_FIRST + number}:8200"
                          for number, name in enumerate(VAULT_NODES)}

    def health(self, name):
        """200 active, 429 standby, 503 sealed; 0 when nobody answers."""
        self.address = self.addresses[name]
        try:
            return super().ask("GET", "sys/health")[0]
        except OSError:
            return 0

    def find_leader(self):
        return next((name for name in VAULT_NODES if self.health(name) == 200), None)

    def leader(self):
        return wait_for(self.find_leader, "an active node of Vault")

    def ask(self, method, path, body=None):
        self.address = self.addresses[self.leader()]
        return super().ask(method, path, body)

    def ask_node(self, name, method, path, body=None):
        self.address = self.addresses[name]
        return super().ask(method, path, body)

    def ask_with(self, token, method, path, body=None):
        """As somebody else."""
        mine, self.token = self.token, token
        try:
            return self.ask(method, path, body)
        finally:
            self.token = mine

    def bare_role(self, name, accounts, policies, **more):
        """Like those of vault/login.toml: no policy but these."""
        self.role(name, NAMESPACE, accounts, policies, "vault")
        self.write(f"auth/kubernetes/role/{name}", {"token_no_default_policy": True, **more})


class Stage:
    def __init__(self):
        self.directory = pathlib.Path(os.environ["KEYHOOK_CLUSTER"])
        kubernetes.config.load_kube_config(os.environ["KUBECONFIG"])
        self.api = kubernetes.client.ApiClient()
        self.core, self.batch = kubernetes.client.CoreV1Api(self.api), kubernetes.client.BatchV1Api(self.api)
        self.pods, self.vault, self.moto = Pods(self.core), VaultCluster(), Moto(MOTO)
        self.objects = Objects(self.api)
        self.audit_file = self.directory / "vault/audit.log"
        self.readme = readme.Reader(self.directory / "readme")
        self.database_authority = self.directory / "postgres/tls/ca.crt"

    def control(self, *words):
        return control.ask(self.directory, *words)

    @property
    def postgres(self):
        return Postgres(self.directory / "postgres", POSTGRES)

    # --- servers beside the cluster

    def start_servers(self):
        known, here = self.control("status"), ROOT / "tests/cluster"
        python = [sys.executable, "-B"]
        if "postgres" not in known:
            self.control("start", "postgres", *python, here / "postgres.py", self.directory / "postgres", POSTGRES,
                         DATABASE_NAME)
            self.control("name", DATABASE_NAME, POSTGRES)
        if "moto" not in known:
            self.control("start", "moto", *python, here / "moto.py", MOTO)
        wait_for(self.is_database_up, "PostgreSQL", HANG_GUARD)
        wait_for(self.moto.is_up, "moto", HANG_GUARD)

    def is_database_up(self):
        return (self.directory / "postgres/password").exists() and self.postgres.run("SELECT 1").returncode == 0

    # --- Vault

    def operator_token(self):
        """Of somebody with the rights that certs/ and the example list, and no others."""
        files = {"keyhook-operator": ROOT / "certs/operator.hcl", OPERATOR: EXAMPLE / "vault/operator.hcl"}
        for name, file in files.items():
            self.vault.policy(name, file.read_text(encoding="utf-8"))
        wanted = {"policies": list(files), "no_default_policy": True, "ttl": "1h"}
        return self.vault.need("POST", "auth/token/create", wanted)["auth"]["client_token"]

    def options(self):
        """What setup is given because names and times are others here."""
        given = {"audit-file": self.audit_file, "database": f"{POSTGRES}:{PORT}", "database-ca": self.database_authority,
                 "database-ttl": LEASE, "database-max-ttl": LEASE_MAX, "certificate-ttl": CERTIFICATE, "token-ttl": TOKEN,
                 "token-max-ttl": TOKEN_MAX, "aws-endpoint": self.moto.url}
        return [word for name, value in given.items() for word in (f"--{name}", str(value))]

    def setup(self, *options, given=None):
        """The example's script once more; `given` is instead of what it is given here."""
        environment = clean_environment(
            VAULT_ADDR=self.vault.addresses[self.vault.leader()], VAULT_TOKEN=self.operator_token(),
            VAULT_CACERT=self.vault.ca_file, AWS_ACCESS_KEY_ID=AWS_KEY, AWS_SECRET_ACCESS_KEY=AWS_SECRET)
        words = [*(self.options() if given is None else given), "--with", "aws", *options]
        done = subprocess.run([EXAMPLE / "setup", *words], env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=HANG_GUARD, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def forget_logins(self):
        """The cluster comes with authorities and a login of pods, for other suites: here the README makes them."""
        for path in ("sys/auth/kubernetes", "sys/mounts/pki", "sys/mounts/pki-root"):
            self.vault.delete(path)

    def names(self):
        """What the README says, and what is here in its place."""
        return {
            "https://vault.example.org:8200": self.vault.addresses[self.vault.leader()],
            "https://API-SERVER": self.api.configuration.host,
            "image.repository=registry.example.com/keyhook": " --set ".join((
                "image.repository=localhost/keyhook", "image.tag=test", "agentImage.tag=1.21.1",
                "agentDefaults.cpuRequest=10m", f"pki.ttl={OWN_CERTIFICATE}s",
                "options.connection-age=1s")),  # each certificate meets handshakes
            # Kept for the search for secrets.
            "&& rm password": f"&& cp password {self.directory}/database-password && rm password",
            "postgres.example.org": POSTGRES, "-U postgres": f"-U {ADMINISTRATOR}", "AKIA...": AWS_KEY}

    def follow_readme(self):
        """Once; from its top again when it did not come to its end, without a release that is half there."""
        if self.readme.finished.exists():
            return
        if self.readme.has_begun():
            Release(RELEASE, SYSTEM).uninstall()
        else:
            self.forget_logins()
        # The same each time, as it takes minutes until pods see another.
        key = remember("the key of an outside service",
                       hashlib.sha256(f"of health-records {self.postgres.password}".encode()).hexdigest())
        self.readme.provide({
            "vault-ca.crt": pathlib.Path(self.vault.ca_file).read_text(encoding="ascii"),
            "postgres-ca.crt": self.database_authority.read_text(encoding="ascii"),
            "health-records.json": json.dumps({"base_url": "https://fhir.example.org", "api_key": key}),
            "pgpass": f"*:*:*:{ADMINISTRATOR}:{self.postgres.password}\n"})
        self.readme.follow(readme.commands(self.names(), self.options()), [self.operator_token(), AWS_SECRET],
                           PGPASSFILE=self.readme.folder / "pgpass")

    # --- Kubernetes

    def kubectl(self, *words):
        done = subprocess.run(["kubectl", *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=COMMAND_GUARD, check=False)
        assert done.returncode == 0, f"kubectl {words}: {done.stderr}{done.stdout}"
        return done.stdout

    def deploy(self):
        """What the manifests say by now."""
        self.kubectl("apply", "-k", EXAMPLE / "kubernetes")
        for app in ("encounter-service", "api-gateway"):
            self.pods.wait_ready(NAMESPACE, f"app={app}", 2, HANG_GUARD)

    # --- Keyhook, and what it tells

    def replicas(self):
        return [pod.status.pod_ip for pod in self.pods.found(SYSTEM, f"app.kubernetes.io/name={RELEASE}")]

    def metric(self, name, of=None, **labels):
        """The sum over all replicas, or these addresses, and over all rows that have these labels."""
        wanted, total = set(labels.items()), 0
        for address in of or self.replicas():
            with OPENER.open(f"http://{address}:8081/metrics", timeout=30) as answer:
                for family in text_string_to_metric_families(answer.read().decode()):
                    total += sum(s.value for s in family.samples
                                 if s.name == name and wanted <= set(s.labels.items()))
        return total

    def decisions(self):
        return self.metric("keyhook_decisions_total")

    def status_with_token(self, token):
        """What the API server answers to somebody with this token who asks for pods."""
        request = urllib.request.Request(f"{self.api.configuration.host}/api/v1/pods",
                                         headers={"Authorization": f"Bearer {token.strip()}"})
        context = ssl.create_default_context(cafile=self.api.configuration.ssl_ca_cert)
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    # --- all of it

    def import_image(self):
        archive = self.directory / "phoenix-guardian.tar"
        app_image.make(archive)
        self.control("import", archive)

    def prepare(self, tell):
        """All of it; tell() is given a line for each stage."""
        for name, step in (("image of the application", self.import_image),
                           ("PostgreSQL and moto", self.start_servers), ("README", self.follow_readme),
                           ("Vault's side", self.setup), ("workloads", self.deploy)):
            begin = time.monotonic()
            step()
            tell(f"{name}: {time.monotonic() - begin:.1f} s")
        return self


if __name__ == "__main__":
    Stage().prepare(functools.partial(print, flush=True))
