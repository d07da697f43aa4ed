"""Fixtures of the end-to-end suite. It knows of a cluster no more than KUBECONFIG, VAULT_ADDR, VAULT_TOKEN and
VAULT_CACERT, so it is the same on every backend; `run` beside this file brings one up.
"""

import itertools
import os
import pathlib
import secrets
import sys
import types

import kubernetes
import pytest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "cluster"))
from collect import collecting  # noqa: E402
from objects import Objects  # noqa: E402
from pods import Pods  # noqa: E402
from release import Release, ROOT  # noqa: E402
from report import figure, pytest_collection_modifyitems, pytest_terminal_summary, pytest_unconfigure  # noqa: E402,F401
from vault_admin import VaultAdmin  # noqa: E402
from waiting import wait_for  # noqa: E402

SYSTEM = "keyhook-system"
RELEASE = "keyhook"
OWN = "app.kubernetes.io/name=keyhook"  # the label of its pods
PSA = "pod-security.kubernetes.io/enforce"
VAULT = "https://vault.vault.svc:8200"  # as pods see it
AGENT_TAG = "1.21.1"
PREFIX = "e2e-"  # of the namespaces of tests
OWN_NAMESPACES = (SYSTEM, "default", "vault")  # and the others that they use
NUMBERS = itertools.count(1)
collect_ignore = [] if "KEYHOOK_CLUSTER" in os.environ else ["test_rig.py", "test_secrets.py"]  # about the local cluster


# --- the cluster


@pytest.fixture(scope="session", name="api")
def fixture_api():
    kubernetes.config.load_kube_config(os.environ["KUBECONFIG"])
    return kubernetes.client.ApiClient()


@pytest.fixture(scope="session", name="core")
def fixture_core(api):
    return kubernetes.client.CoreV1Api(api)


@pytest.fixture(scope="session", name="apps")
def fixture_apps(api):
    return kubernetes.client.AppsV1Api(api)


@pytest.fixture(scope="session", name="pods")
def fixture_pods(core):
    return Pods(core)


@pytest.fixture(name="objects")
def fixture_objects(api):
    """What a test has made is deleted after it."""
    objects = Objects(api)
    yield objects
    objects.delete_all()


@pytest.fixture(scope="session", name="vault")
def fixture_vault():
    vault = VaultAdmin()
    vault.ensure_engine()
    return vault


def create_namespace(core, name, labels=None):
    """With Vault's authority in it, as agents want it, and the account that pods need."""
    core.create_namespace({"metadata": {"name": name, "labels": labels}})
    authority = pathlib.Path(os.environ["VAULT_CACERT"]).read_text(encoding="ascii")
    core.create_namespaced_secret(name, {"metadata": {"name": "vault-ca"}, "stringData": {"ca.crt": authority}})
    accounts = core.list_namespaced_service_account
    wait_for(lambda: any(a.metadata.name == "default" for a in accounts(name).items), f"the default account of {name}")
    return name


@pytest.fixture(name="make_namespace")
def fixture_make_namespace(core):
    """make_namespace(labels, **labels) -> name of a new one that ends with the test."""
    made = []

    def make(labels=None, **more):
        made.append(create_namespace(core, f"{PREFIX}{next(NUMBERS)}-{secrets.token_hex(2)}", (labels or {}) | more))
        return made[-1]

    yield make
    for name in made:  # they may take their time: no other has the name
        core.delete_namespace(name, propagation_policy="Background")


@pytest.fixture(name="namespace")
def fixture_namespace(make_namespace):
    return make_namespace()


# --- the installation


@pytest.fixture(scope="session", name="images")
def fixture_images():
    return types.SimpleNamespace(own="localhost/keyhook:test", base="localhost/test-base:1",
                                 agent=f"hashicorp/vault:{AGENT_TAG}")


@pytest.fixture(scope="session", name="chart_values")
def fixture_chart_values(images):
    """Where this cluster has its images and its Vault; certificates come from Vault."""
    repository, tag = images.own.split(":")
    return {"image": {"repository": repository, "tag": tag},
            "agentImage": {"repository": images.agent.split(":")[0], "tag": AGENT_TAG},
            "agentDefaults": {"cpuRequest": "10m"},
            "vault": {"address": VAULT},
            "certs": {"source": "vault"},
            "pki": {"ca": {"secret": "vault-ca"}}}


@pytest.fixture(scope="session", name="system")
def fixture_system(core):
    """The namespace of installations; it admits nothing that Pod Security calls less than restricted."""
    create_namespace(core, SYSTEM, {PSA: "restricted"})
    yield SYSTEM
    core.delete_namespace(SYSTEM)
    wait_for(lambda: all(n.metadata.name != SYSTEM for n in core.list_namespace().items), f"the end of {SYSTEM}")


@pytest.fixture(name="make_release")
def fixture_make_release(system, pods):
    """make_release(helm program) -> Release, not installed; nothing of it is left after the test."""
    made = []

    def make(helm="helm"):
        made.append(Release(RELEASE, system, helm))
        return made[-1]

    yield make
    for release in made:
        remove(release, pods)


def remove(release, pods):
    """Returns when the replicas have drained, so that the next release finds none."""
    release.uninstall()
    pods.wait_gone(release.namespace, OWN)


@pytest.fixture(scope="module", name="keyhook")
def fixture_keyhook(system, pods, chart_values):
    """The Release, installed and ready, for all tests of a module."""
    release = Release(RELEASE, system)
    release.install(values=[chart_values])
    yield release
    remove(release, pods)


# --- what is seen of a run


def is_own_namespace(name):
    """Of the suite."""
    return name in OWN_NAMESPACES or name.startswith(PREFIX)


pytest_runtest_makereport = collecting("e2e", is_own_namespace)
