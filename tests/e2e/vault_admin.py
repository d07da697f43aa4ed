"""Vault, asked by its operator: VAULT_ADDR, VAULT_TOKEN, VAULT_CACERT."""

import json
import os
import ssl
import urllib.error
import urllib.request

TIMEOUT = 30  # seconds, for one answer
ENGINE = "secret"
AUTH = "kubernetes"


class VaultAdmin:
    def __init__(self, token=None):
        """`token` instead of the operator's."""
        self.address, self.token = os.environ["VAULT_ADDR"].rstrip("/"), token or os.environ["VAULT_TOKEN"]
        self.ca_file = os.environ["VAULT_CACERT"]
        self.context = ssl.create_default_context(cafile=self.ca_file)
        self.written = []

    def ask(self, method, path, body=None):
        """(status, body)"""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.address}/v1/{path}", data, {"X-Vault-Token": self.token},
                                         method=method)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=self.context) as answer:
                raw = answer.read()
                return answer.status, json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read() or b"null")

    def need(self, method, path, body=None):
        status, answer = self.ask(method, path, body)
        assert status < 300, f"Vault, {method} {path}: {status} {answer}"
        return answer

    def write(self, path, data):
        return self.need("POST", path, data)

    def read(self, path):
        return self.need("GET", path)["data"]

    def delete(self, path):
        self.need("DELETE", path)

    def ensure_engine(self, path=ENGINE):
        """A key-value engine of version 2."""
        if f"{path}/" not in self.read("sys/mounts"):
            self.write(f"sys/mounts/{path}", {"type": "kv", "options": {"version": "2"}})

    def kv(self, path, data):
        """kv("app/db", ...) is what agents read at secret/data/app/db."""
        self.write(f"{ENGINE}/data/{path}", {"data": data})

    def policy(self, name, rules):
        self.need("PUT", f"sys/policies/acl/{name}", {"policy": rules})

    def role(self, name, namespace, accounts, policies, audience=None):
        """A login for service accounts; without an audience their default tokens do."""
        body = {"bound_service_account_names": accounts, "bound_service_account_namespaces": [namespace],
                "token_policies": policies, "token_ttl": "10m", "token_max_ttl": "1h"}
        self.write(f"auth/{AUTH}/role/{name}", body | ({"audience": audience} if audience else {}))

    def reader(self, name, namespace, *paths, accounts=("default",), audience=None):
        """Policy and role of one name: may read these paths."""
        self.policy(name, "".join(f'path "{path}" {{ capabilities = ["read"] }}\n' for path in paths))
        self.role(name, namespace, list(accounts), [name], audience)
