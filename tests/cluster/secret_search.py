"""Secrets that a run has made, and the search for them in whatever was written meanwhile."""

import os
import pathlib
import re

KNOWN = {}  # secret -> what it is

# Where a cluster of tests/cluster has them.
FILES = {"vault/root-token": "Vault's root token", "vault/unseal-key": "Vault's unseal key",
         "postgres/password": "the password of PostgreSQL's administrator",
         "database-password": "the password of Vault's database account"}

# What nobody can know beforehand, like the tokens that Vault gives to replicas, has a shape.
SHAPES = {
    "a token of Vault": re.compile(r"\bhv[sbr]\.[A-Za-z0-9_-]{20,}"),
    "a JSON Web Token": re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
}


def remember(what, secret):
    """A PEM key is looked for line by line: a log may break or escape its lines."""
    lines = [line for line in secret.splitlines() if line and not line.startswith("-----")]
    KNOWN.update({line: what for line in lines if len(line) >= 16})
    return secret


def find(text):
    """What was found, without showing it."""
    found = {what for secret, what in KNOWN.items() if secret in text}
    return sorted(found | {what for what, shape in SHAPES.items() if shape.search(text)})


def remember_files(cluster):
    """Those of a cluster that it has."""
    for name, what in FILES.items():
        path = pathlib.Path(cluster, name)
        if path.exists():
            remember(what, path.read_text(encoding="ascii").strip())


def find_below(directory):
    """(path, what) of each file in which something was found."""
    for place, _, names in os.walk(directory):
        for path in (pathlib.Path(place, name) for name in names):
            yield from ((str(path.relative_to(directory)), what) for what in
                        find(path.read_text(encoding="utf-8", errors="replace")))
