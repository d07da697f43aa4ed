"""docs/architecture.md against the source: layers and limits; and of all pages: files and goals."""

import glob
import importlib.machinery
import importlib.util
import os
import re
import sys

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNITS = {"": 1, "Mi": 1 << 20, "MiB": 1 << 20, "KiB": 1 << 10}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


PAGE = read("docs/architecture.md")


def layers_of_the_check():
    sys.path.insert(0, os.path.join(ROOT, "scripts"))
    loader = importlib.machinery.SourceFileLoader("check_layers", os.path.join(ROOT, "scripts/check-layers"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_layers", loader))
    loader.exec_module(module)
    return module.LAYERS


def present_layers():
    return {os.path.basename(os.path.dirname(path)) for path in glob.glob(os.path.join(ROOT, "src/*/*.c"))}


def test_layers():
    """The page has a row for each directory that is there; the check may know of more to come."""
    present = present_layers()
    rows = re.findall(r"^\| `(\w+)` \| [^|]* \| ([a-z -]+) \| ([^|]*) \|$", PAGE, re.MULTILINE)
    assert {name for name, _, _ in rows} == present
    for name, uses, libraries in rows:
        rule = layers_of_the_check()[name]
        allowed = {layer for layer in rule["uses"] if layer in present}
        assert (present - {name} if uses == "all" else set(uses.replace("-", "").split())) == allowed
        named = set(re.sub(r"\(.*\)|-$", "", libraries).split())
        assert set(rule["libraries"]) & {"libmicrohttpd", "GnuTLS", "libyaml"} <= named


def test_limits():
    source = "".join(read(path) for path in glob.glob(os.path.join(ROOT, "src/*/*.h")))
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) ?(\w*) \|", PAGE, re.MULTILINE)
    assert len(rows) > 20
    for name, number, unit in rows:
        match = re.search(rf"^#define {name} (.*?)(?: */\*.*)?$", source, re.MULTILINE)
        assert match, f"{name} is no constant of a header"
        text = re.sub(r"\(\w*_t\)|(?<=\d)u\b", "", match[1])
        assert re.fullmatch(r"[\d ()<*]+", text), text
        assert eval(text) == int(number) * UNITS[unit], name


PAGES = ["README.md", "CONTRIBUTING.md", "STYLE.md"] + [
    os.path.relpath(path, ROOT) for path in glob.glob(os.path.join(ROOT, "docs/**/*.md"), recursive=True)
]
MADE_BY_THE_READER = "tests/cases/annotation/client-rate-limit"


@pytest.mark.parametrize("page", PAGES)
def test_files(page):
    """What looks like a path of the project is one; <placeholders> and build/ are not looked for."""
    paths = re.findall(r"`((?:src|tests|scripts|docs|examples)/[\w./*-]+)`", read(page))
    lost = [path for path in paths if not glob.glob(os.path.join(ROOT, path))]
    assert [path for path in lost if not path.startswith(MADE_BY_THE_READER)] == []


def goals_of_make():
    lines = re.findall(r"^([a-z0-9 -]+):", read("Makefile"), re.MULTILINE)
    return {word for line in lines for word in line.split()}


@pytest.mark.parametrize("page", PAGES)
def test_goals(page):
    text = read(page)
    commands = re.findall(r"`(make(?: [^`]+)?)`", text)
    commands += re.findall(r"^(make(?: .*)?)$", "\n".join(re.findall(r"^```sh.*?```$", text, re.M | re.S)), re.M)
    for command in commands:
        words = {word for word in command.split()[1:] if "=" not in word and not word.startswith("-")}
        assert words <= goals_of_make(), command


def test_names():
    """Functions and structs that the text names are somewhere in the source."""
    source = "".join(read(path) for path in glob.glob(os.path.join(ROOT, "src/*/*.[ch]")))
    names = re.findall(r"`(\w+)\(\)`", PAGE) + re.findall(r"`struct (\w+)`", PAGE)
    assert len(names) >= 8
    assert [name for name in names if not re.search(rf"\b{name}\b", source)] == []
