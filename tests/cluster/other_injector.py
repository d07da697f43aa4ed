#!/usr/bin/python3
"""A stand-in for the injector that is replaced: other_injector.py ADDRESS HOST HOOK ACCOUNT-DIRECTORY.

It has an authority of its own, watches every webhook configuration, and whenever something about one changes
it writes its own idea into the caBundle of the first webhook: the last certificate that is there, and its own.
Its answers add one init container, which is enough to see who answered.
"""

import base64
import http.client
import http.server
import json
import os
import pathlib
import re
import ssl
import sys
import tempfile
import threading
import time

from authority import Authority
from keyhook import PLAIN_PORT, PORT

PATCH = [{"op": "add", "path": "/spec/initContainers", "value": [{"name": "vault-agent-init", "image": "other:1"}]}]
HOOKS = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)
published = threading.Event()


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body=b""):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Health(Quiet):
    def do_GET(self):
        self.answer(200 if published.is_set() else 503)


class Mutate(Quiet):
    def do_POST(self):
        review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        patch = base64.b64encode(json.dumps(PATCH).encode()).decode()
        review["response"] = {"uid": review.pop("request")["uid"], "allowed": True, "patchType": "JSONPatch",
                              "patch": patch}
        self.answer(200, json.dumps(review).encode())


class Api:
    """The API server with the token of the pod's directory."""

    def __init__(self, account):
        self.account = pathlib.Path(account)
        self.context = ssl.create_default_context(cafile=self.account / "ca.crt")

    def ask(self, method, path, body=None, kind=None):
        place = os.environ["KUBERNETES_SERVICE_HOST"], int(os.environ["KUBERNETES_SERVICE_PORT"])
        connection = http.client.HTTPSConnection(*place, timeout=60, context=self.context)
        headers = {"User-Agent": "other/1", "Authorization": f"Bearer {(self.account / 'token').read_text()}",
                   **({"Content-Type": kind} if kind else {})}
        connection.request(method, path, body=json.dumps(body) if body else None, headers=headers)
        return connection.getresponse()


def publish(api, hook, own):
    found = json.loads(api.ask("GET", f"{HOOKS}/{hook}").read())
    here = found["webhooks"][0]["clientConfig"].get("caBundle", "")
    others = [c for c in CERTIFICATE.findall(base64.b64decode(here).decode("ascii", "replace")) if c != own]
    wanted = base64.b64encode("".join([*others[-1:], own]).encode()).decode()
    if here == wanted:
        published.set()
        return
    done = api.ask("PATCH", f"{HOOKS}/{hook}", [{"op": "add", "path": "/webhooks/0/clientConfig/caBundle",
                                                 "value": wanted}], "application/json-patch+json")
    print("wrote", done.status, flush=True)
    if done.status == 200:
        published.set()


def watch(api, hook, own):
    while True:
        try:
            publish(api, hook, own)
            for _event in api.ask("GET", f"{HOOKS}?watch=true&fieldSelector=metadata.name%3D{hook}&timeoutSeconds=60"):
                publish(api, hook, own)
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            print("again:", error, flush=True)
            time.sleep(0.5)


def serve(address, port, handler, context=None):
    server = http.server.ThreadingHTTPServer((address, port), handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()


def main():
    address, host, hook, account = sys.argv[1:]
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority(pathlib.Path(directory), "the other injector")
        certificate, key = authority.issue("leaf", [host])
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        own = authority.pem()
    serve(address, PORT, Mutate, context)
    serve(address, PLAIN_PORT, Health)
    watch(Api(account), hook, CERTIFICATE.findall(own)[0])


main()
