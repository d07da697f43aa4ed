"""The MutatingWebhookConfiguration, and who writes what of it."""

import base64

import kubernetes

REPLAY_S = 2  # how long the API server tells what has happened


def bundle_of(hook):
    """The PEM text of its caBundle, or nothing."""
    return base64.b64decode(hook["webhooks"][0]["clientConfig"].get("caBundle") or "").decode("ascii")


def owners_of_bundle(hook):
    """The managers that have a caBundle among their fields."""
    return sorted({entry["manager"] for entry in hook["metadata"]["managedFields"]
                   if "f:caBundle" in str(entry.get("fieldsV1"))})


class Hook:
    def __init__(self, api, name):
        self.hooks = kubernetes.client.AdmissionregistrationV1Api(api)
        self.api, self.name = api, name

    def now(self):
        found = self.hooks.read_mutating_webhook_configuration(self.name)
        return self.api.sanitize_for_serialization(found)

    def exists(self):
        return any(h.metadata.name == self.name for h in self.hooks.list_mutating_webhook_configuration().items)

    def version(self):
        """A moment, for bundles_since()."""
        return self.hooks.list_mutating_webhook_configuration().metadata.resource_version

    def bundles_since(self, version):
        """The caBundle of every version of the object since that moment."""
        stream = kubernetes.watch.Watch().stream(
            self.hooks.list_mutating_webhook_configuration, field_selector=f"metadata.name={self.name}",
            resource_version=version, timeout_seconds=REPLAY_S)
        return [bundle_of(event["raw_object"]) for event in stream]
