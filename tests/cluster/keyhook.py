"""Keyhook in the cluster: its objects, its replicas as processes with addresses of their own, and endpoints."""

import base64
import os
import pathlib
import signal
import subprocess
import threading
import urllib.error
import urllib.request

from prometheus_client.parser import text_string_to_metric_families
import yaml

import kube
from process import clean_environment, Process, ROOT, wait_for

PORT = 8443
PLAIN_PORT = 8080
AGENT = "vault.hashicorp.com/agent-inject"
PLURALS = {"ValidatingAdmissionPolicy": "validatingadmissionpolicies",
           "ValidatingAdmissionPolicyBinding": "validatingadmissionpolicybindings"}
ENDPOINT_POLL = 0.2  # seconds: a kubelet's probe and the endpoints' controller in one


def program():
    return pathlib.Path(os.environ.get("KEYHOOK", ROOT / "build" / "keyhook")).resolve()


def endpoint_slice(installation, addresses):
    """Only what is ready stands in it."""
    endpoints = [{"addresses": [a], "conditions": {"ready": True}} for a in addresses]
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"{installation.service}-1",
                         "labels": {"kubernetes.io/service-name": installation.service}},
            "ports": [{"name": "https", "port": PORT, "protocol": "TCP"}], "endpoints": endpoints}


