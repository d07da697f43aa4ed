"""What is asked of the example's services and of Keyhook's replicas from outside, also to see that they are well."""

import base64
import json
import socket
import ssl
import urllib.error
import urllib.request

from stage import BACKOFF_GUARD, NAMESPACE, OPENER, RELEASE, SYSTEM, wait_for

PORT = 8080  # of the webhook
TIMEOUT = 60  # seconds, for one answer

# Account, role and audience of each login that the example has: the services' own, and the second one of its README.
LOGINS = [("api-gateway", "api-gateway", "vault"), ("encounter-service", "phoenix-guardian-app", None),
          ("encounter-service", "phoenix-guardian-app-bound", "vault")]


def ask(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with OPENER.open(urllib.request.Request(url, data), timeout=TIMEOUT) as answer:
        return json.load(answer)


def ready_pod(stage, service):
    """One of its pods, when both are ready: one that ends or begins would not answer."""
    return stage.pods.wait_ready(NAMESPACE, f"app={service}", 2, BACKOFF_GUARD)[0]


def encounters(stage):
    return f"http://{ready_pod(stage, 'encounter-service').status.pod_ip}:8080"


def keeps_notes(url):
    """Login, encryption, database: all of it works, or not yet."""
    note = {"patient": "p-0", "note": "slept well"}
    try:
        return ask(f"{url}/encounters/{ask(f'{url}/encounters', note)['id']}") == note
    except OSError:
        return False


def services_are_well(stage):
    ready_pod(stage, "api-gateway")
    url = encounters(stage)
    wait_for(lambda: keeps_notes(url), "Encounter Service to keep a note")


def served_to_the_api_server(stage, address):
    """Fails unless the replica's certificate is good for those who read the webhook's object."""
    hook = json.loads(stage.kubectl("get", "mutatingwebhookconfigurations", RELEASE, "-o", "json"))["webhooks"][0]
    context = ssl.create_default_context(cadata=base64.b64decode(hook["clientConfig"]["caBundle"]).decode())
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN  # the bundle holds the issuer and not its root
    with socket.create_connection((address, PORT), timeout=TIMEOUT) as plain:
        with context.wrap_socket(plain, server_hostname=f"{RELEASE}.{SYSTEM}.svc") as connection:
            return connection.getpeercert()


def replicas_are_well(stage):
    """Each of them serves a certificate of Vault, which the API server takes: no self-signed one stands in."""
    addresses = stage.replicas()
    wait_for(lambda: not any(stage.metric("keyhook_certificate_fallback", of=[a]) for a in addresses),
             "certificates of Vault instead of self-signed ones")
    for address in addresses:
        assert served_to_the_api_server(stage, address)
