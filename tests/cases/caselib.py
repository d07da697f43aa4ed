"""What the Python drivers of the cases share: running the engine over folders, reading its records."""

import base64
import json
import os
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
WIDTH = 100  # columns of an expected file


class Number(str):
    """A number as it is written, so that 1e400 and 0.10 are compared and printed as they are."""


def loads(text):
    return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)


def is_value(value, text):
    """Equal as JSON values; a number is never equal to the string of its digits."""
    if isinstance(value, Number) != isinstance(text, Number) or type(value) is not type(text):
        return False
    if isinstance(value, dict):
        return value.keys() == text.keys() and all(is_value(value[k], text[k]) for k in value)
    if isinstance(value, list):
        return len(value) == len(text) and all(map(is_value, value, text))
    return value == text


def dumps(value, indent=0):
    """JSON for people: what fits on a line stands on one."""
    line = flat(value)
    if len(line) + indent <= WIDTH or not value or not isinstance(value, (dict, list)):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, dict):
        rows = [f"{pad}{json.dumps(k)}: {dumps(v, indent + 2)}" for k, v in value.items()]
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + dumps(v, indent + 2) for v in value) + "\n" + " " * indent + "]"


def flat(value):
    if isinstance(value, Number):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)}: {flat(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flat, value)) + "]"
    return json.dumps(value)


def program(name):
    return os.path.join(ROOT, os.environ.get("BUILD", "build/release"), "tests/engine", name)


def decide(*folders, options=()):
    """The engine's records, one dict for each case, in the order of the folders."""
    done = subprocess.run(
        [program("decide"), *options, *folders], cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return [loads(line) for line in done.stdout.split(b"\x1e") if line]


def patch_of(line):
    """The decoded operations of an answer, or None."""
    text = line.get("answer", {}).get("response", {}).get("patch")
    return None if text is None else loads(base64.b64decode(text, validate=True))


def take_configs(value, found):
    """A copy of value with agent configurations moved to found, by container."""
    if isinstance(value, list):
        return [take_configs(item, found) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {key: take_configs(item, found) for key, item in value.items()}
    for variable in copy.get("env") or [] if isinstance(copy.get("env"), list) else []:
        if isinstance(variable, dict) and variable.get("name") == "VAULT_CONFIG":
            found[copy["name"]] = loads(base64.b64decode(variable["value"], validate=True))
            variable["value"] = f"@agentConfigs/{copy['name']}"
    return copy
