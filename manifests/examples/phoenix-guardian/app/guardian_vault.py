"""Vault for the services of Phoenix Guardian, over hvac: login with the pod's token, secrets, credentials, encryption.

One object serves all threads of a process, so that a request costs no login of its own.
"""

import base64
import os
import pathlib
import threading
import time

import hvac
import hvac.exceptions

TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token"
CACHE_SECONDS = 300


class GuardianVault:
    """The role and the file of the pod's token decide who we are; see vault/login.toml."""

    def __init__(self, role, token_file=TOKEN_FILE):
        self.role, self.token_file = role, pathlib.Path(token_file)
        self.client = hvac.Client(url=os.environ["VAULT_ADDR"], verify=os.environ.get("VAULT_CACERT", True))
        self.cache = {}
        self.lock = threading.Lock()

    def login(self, instead_of):
        """One for all threads that have met the end of the same token. The kubelet replaces the file before what is in
        it ends, so it is read each time."""
        with self.lock:
            if self.client.token == instead_of:
                jwt = self.token_file.read_text(encoding="ascii").strip()
                self.client.auth.kubernetes.login(role=self.role, jwt=jwt)

    def call(self, function, **arguments):
        """Logs in at first, and once more when the token has ended meanwhile."""
        token = self.client.token
        if not token:
            self.login(token)
            token = self.client.token
        try:
            return function(**arguments)
        except hvac.exceptions.Forbidden:
            self.login(token)
            return function(**arguments)

    def secret(self, path):
        """A KV secret below api/, kept for CACHE_SECONDS."""
        until, data = self.cache.get(path, (0, None))
        if time.monotonic() >= until:
            answer = self.call(self.client.secrets.kv.v2.read_secret_version, path=f"api/{path}",
                               mount_point="phoenix-guardian", raise_on_deleted_version=True)
            data = answer["data"]["data"]
            self.cache[path] = (time.monotonic() + CACHE_SECONDS, data)
        return data

    def database_credentials(self):
        """A new pair each time. It ends with its lease, or with the login that it was asked for with."""
        answer = self.call(self.client.secrets.database.generate_credentials, name="app-role")
        return answer["data"] | {"lease_seconds": answer["lease_duration"]}

    def encrypt(self, text):
        plain = base64.b64encode(text.encode()).decode("ascii")
        return self.call(self.client.secrets.transit.encrypt_data, name="patient-data",
                         plaintext=plain)["data"]["ciphertext"]

    def decrypt(self, ciphertext):
        plain = self.call(self.client.secrets.transit.decrypt_data, name="patient-data",
                          ciphertext=ciphertext)["data"]["plaintext"]
        return base64.b64decode(plain).decode()

    def rewrap(self, ciphertext):
        """The same under the newest version of the key, without anybody seeing the plain text."""
        return self.call(self.client.secrets.transit.rewrap_data, name="patient-data",
                         ciphertext=ciphertext)["data"]["ciphertext"]