class Installation:
    """Namespace, account, rights, Service and MutatingWebhookConfiguration of one test."""

    service, account = "keyhook", "keyhook"

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.namespace, self.apps, self.hook = f"{name}-system", f"{name}-apps", f"{name}-hook"
        self.host = f"{self.service}.{self.namespace}.svc"

    def create(self):
        client = self.cluster.client
        for namespace in (self.namespace, self.apps):
            self.cluster.make_namespace(namespace)
        self.cluster.make_account(self.namespace, self.account)
        client.need("POST", f"/api/v1/namespaces/{self.namespace}/services", {
            "metadata": {"name": self.service},
            "spec": {"ports": [{"name": "https", "port": 443, "targetPort": PORT}]}})
        client.need("POST", self.slices(), endpoint_slice(self, []))
        self.grant()
        client.need("POST", kube.HOOKS, self.hook_object())
        for thing in self.guard():
            client.need("POST", f"/apis/admissionregistration.k8s.io/v1/{PLURALS[thing['kind']]}", thing)
        return self

    def guard(self):
        """The chart's own, for this test's object and account: whatever a replica does, it does under it."""
        done = subprocess.run(
            [pathlib.Path(os.environ["TOOLS"]) / "helm", "template", "keyhook", ROOT / "charts/keyhook",
             "--namespace", self.namespace, "--set", f"fullnameOverride={self.hook},serviceAccount.name={self.account}",
             "--show-only", "templates/guard.yaml"],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=120, check=True)
        return list(yaml.safe_load_all(done.stdout))

    def slices(self):
        return f"/apis/discovery.k8s.io/v1/namespaces/{self.namespace}/endpointslices"

    def grant(self):
        """The least that is needed: one object by its name, and Events in the own namespace."""
        rbac = "/apis/rbac.authorization.k8s.io/v1"
        subjects = [{"kind": "ServiceAccount", "name": self.account, "namespace": self.namespace}]
        hooks = {"apiGroups": ["admissionregistration.k8s.io"], "resources": ["mutatingwebhookconfigurations"],
                 "resourceNames": [self.hook], "verbs": ["get", "list", "watch", "patch"]}
        events = {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]}
        for kind, place, rule in (("ClusterRole", rbac, hooks),
                                  ("Role", f"{rbac}/namespaces/{self.namespace}", events)):
            plural = f"{kind.lower()}s"
            self.cluster.client.need("POST", f"{place}/{plural}",
                                     {"metadata": {"name": self.hook}, "rules": [rule]})
            self.cluster.client.need("POST", f"{place}/{kind.lower()}bindings", {
                "metadata": {"name": self.hook}, "subjects": subjects,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": self.hook}})

    def hook_object(self):
        """What asks for an agent is refused when the webhook is away; nothing else ever meets it."""
        return {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration",
            "metadata": {"name": self.hook},
            "webhooks": [{
                "name": f"{self.name}.keyhook.test", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                "failurePolicy": "Fail", "timeoutSeconds": 10, "matchPolicy": "Equivalent",
                "namespaceSelector": {"matchLabels": {"name": self.apps}},
                "matchConditions": [{"name": "asks", "expression":
                    f"has(object.metadata.annotations) && '{AGENT}' in object.metadata.annotations"}],
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"],
                           "resources": ["pods"], "scope": "Namespaced"}],
                "clientConfig": {"service": {"name": self.service, "namespace": self.namespace,
                                             "path": "/mutate", "port": 443}},
            }]}

    def bundle(self):
        return self.cluster.bundle(self.hook)

    def set_bundle(self, data, kind=kube.STRATEGIC):
        """Overwrites caBundle as somebody else would; the object's version after it."""
        body = {"webhooks": [{"name": f"{self.name}.keyhook.test",
                              "clientConfig": {"caBundle": base64.b64encode(data).decode()}}]}
        done = self.cluster.client.need("PATCH", f"{kube.HOOKS}/{self.hook}?fieldManager=somebody", body, kind)
        return done["metadata"]["resourceVersion"]

    def pod(self, asks=True):
        token = {"name": "api-access", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"}
        notes = {AGENT: "true", "vault.hashicorp.com/role": "app",
                 "vault.hashicorp.com/agent-inject-secret-db": "kv/data/db"} if asks else {}
        return {"apiVersion": "v1", "kind": "Pod",
                "metadata": {"generateName": "web-", "annotations": notes},
                "spec": {"containers": [{"name": "web", "image": "web:1", "volumeMounts": [token]}],
                         "volumes": [{"name": "api-access", "emptyDir": {}}]}}

    def create_pod(self, asks=True, client=None):
        """The answer to a dry-run create."""
        path = f"/api/v1/namespaces/{self.apps}/pods?dryRun=All"
        return (client or self.cluster.client).ask("POST", path, self.pod(asks))

    def events(self):
        return [e for e in self.cluster.events() if e["metadata"]["namespace"] == self.namespace]


    def writes(self):
        """(written, refused) writes to the webhook by replicas of Keyhook."""
        return self.cluster.writes(self.hook, "keyhook/")


class Replica:
    """`keyhook serve` as a process on an address of its own, with a pod's directory of tokens.

    @ACCOUNT@ in an argument stands for that directory.
    """

    all = []  # of the whole run, for the search for secrets

    def __init__(self, installation, number, directory, args=(), env=None, api=(kube.HOST, kube.PORT),
                 command=None, drain="2s"):
        self.installation, self.address = installation, f"10.66.0.{number}"
        self.name = f"{installation.name}-{number}"
        self.directory = directory / self.name
        self.account = self.directory / "account"
        self.account.mkdir(parents=True, exist_ok=True)
        self.write_account()
        fixed = [program(), "serve", f"-listen={self.address}:{PORT}",
                 f"-plain-listen={self.address}:{PLAIN_PORT}", "-telemetry-path=/metrics",
                 f"-drain-period={drain}", f"-kube-dir={self.account}"]
        settings = {"AGENT_INJECT_VAULT_ADDR": "https://vault.test:8200", "AGENT_INJECT_LOG_FORMAT": "json",
                    "KUBERNETES_SERVICE_HOST": api[0], "KUBERNETES_SERVICE_PORT": api[1],
                    "POD_NAME": self.name, "NAMESPACE": installation.namespace}
        own = [str(a).replace("@ACCOUNT@", str(self.account)) for a in args]
        self.process = Process(self.name, directory, command or [*fixed, *own],
                               env=clean_environment(**settings, **(env or {})))
        Replica.all.append(self)
        self.last_metrics = ""
        self.before = 0  # where this life's log begins

    def write_account(self):
        """What the kubelet projects: token, ca.crt and namespace; and a token for Vault beside them."""
        cluster, at = self.installation.cluster, self.installation
        contents = {"ca.crt": cluster.authority.pem(), "namespace": at.namespace,
                    "token": cluster.token(at.namespace, at.account),
                    "vault-token": cluster.token(at.namespace, at.account, "vault")}
        for name, text in contents.items():
            part = self.account / f".{name}"
            part.write_text(text, encoding="ascii")
            part.replace(self.account / name)
        return contents

    # --- life

    def start(self):
        self.before = len(self.process.text())
        self.process.start()
        return self

    def wait_ready(self, guard=120):
        self.process.wait_until(self.is_ready, f"{self.name} to be ready", guard)
        return self

    def get(self, path):
        """(status, text) from the port without TLS; (0, "") when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://{self.address}:{PLAIN_PORT}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self):
        return self.process.is_alive() and self.get("/health/ready")[0] in (200, 204)

    def stop(self, number=signal.SIGTERM):
        self.metrics()
        return self.process.stop(number)

    def kill(self):
        return self.stop(signal.SIGKILL)

    # --- what it tells

    def log(self):
        """The lines of this life."""
        return self.process.text()[self.before:]

    def metrics(self):
        text = self.get("/metrics")[1]
        self.last_metrics = text or self.last_metrics
        return {(s.name, tuple(sorted(s.labels.items()))): s.value
                for family in text_string_to_metric_families(text) for s in family.samples}

    def metric(self, name, **labels):
        """The sum over all rows that have these labels."""
        wanted = set(labels.items())
        return sum(v for (n, have), v in self.metrics().items() if n == name and wanted <= set(have))

    def renewals(self):
        """How often it has asked for a certificate, with success or without."""
        return self.metric("keyhook_certificate_renewals_total")


class Endpoints:
    """Keeps the EndpointSlice at those replicas that say they are ready, as kubelet and controller would."""

    def __init__(self, installation):
        self.installation, self.replicas, self.ready = installation, [], []
        self.history = []  # what was ready, each time that it changed
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.running:
            ready = [r.address for r in list(self.replicas) if r.is_ready()]
            if ready != self.ready and self.write(ready):
                self.ready = ready
                self.history.append(ready)
            threading.Event().wait(ENDPOINT_POLL)

    def write(self, addresses):
        at = self.installation
        try:
            path = f"{at.slices()}/{at.service}-1"
            return at.cluster.client.ask("PUT", path, endpoint_slice(at, addresses)).status == 200
        except OSError:
            return False  # the API server is away; the next turn tries again

    def add(self, *replicas):
        """Starts them and waits until all are endpoints."""
        for replica in replicas:
            self.replicas.append(replica.start())
        for replica in replicas:
            replica.wait_ready()
        self.wait_for({r.address for r in replicas})

    def add_again(self, replica):
        """Starts one that was stopped; its old life's endpoint is gone before."""
        wait_for(lambda: replica.address not in self.ready, f"no endpoint {replica.address}")
        replica.start().wait_ready()
        self.wait_for({replica.address})

    def wait_for(self, addresses):
        wait_for(lambda: set(addresses) <= set(self.ready), f"endpoints {addresses}")

    def stop(self):
        self.running = False
        self.thread.join()
