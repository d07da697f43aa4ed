"""What a test that failed leaves behind, below logs/<suite>/cluster of the build: events and the words of all containers."""

import os
import re

import kubernetes
import pytest

from pods import Pods
from release import ROOT


def write_logs(core, namespaces, directory):
    for namespace in namespaces:
        place = directory / namespace
        place.mkdir(parents=True, exist_ok=True)
        events = core.list_namespaced_event(namespace).items
        lines = [f"{e.last_timestamp or e.event_time} {e.type} {e.involved_object.kind}/{e.involved_object.name}"
                 f" {e.reason}: {e.message}\n" for e in events]
        (place / "events").write_text("".join(lines), encoding="utf-8")
        for name, text in Pods(core).all_logs(namespace):
            (place / name).write_text(text, encoding="utf-8")


def collect(item, suite, is_ours):
    """is_ours(name of a namespace): what belongs to the cluster is in the backend's logs. That nothing can be had is told
    there, and ends nothing: the cluster may be what has failed."""
    directory = ROOT / os.environ.get("BUILD", "build/release") / f"logs/{suite}/cluster" / re.sub(r"\W+", "-", item.name)
    directory.mkdir(parents=True, exist_ok=True)
    try:
        core = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(os.environ["KUBECONFIG"]))
        names = [n.metadata.name for n in core.list_namespace().items]
        write_logs(core, filter(is_ours, names), directory)
    except Exception as error:  # pylint: disable=broad-except # in a hook, any would end the session
        (directory / "incomplete").write_text(f"the logs could not be collected: {error!r}\n", encoding="utf-8")


def collecting(suite, is_ours, when=("setup", "call")):
    """For a conftest: pytest_runtest_makereport = collecting(...)"""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        outcome = yield
        if outcome.get_result().failed and call.when in when:
            collect(item, suite, is_ours)

    return pytest_runtest_makereport
