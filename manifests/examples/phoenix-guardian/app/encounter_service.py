"""Encounter Service: keeps what patients said, and who they are, as ciphertext.

The agent renders /vault/secrets/config.json (kubernetes/vault-agent-config.yaml): keys of outside services and the
database credentials of the moment. Encryption goes to Vault directly, with a login of our own.
"""

import json
import os
import pathlib
import uuid

import psycopg

from guardian_vault import GuardianVault
from service import serve

CONFIG = pathlib.Path(os.environ.get("CONFIG", "/vault/secrets/config.json"))
DATABASE = os.environ["DATABASE_HOST"]
VAULT = GuardianVault("phoenix-guardian-app")
SOURCES = ("health-records", "ai-model")


def config():
    """Read each time: the agent replaces the file before the pair in it ends."""
    return json.loads(CONFIG.read_text(encoding="utf-8"))


def database(pair):
    """PGSSLMODE and PGSSLROOTCERT say how the server is verified."""
    return psycopg.connect(host=DATABASE, dbname="phoenix_guardian", user=pair["username"],
                           password=pair["password"], connect_timeout=10)


def add(_, body):
    if not isinstance(body, dict) or not {"patient", "note"} <= body.keys():
        return 400, {"error": "patient and note are wanted"}
    content = VAULT.encrypt(json.dumps({"patient": body["patient"], "note": body["note"]}))
    with database(config()["database"]) as connection:
        row = connection.execute("INSERT INTO encounters (content) VALUES (%s) RETURNING id", (content,)).fetchone()
    return 201, {"id": str(row[0])}


def get(number, _):
    try:
        number = str(uuid.UUID(number))
    except ValueError:
        return 404, {"error": "no such encounter"}
    with database(config()["database"]) as connection:
        row = connection.execute("SELECT content FROM encounters WHERE id = %s", (number,)).fetchone()
    if row is None:
        return 404, {"error": "no such encounter"}
    return 200, json.loads(VAULT.decrypt(row[0]))


def rewrap(_, __):
    """After a rotation of the key: everything under its newest version. It may take long, so it has a pair of its own,
    with a whole lease before it."""
    with database(VAULT.database_credentials()) as connection:
        rows = connection.execute("SELECT id, content FROM encounters FOR UPDATE").fetchall()
        for number, content in rows:
            connection.execute("UPDATE encounters SET content = %s WHERE id = %s", (VAULT.rewrap(content), number))
    return 200, {"rewrapped": len(rows)}


def sources(_, __):
    """The outside services that our keys are for."""
    return 200, {name: VAULT.secret(name)["base_url"] for name in SOURCES}


def health(_, __):
    with database(config()["database"]) as connection:
        connection.execute("SELECT 1")
    return 200, {"database": "ok", "keys": sorted(config()["api"])}


ROUTES = {("POST", "encounters"): add, ("GET", "encounters"): get, ("POST", "rewrap"): rewrap,
          ("GET", "sources"): sources, ("GET", "health"): health}

if __name__ == "__main__":
    serve(ROUTES, 8080)
