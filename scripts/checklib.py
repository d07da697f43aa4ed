"""What the scripts/check-* share: walking the tree, reading C without comments, the self-test.

A check is a function that takes the root of a tree and returns findings, "file:line: what is wrong".
"""

import os
import re
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SKIPPED_DIRS = {".git", "build", "__pycache__", ".pytest_cache", ".cache"}


def walk(root, tops=("",), suffixes=("",)):
    """Relative paths below root/top for each top, sorted; only names that end in one of suffixes."""
    found = []
    for top in tops:
        for folder, dirs, names in os.walk(os.path.join(root, top)):
            dirs[:] = [d for d in dirs if d not in SKIPPED_DIRS]
            found += [
                os.path.relpath(os.path.join(folder, name), root)
                for name in names
                if name.endswith(tuple(suffixes))
            ]
    return sorted(set(found))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
        return file.read()


TOKEN = re.compile(
    r"""(?P<block>/\*.*?\*/)|(?P<line>//[^\n]*)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL,
)


def blank(text, kinds):
    """C text with its comments and literals of the given kinds blanked; lines keep their numbers."""

    def replace(match):
        if match.lastgroup not in kinds:
            return match.group()
        return re.sub(r"[^\n]", " ", match.group())

    return TOKEN.sub(replace, text)


def code_only(text):
    return blank(text, ("block", "line", "text"))


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def includes(root, path):
    """(line, bracket, name) of each #include of a file; bracket is '<' or '"'."""
    text = blank(read(root, path), ("block", "line"))
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', text, re.MULTILINE):
        yield line_of(text, match.start()), match[1], match[2]


def run_on(check, files):
    """The findings of a check on a small tree that holds just these files."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
            if text.startswith("#!"):
                os.chmod(full, 0o755)
        return check(root)


def self_test(check, good, faults):
    """A sound tree has no findings; each planted fault has one that contains the expected text."""
    wrong = [f"sound tree: {finding}" for finding in run_on(check, good)]
    for files, expected in faults:
        findings = run_on(check, {**good, **files})
        if not any(expected in finding for finding in findings):
            wrong.append(f"planted fault not seen: {expected}; findings: {findings}")
    return wrong


def main(check, good, faults):
    """Checks the project, or with --self-test the check itself. Exit status 0 or 1."""
    testing = sys.argv[1:] == ["--self-test"]
    if sys.argv[1:] and not testing:
        sys.exit(f"usage: {os.path.basename(sys.argv[0])} [--self-test]")
    findings = self_test(check, good, faults) if testing else check(ROOT)
    for finding in findings:
        print(finding)
    what = f"self-test of {len(faults)} faults" if testing else "project"
    print(f"{os.path.basename(sys.argv[0])}: {what}: {len(findings)} findings")
    sys.exit(1 if findings else 0)
