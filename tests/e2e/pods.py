"""Pods: whether they are ready, what they say, and commands inside."""

import time

from kubernetes.client.exceptions import ApiException
from kubernetes.stream import stream

from waiting import HANG_GUARD, wait_for

LOG_TRIES = 20  # half a second apart


def is_ready(pod):
    conditions = pod.status.conditions or []
    return pod.metadata.deletion_timestamp is None and any(
        c.type == "Ready" and c.status == "True" for c in conditions)


def state_of(pod):
    """Why it is not ready, for a message."""
    words = [f"{pod.metadata.name}: {pod.status.phase}"]
    for status in (pod.status.init_container_statuses or []) + (pod.status.container_statuses or []):
        state = status.state.waiting or status.state.terminated
        words.append(f"{status.name} {state.reason} {state.message or ''}" if state else f"{status.name} runs")
    return ", ".join(words)


class Pods:
    def __init__(self, core):
        self.core = core

    def found(self, namespace, what):
        """`what` is a selector of labels, or a name."""
        query = {"label_selector": what} if "=" in what else {"field_selector": f"metadata.name={what}"}
        return self.core.list_namespaced_pod(namespace, **query).items

    def names(self, namespace, what):
        """Of those that are not on their way out."""
        return [p.metadata.name for p in self.found(namespace, what) if p.metadata.deletion_timestamp is None]

    def tell(self, namespace, what):
        """The state of pods and the warnings about them."""
        lines = [state_of(pod) for pod in self.found(namespace, what)]
        events = self.core.list_namespaced_event(namespace).items
        lines += [f"{e.involved_object.name}: {e.message}" for e in events if e.type == "Warning"]
        return "\n".join(lines)

    def wait_ready(self, namespace, what, count=1, guard=HANG_GUARD):
        """`count` pods, all ready, and no others."""

        def ready():
            pods = self.found(namespace, what)
            return pods if len(pods) == count and all(map(is_ready, pods)) else None

        return wait_for(ready, lambda: f"{count} ready: {what}\n{self.tell(namespace, what)}", guard)

    def wait_phase(self, namespace, name, *phases, guard=HANG_GUARD):
        def reached():
            pod = self.core.read_namespaced_pod(name, namespace)
            return pod if pod.status.phase in phases else None

        return wait_for(reached, lambda: state_of(self.core.read_namespaced_pod(name, namespace)), guard)

    def wait_gone(self, namespace, what, guard=HANG_GUARD):
        wait_for(lambda: not self.found(namespace, what), f"pods to end: {what}", guard)

    def logs(self, namespace, name, container=None, **options):
        """Asked again for a while: a kubelet that has just been started, or is busy, does not know its pods."""
        for _ in range(LOG_TRIES - 1):
            try:
                return self.core.read_namespaced_pod_log(name, namespace, container=container, **options)
            except ApiException as error:
                if error.status not in (404, 500):
                    raise
                time.sleep(0.5)
        return self.core.read_namespaced_pod_log(name, namespace, container=container, **options)

    def execute(self, namespace, name, container, *command):
        """What the command printed; its failure fails the test."""
        answer = stream(self.core.connect_get_namespaced_pod_exec, name, namespace, container=container,
                        command=list(command), stdout=True, stderr=True, stdin=False, tty=False,
                        _preload_content=False)
        answer.run_forever(timeout=HANG_GUARD)
        text, errors = answer.read_stdout(), answer.read_stderr()
        assert answer.returncode == 0, f"{command} in {name}: {errors or text}"
        return text

    def all_logs(self, namespace):
        """(name of a file, text) of each container, its life before included. Not of a Vault that is a pod, as with kind:
        in development it begins by telling its root token."""
        for pod in self.core.list_namespaced_pod(namespace, label_selector="app!=vault").items:
            for container in (pod.spec.init_containers or []) + pod.spec.containers:
                for previous in (False, True):
                    try:
                        text = self.logs(namespace, pod.metadata.name, container.name, previous=previous)
                    except ApiException:
                        continue
                    life = "before." if previous else ""
                    yield f"{pod.metadata.name}.{container.name}.{life}log", text
