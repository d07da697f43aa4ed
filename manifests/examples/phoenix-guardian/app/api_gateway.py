"""API Gateway: takes patient data in and hands out ciphertext.

It needs no client of Vault: the agent renders the keys (/vault/secrets/keys.json) and the TLS certificate
(/vault/secrets/tls.pem), and answers for Vault at 127.0.0.1:8200 with its own token. It may encrypt and not decrypt.

That listener answers everybody in the pod. Whoever can make this process ask an address of theirs asks Vault with the
pod's token, so never fetch an address that a caller has given.
"""

import base64
import json
import os
import pathlib
import ssl
import threading
import time
import urllib.request

from service import serve

SECRETS = pathlib.Path(os.environ.get("SECRETS", "/vault/secrets"))
AGENT = os.environ.get("AGENT", "http://127.0.0.1:8200")
# The agent is in this pod, and a proxy of the environment would get patient data in clear.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
LOOK_EVERY = 1  # seconds


def intake(_, body):
    plain = base64.b64encode(json.dumps(body).encode()).decode("ascii")
    request = urllib.request.Request(f"{AGENT}/v1/transit/encrypt/patient-data",
                                     json.dumps({"plaintext": plain}).encode(), {"X-Vault-Request": "true"})
    with OPENER.open(request, timeout=30) as answer:
        return 200, {"ciphertext": json.load(answer)["data"]["ciphertext"]}


def health(_, __):
    return 200, {"keys": sorted(json.loads((SECRETS / "keys.json").read_text(encoding="utf-8")))}


def keep_certificate(context):
    """The agent replaces the file; connections from then on get the new certificate. One that cannot be loaded is tried
    again."""
    file, seen = SECRETS / "tls.pem", None
    while True:
        try:
            now = file.stat().st_mtime_ns
            if now != seen:
                context.load_cert_chain(file)
                seen = now
        except OSError as error:
            print(f"the certificate stays as it is: {error}", flush=True)
        time.sleep(LOOK_EVERY)


if __name__ == "__main__":
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(SECRETS / "tls.pem")
    threading.Thread(target=keep_certificate, args=(tls,), daemon=True).start()
    serve({("POST", "intake"): intake, ("GET", "health"): health}, 8443, tls)
