"""What every suite with real servers tells: figures at the end of its run, then the closing line. Each conftest takes
the hooks and the fixture from here."""

import pytest

FIGURES = []  # (test, text): what was measured
CLOSING = ("failed", "error", "skipped", "xfailed", "xpassed")  # a skipped test has failed


@pytest.fixture
def figure(request):
    """figure(text): shown at the end of the run."""
    return lambda text: FIGURES.append((request.node.name, text))


def pytest_collection_modifyitems(items):
    """The search for secrets looks at what all others have left behind."""
    items.sort(key=lambda item: item.path.name == "test_secrets.py")


def seconds_by_file(stats):
    """{file: seconds}: set-up, call and tear-down of its tests; a fixture of the session counts where it was first asked for."""
    seconds = {}
    for reports in stats.values():
        for report in reports:
            if hasattr(report, "duration"):
                file = report.nodeid.split("::")[0]
                seconds[file] = seconds.get(file, 0) + report.duration
    return seconds


def pytest_terminal_summary(terminalreporter):
    for test, text in FIGURES:
        terminalreporter.write_line(f"{test}: {text}")
    for file, seconds in seconds_by_file(terminalreporter.stats).items():
        terminalreporter.write_line(f"{seconds:7.1f} s  {file}")


def pytest_unconfigure(config):
    """The closing line of all suites."""
    stats = config.pluginmanager.get_plugin("terminalreporter").stats
    print(f"{len(stats.get('passed', []))} passed, {sum(len(stats.get(word, [])) for word in CLOSING)} failed")
