"""What suites with real servers tell at their end: figures, time, and a closing line that counts everything."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CONFTEST = f"""import sys
sys.path.insert(0, {ROOT + "/tests/cluster"!r})
from report import figure, pytest_collection_modifyitems, pytest_terminal_summary, pytest_unconfigure
"""
TESTS = """import pytest
def test_good(figure):
    figure("12 apples")
def test_bad():
    assert False
def test_skipped():
    pytest.skip("no tool")
@pytest.fixture
def broken():
    raise ValueError
def test_error(broken):
    pass
"""


def test_end_of_a_run(tmp_path):
    for name, text in {"conftest.py": CONFTEST, "test_secrets.py": TESTS, "test_some.py": TESTS}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", tmp_path, tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    lines = done.stdout.splitlines()
    assert lines[-1] == "2 passed, 6 failed", done.stdout
    assert lines.count("test_good: 12 apples") == 2
    timed = [line.split()[-1] for line in lines if re.match(r" *[0-9]+\.[0-9] s  ", line)]
    assert timed == ["test_some.py", "test_secrets.py"]  # what searches for secrets comes last
