"""Clients as people and API servers use them: curl here, Python's everywhere else, Go's in tests/rigs."""

import json
import subprocess

import pytest

from daemon import HANG_GUARD, review


def curl(daemon, *args, count=1):
    """(status, HTTP version, connections made) of each request, and what was answered last."""
    form = "%{http_code} %{http_version} %{num_connects}\n"
    url = f"https://localhost:{daemon.port}/mutate?timeout=10s"
    command = ["curl", "--silent", "--show-error", "--cacert", daemon.ca, "--write-out", "%{stderr}" + form,
               "--json", json.dumps(review()), *args, *[url] * count]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=HANG_GUARD,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return [line.split() for line in done.stderr.splitlines()], done.stdout


@pytest.mark.parametrize("args", [(), ("--http2",), ("--tls-max", "1.2"), ("--tlsv1.3",),
                                  ("--header", "Expect: 100-continue"),
                                  ("--header", "Transfer-Encoding: chunked")])
def test_curl(daemon, args):
    (told,), text = curl(daemon, *args)
    assert told == ["200", "1.1", "1"]
    assert json.loads(text)["response"]["allowed"] is True


def test_curl_keeps_its_connection(daemon):
    told, text = curl(daemon, count=5)
    assert told == [["200", "1.1", "1"]] + [["200", "1.1", "0"]] * 4
    assert text.count('"patch":') == 5


def test_curl_of_http_1_0(daemon):
    told, text = curl(daemon, "--http1.0", count=2)
    assert [line[0] for line in told] == ["200", "200"] and [line[2] for line in told] == ["1", "1"]
    assert text.count('"patch":') == 2


def test_curl_gets_a_refusal_of_a_large_body(start, tmp_path):
    daemon = start("-body-limit=65536")
    (tmp_path / "large").write_bytes(b" " * 100_000)
    (told,), text = curl(daemon, "--data-binary", f"@{tmp_path / 'large'}", "--header", "Expect:")
    assert told[0] == "413" and "larger than 65536 bytes" in text
