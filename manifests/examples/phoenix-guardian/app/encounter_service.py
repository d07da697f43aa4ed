"""Encounter Service: keeps what patients said, as ciphertext.

The agent renders /vault/secrets/config.json (kubernetes/vault-agent-config.yaml): keys of outside services and the
database credentials of the moment. Encryption goes to Vault directly, with a login of our own.
"""

import json
import os
import pathlib
import threading

import psycopg

from guardian_vault import GuardianVault
from service import serve

CONFIG = pathlib.Path(os.environ.get("CONFIG", "/vault/secrets/config.json"))
DATABASE = os.environ.get("DATABASE_HOST", "postgres.phoenix-guardian.svc")
OURS = threading.local()


def vault():
    if not hasattr(OURS, "vault"):
        OURS.vault = GuardianVault("phoenix-guardian-app")
    return OURS.vault


def database():
    """The file is read for each connection: the agent replaces it before the old pair ends. PGSSLMODE and PGSSLROOTCERT
    say how the server is verified."""
    pair = json.loads(CONFIG.read_text(encoding="utf-8"))["database"]
    return psycopg.connect(host=DATABASE, dbname="phoenix_guardian", user=pair["username"],
                           password=pair["password"], connect_timeout=10)


def add(_, body):
    with database() as connection:
        row = connection.execute("INSERT INTO encounters (patient, note) VALUES (%s, %s) RETURNING id",
                                 (body["patient"], vault().encrypt(body["note"]))).fetchone()
    return 201, {"id": str(row[0])}


def get(number, _):
    with database() as connection:
        row = connection.execute("SELECT patient, note FROM encounters WHERE id = %s", (number,)).fetchone()
    if row is None:
        return 404, {"error": "no such encounter"}
    return 200, {"patient": row[0], "note": vault().decrypt(row[1])}


def rewrap(_, __):
    """After a rotation of the key: everything under its newest version."""
    with database() as connection:
        rows = connection.execute("SELECT id, note FROM encounters FOR UPDATE").fetchall()
        for number, note in rows:
            connection.execute("UPDATE encounters SET note = %s WHERE id = %s", (vault().rewrap(note), number))
    return 200, {"rewrapped": len(rows)}


def health(_, __):
    with database() as connection:
        connection.execute("SELECT 1")
    return 200, {"database": "ok", "keys": sorted(json.loads(CONFIG.read_text(encoding="utf-8"))["api"])}


if __name__ == "__main__":
    serve({("POST", "encounters"): add, ("GET", "encounters"): get, ("POST", "rewrap"): rewrap,
           ("GET", "health"): health}, 8080)
