"""Secrets that a run has made, and the search for them in whatever was written meanwhile."""

import re

KNOWN = {}  # secret -> what it is

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
