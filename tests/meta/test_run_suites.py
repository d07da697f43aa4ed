"""The suite runner: what counts as passed, and that nothing is lost in silence."""

import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import time

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNNER = os.path.join(ROOT, "scripts/run-suites")


def load():
    loader = importlib.machinery.SourceFileLoader("run_suites", RUNNER)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_suites", loader))
    loader.exec_module(module)
    return module


runner = load()


@pytest.mark.parametrize(
    "counts, lines, status, passed, failed",
    [
        ("tap", ["1..2", "ok 1 - a", "ok 2"], 0, 2, 0),
        ("tap", ["1..1", "ok 1", "1..1", "not ok 1"], 1, 1, 1),
        ("tap", ["1..3", "ok 1", "ok 2"], -6, 2, 1),  # died after two
        ("tap", ["1..2", "ok 1", "ok 2"], -11, 2, 1),  # died at the end, as a leak report does
        ("tap", ["1..1", "ok 1 # SKIP no tool"], 0, 0, 1),
        ("tap", ["1..0"], 0, 0, 1),
        ("tap", [], 0, 0, 1),
        ("tap", ["ok 1", "okay"], 0, 1, 1),  # no plan
        ("sum", ["5 passed, 0 failed"], 0, 5, 0),
        ("sum", ["5 passed, 2 failed"], 1, 5, 2),
        ("sum", ["0 passed, 0 failed"], 0, 0, 1),
        ("sum", ["7 passed, 1 skipped, 2 warnings in 0.03s"], 0, 7, 1),
        ("sum", ["===== 1 failed, 7 passed, 1 error in 2.10s ====="], 1, 7, 2),
        ("sum", ["7 passed in 75.03s (0:01:15)"], 0, 7, 0),
        ("sum", ["no tests ran in 0.01s"], 5, 0, 1),
        ("sum", ["7 passed in 0.1s", "4 passed, 0 failed"], 1, 4, 1),
        ("exit", ["not ok"], 0, 1, 0),
        ("exit", [], 3, 0, 1),
    ],
)
def test_counts(counts, lines, status, passed, failed):
    outcome = runner.COUNTERS[counts](lines, status)
    assert (outcome.passed, outcome.failed) == (passed, failed)


def run(tmp_path, rows, *args):
    table = tmp_path / "suites"
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    command = [RUNNER, "--table", table, "--build", tmp_path / "build", *args]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    return done.returncode, done.stdout.splitlines(), done.stderr


def test_ends_with_one_closing_line(tmp_path):
    rows = [
        "one | all | par | sum | - | echo 3 passed, 0 failed",
        "two | all other | par | exit | - | true",
    ]
    status, lines, _ = run(tmp_path, rows, "--set", "all")
    assert (status, lines[-1]) == (0, "4 passed, 0 failed")
    assert run(tmp_path, rows, "--set", "other")[1][-1] == "1 passed, 0 failed"
    assert run(tmp_path, rows, "one")[1][-1] == "3 passed, 0 failed"


def test_a_skipped_suite_is_counted_and_explained(tmp_path):
    rows = ["one | all | par | sum | - | echo 3 passed, 0 failed",
            "two | all | par | sum | - | echo no such tool; exit 77"]
    status, lines, _ = run(tmp_path, rows, "--set", "all")
    assert (status, lines[-1]) == (0, "3 passed, 0 failed, 1 skipped")
    assert "--- two skipped: no such tool" in lines


@pytest.mark.parametrize("closing, counts", [("3 passed, 0 failed", (3, 0)), ("2 passed, 1 failed", (2, 1))])
def test_a_suite_that_removes_its_log_is_counted(tmp_path, closing, counts):
    rows = [f"one | all | par | sum | - | rm -r build/logs/one && echo {closing}"]
    status, lines, _ = run(tmp_path, rows, "--set", "all")
    assert not (tmp_path / "build/logs/one").exists()
    passed, failed = counts
    assert (status, lines[-1]) == (min(failed, 1), f"{passed} passed, {failed} failed")


def test_a_failed_first_suite_stops_the_rest(tmp_path):
    rows = ["build | all | first | exit | - | false", "rest | all | par | exit | - | touch ran"]
    status, lines, _ = run(tmp_path, rows, "--set", "all")
    assert (status, lines[-1]) == (1, "0 passed, 1 failed")
    assert not (tmp_path / "ran").exists()


def test_one_process_for_each_file(tmp_path):
    for name in ("a", "b"):
        (tmp_path / f"t-{name}.c").write_text("", encoding="utf-8")
    rows = ["all | all | par | exit | t-*.c | echo {path} {stem} {name} > out-{name}"]
    assert run(tmp_path, rows, "all")[1][-1] == "2 passed, 0 failed"
    assert (tmp_path / "out-b").read_text(encoding="utf-8") == "t-b.c t-b b\n"


@pytest.mark.parametrize(
    "row", ["none | all | par | exit | nothing-* | true", "gone | all | par | tap | - | no-such-tool"]
)
def test_a_suite_without_tests_fails(tmp_path, row):
    status, lines, _ = run(tmp_path, [row], "--set", "all")
    assert (status, lines[-1]) == (1, "0 passed, 1 failed")


@pytest.mark.parametrize("args", [["nobody"], ["--set", "nothing"]])
def test_unknown_names_are_refused(tmp_path, args):
    status, _, err = run(tmp_path, ["a | all | par | exit | - | true"], *args)
    assert status == 1 and args[-1] in err


def is_gone(pid):
    """Gone, or dead and not collected yet."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def wait_until(condition):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("not in ten seconds")


def test_left_over_processes_end_with_their_suite(tmp_path):
    rows = ["a | all | par | exit | - | sleep 300 & echo $! > pid"]
    assert run(tmp_path, rows, "a")[0] == 0
    pid = (tmp_path / "pid").read_text(encoding="utf-8").strip()
    wait_until(lambda: is_gone(pid))


def test_a_stopped_runner_takes_its_processes_along(tmp_path):
    (tmp_path / "suites").write_text("a | all | par | exit | - | echo $$ > pid; sleep 300", encoding="utf-8")
    command = [RUNNER, "--table", "suites", "--build", "build", "a"]
    with subprocess.Popen(command, cwd=tmp_path) as child:
        pid = tmp_path / "pid"
        wait_until(lambda: pid.exists() and pid.read_text(encoding="utf-8").endswith("\n"))
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 128 + signal.SIGTERM
        wait_until(lambda: is_gone(pid.read_text(encoding="utf-8").strip()))
