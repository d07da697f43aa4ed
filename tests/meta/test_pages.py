"""docs/troubleshooting.md and docs/security.md against the source: texts that people search for, reasons, checks,
annotations, rights. The commands of both are run in a cluster."""

import glob
import os
import re

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as text:
        return text.read()


TROUBLE = read("docs/troubleshooting.md")
SECURITY = read("docs/security.md")


def literals():
    """All strings of the source: adjacent ones joined, formats as a gap."""
    source = "\n".join(read(path) for path in glob.glob(os.path.join(ROOT, "src/**/*.[ch]"), recursive=True))
    source += read("src/inject/reason.def")
    source = re.sub(r'"\s*(?:SLICE_FMT|PRI\w+)\s*"', "\0", source)
    source = re.sub(r"%(?:zu|d|s|lld)", "\0", re.sub(r'"\s*"', "", source))
    return source.replace('\\"', '"')


SOURCE = literals()


def section(page, title):
    return re.search(rf"^##+ {re.escape(title)}\n(.*?)(?=^##|\Z)", page, re.MULTILINE | re.DOTALL)[1]


def rows(text):
    """The cells of the tables' rows, without their heads."""
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    cells = [[c.strip() for c in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]
    return [row for row, line in zip(cells, lines) if f"\n{line}\n|---" not in text]


def quotes(cell):
    return re.findall(r"`([^`]+)`", cell)


def is_said(text):
    """Somebody's own words within it are left out; an ellipsis is a gap."""
    parts = re.split(r"'[^']*'| ?\.\.\.|\d+ |: |remove|kube-system|annotation role|vault\.hashicorp\.com/|openbao\.org/", text)
    return all(part.strip(" :,") in SOURCE for part in parts)


def test_denials():
    """What the webhook says is what the engine says, and each reason denies."""
    denying = set(re.findall(r'REASON_DENY,\s+"([a-z-]+)"', read("src/inject/reason.def")))
    found = rows(section(TROUBLE, "The webhook said no"))
    assert len(found) > 9
    for text, reason, _ in found:
        assert set(quotes(reason)) <= denying, reason
        assert [q for q in quotes(text) if not is_said(q)] == []


def test_readiness():
    """So are /health/ready, log and Events."""
    texts = [q for row in rows(section(TROUBLE, "Keyhook itself")) for q in quotes(row[0])]
    own = [t for t in texts if re.match(r"the |there is no|somebody|\.\.\. |draining|cannot start", t)]
    assert len(own) > 8
    assert [t for t in own if not is_said(re.sub(r"manager=\.\.\.|class|`", "", t))] == []


def test_checks():
    listed = [quotes(row[0])[0] for row in rows(section(TROUBLE, "What keyhook check finds"))]
    assert listed == list(dict.fromkeys(re.findall(r'\[ID_\w+\]\s*=\s*\{ "(\w+)"', read("src/cli/check.c"))))


def annotations():
    return set(re.findall(r'^ANNOTATION\(\w+,\s*"([a-z-]+)"', read("src/inject/annotation.def"), re.MULTILINE))


def test_annotations():
    """Names that look like annotations are some."""
    names = set(re.findall(r"`((?:agent|auth|template|tls|secret)-[a-z-]+)(?=[`:<-])", TROUBLE + SECURITY))
    names -= {"agent-injects"}  # a misspelt one
    assert len(names) > 15
    names = {re.sub("^(auth-config).*", r"\1", name) for name in names}
    assert {name.rstrip("-") for name in names} <= annotations()


def test_the_policy_on_annotations():
    """It lets annotations pass that exist, and none that is code, or that names who or what the agent is."""
    alternatives = re.search(r"/\(([a-z|.*-]+)\)\$'", SECURITY)[1].split("|")
    assert len(alternatives) > 8
    passed = {re.sub(r"-\.\*$", "", one) for one in alternatives}
    assert passed <= annotations()
    code = set(re.findall(r'^ANNOTATION\(\w+,\s*"([a-z-]+)".* SENSITIVE', read("src/inject/annotation.def"), re.MULTILINE))
    code |= {name for name in annotations() if re.match("tls-|auth-|agent-(run-as|set-|share-|template-)", name)}
    code |= {"agent-image", "agent-configmap", "agent-extra-secret", "service", "namespace", "proxy-address"}
    assert len(code) > 20 and code <= annotations()
    lets_through = re.compile("|".join(alternatives)).fullmatch
    assert [name for name in code if lets_through(name) or lets_through(f"{name}-x")] == []



def test_rights():
    """The table of verbs is what the chart grants."""
    chart = read("charts/keyhook/templates/rbac.yaml")
    granted = [verb for verbs in re.findall(r"verbs: \[([a-z, ]+)\]", chart) for verb in verbs.split(", ")]
    explained = [quotes(row[0])[0] for row in rows(section(SECURITY, "Rights in the cluster")) if len(row) == 3]
    assert sorted(explained) == sorted(granted)


def test_spellings():
    """Of true: in the engine, in the chart, and in the page."""
    chart = re.search(r"\[('1'[^\]]+)\]\)", read("charts/keyhook/templates/_webhook.tpl"))[1]
    spellings = set(re.findall(r"'(\w+)'", chart))
    assert len(spellings) == 6
    row = next(r for r in rows(section(SECURITY, "Policies of your own")) if r[0].startswith("`agent-inject:"))
    assert set(re.findall(r'"(\w+)"', row[0] + row[1])) == spellings
    types = re.search(r"\| boolean \| ([\w ]+), or 0", read("docs/annotations.md"))[1]
    assert set(types.split()) == spellings


DEFAULTS = [  # value of the chart, its default, page, how the page tells it
    ("webhook.timeoutSeconds", 5, "troubleshooting", "some pods take five seconds and are refused"),
    ("webhook.timeoutSeconds", 5, "migrating-from-vault-k8s", "`injector.webhook.timeoutSeconds` (30) | 5 |"),
    ("webhook.failurePolicy", "Fail", "migrating-from-vault-k8s", "(`Ignore` there) | `Fail`"),
    ("webhook.excludedNamespaces", ["kube-system", "kube-node-lease"], "security",
     "`kube-system`, `kube-node-lease` | never called (`webhook.excludedNamespaces`)"),
    ("port", 8080, "security", "8080 (`port`)"),
    ("port", 8080, "troubleshooting", "TCP 8080 (`port`)"),
    ("plainPort", 8081, "security", "8081 (`plainPort`)"),
    ("resources.limits.memory", "384Mi", "security", "`resources.limits.memory` of 384Mi"),
    ("resources.limits.memory", "384Mi", "operations", "The memory limit of 384 MiB"),
    ("options.workers", 2, "operations", "two threads (`options.workers`)"),
    ("replicas", 2, "operations", "--set replicas=2"),
]


@pytest.mark.parametrize("name, default, page, words", DEFAULTS)
def test_defaults_of_the_chart(name, default, page, words):
    """What the pages tell is what the chart has: one who changes either finds the other."""
    value = yaml.safe_load(read("charts/keyhook/values.yaml"))
    for part in name.split("."):
        value = value[part]
    assert value == default
    assert words in re.sub(r"\s+", " ", read(f"docs/{page}.md"))
