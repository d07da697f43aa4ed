"""keyhook check against real servers: an installation that is well, and what is planted in it."""

import json
import pathlib
import subprocess

import pytest

import kube
from keyhook import PORT, program
from process import clean_environment, wait_for

CHECKS = ["settings", "vault", "clock", "certificate", "rights", "webhook", "bundle", "served", "injection"]


class Checked:
    """One replica, and the same options for `keyhook check` in its place."""

    def __init__(self, installation, pki, one, options):
        self.installation, self.pki, self.one = installation, pki, one
        self.options = dict(o.lstrip("-").split("=", 1) for o in options)
        self.options |= {"listen": f"{one.address}:{PORT}", "kube-dir": one.account}
        self.env = {}

    def look(self):
        flags = [f"-{n}={v}".replace("@ACCOUNT@", str(self.one.account)) for n, v in self.options.items()]
        env = clean_environment(KUBERNETES_SERVICE_HOST=kube.HOST, KUBERNETES_SERVICE_PORT=kube.PORT, **self.env)
        done = subprocess.run([program(), "check", "-o=json", *flags], env=env, capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=120, check=False)
        assert done.returncode in (0, 1), done.stderr
        found = {one["name"]: one for one in json.loads(done.stdout)["checks"]}
        assert list(found) == CHECKS
        assert all(one.get("advice") for one in found.values() if one["state"] == "failed")
        return found

    def failed(self):
        return {name for name, one in self.look().items() if one["state"] == "failed"}


@pytest.fixture(name="well")
def fixture_well(endpoints, installation, pki, replica):
    options = [*pki.options(ttl="1h"), "-cert-fallback=none"]
    one = replica(11, *options)
    endpoints.add(one)
    return Checked(installation, pki, one, options)


def test_all_is_well(well):
    assert well.failed() == set()


def test_who_may_create_no_pods(well):
    found = well.look()["injection"]
    assert found["state"] == "skipped" and "create on pods" in found["detail"]


@pytest.fixture(name="trying")
def fixture_trying(well):
    """One that may create pods where the webhook is called, and must."""
    at, rbac = well.installation, "/apis/rbac.authorization.k8s.io/v1/namespaces"
    rule = {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}
    for namespace in (at.apps, at.namespace):
        at.cluster.client.need("POST", f"{rbac}/{namespace}/roles", {"metadata": {"name": "tries"}, "rules": [rule]})
        at.cluster.client.need("POST", f"{rbac}/{namespace}/rolebindings", {
            "metadata": {"name": "tries"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "tries"},
            "subjects": [{"kind": "ServiceAccount", "name": at.account, "namespace": at.namespace}]})
    well.options |= {"dry-run": "must", "n": at.apps}
    wait_for(lambda: well.failed() == set(), "a pod to be tried")
    return well


def label(well, namespace, **labels):
    well.installation.cluster.client.need("PATCH", f"/api/v1/namespaces/{namespace}", {"metadata": {"labels": labels}},
                                          kube.STRATEGIC)


def small_quota(well):
    """With the status that a controller would give it."""
    client, place = well.installation.cluster.client, f"/api/v1/namespaces/{well.installation.apps}/resourcequotas"
    hard = {"limits.memory": "20Mi"}
    client.need("POST", place, {"metadata": {"name": "small"}, "spec": {"hard": hard}})
    client.need("PATCH", f"{place}/small/status", {"status": {"hard": hard, "used": {"limits.memory": "0"}}}, kube.MERGE)


def left_out(well):
    """By the webhook's namespaceSelector."""
    label(well, well.installation.apps, name="another")


@pytest.mark.parametrize(("plant", "words"), [
    (left_out, "accepted without an agent"),
    (lambda well: well.options.update(n=well.installation.namespace), "accepted without an agent"),
    (lambda well: well.options.update(n="nowhere"), "may not create pods"),
    (small_quota, "the quota"),
    (lambda well: well.one.kill(), "cannot reach the webhook"),
], ids=["not selected", "another namespace", "no namespace", "quota", "nobody there"])
def test_what_becomes_of_a_pod(trying, plant, words):
    """In the words of a real API server."""
    plant(trying)
    found = wait_for(lambda: (f := trying.look())["injection"]["state"] == "failed" and f, "the fault to be seen")
    assert words in found["injection"]["detail"]


def test_the_pod_fits_pod_security(trying):
    """Restricted: the agents with it, as it gives them a seccomp profile."""
    label(trying, trying.installation.apps, **{"pod-security.kubernetes.io/enforce": "restricted"})
    wait_for(lambda: trying.installation.cluster.client.ask(
        "POST", f"/api/v1/namespaces/{trying.installation.apps}/pods?dryRun=All",
        trying.installation.pod(asks=False)).status == 403, "Pod Security")
    assert trying.failed() == set()


@pytest.mark.parametrize(("option", "value", "where"), [
    ("pki-auth-role", "nobody", "certificate"),
    ("pki-path", "nowhere", "certificate"),
    ("pki-role", "nobody", "certificate"),
    ("pki-address", "https://10.66.0.250:8200", "vault"),
    ("tls-auto-hosts", "other.example.com", "certificate"),
    ("pki-ca-file", "@ACCOUNT@/foreign.pem", "vault"),
])
def test_a_wrong_option(well, option, value, where, authority, tmp_path):
    """Auth role, mount, PKI role, address, name and CA."""
    foreign = type(authority)(tmp_path / "foreign", "somebody else")
    (well.one.account / "foreign.pem").write_text(foreign.pem(), encoding="ascii")
    well.options[option] = value
    assert well.failed() == {where}


def test_sealed(well):
    node = well.pki.vault.first_node
    node.seal()
    try:
        assert well.failed() == {"vault"}
    finally:
        node.unseal()


def test_the_role_wants_another_kind_of_key(well):
    well.pki.client.need("POST", f"/v1/{well.pki.path}/roles/{well.pki.role}",
                         {"allow_any_name": True, "key_type": "rsa", "key_bits": 2048})
    found = well.look()
    assert {n for n, one in found.items() if one["state"] == "failed"} == {"certificate"}
    assert "rsa" in found["certificate"]["detail"] and "key type" in found["certificate"]["advice"]


def test_no_rights(well):
    hook = well.installation.hook
    well.installation.cluster.client.need(
        "DELETE", f"/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/{hook}")
    wait_for(lambda: well.failed() == {"rights"}, "the missing rights to be found")


def test_no_object(well):
    well.installation.cluster.client.need("DELETE", f"{kube.HOOKS}/{well.installation.hook}")
    assert well.failed() == {"webhook"}


def test_the_anchor_is_not_in_the_bundle(well, authority):
    well.one.stop()
    well.installation.set_bundle(authority.pem().encode())
    assert well.failed() == {"bundle", "served"}


def test_the_clock_is_off(well):
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
    well.env = {"LD_PRELOAD": library, "FAKETIME": "+3m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    found = well.look()
    assert found["clock"]["state"] == "failed" and "ahead of" in found["clock"]["detail"]


def test_expired(endpoints, installation, pki, replica, vault):
    """What is served ended while Vault was away."""
    options = [*pki.options(ttl="10s"), "-cert-fallback=none"]
    one = replica(11, *options)
    endpoints.add(one)
    well = Checked(installation, pki, one, options)
    node = vault.first_node
    node.seal()
    try:
        found = wait_for(lambda: "expired" in (f := well.look())["served"]["detail"] and f, "the end")
        assert {n for n, o in found.items() if o["state"] == "failed"} == {"vault", "served"}
    finally:
        node.unseal()
