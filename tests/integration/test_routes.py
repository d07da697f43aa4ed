"""Every path and method; media types; the text of refusals."""

import json

import pytest

from daemon import review

JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", ["/health/ready", "/health/live"])
@pytest.mark.parametrize("method, body", [("GET", None), ("HEAD", None), ("POST", "x"),
                                          ("POST", None)])
def test_health(daemon, path, method, body):
    status, headers, text = daemon.request(method, path, body, JSON)
    assert (status, text) == (204, b"")
    assert "Content-Type" not in headers


@pytest.mark.parametrize("path", ["/", "/mutate/", "//mutate", "/x/../mutate", "/health", "/healthz",
                                  "/metrics/", "/MUTATE", "/mutate;x"])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_path(daemon, path, method):
    status, headers, text = daemon.request(method, path, "{}", JSON)
    assert (status, text) == (404, b"404 page not found\n")
    assert headers["Content-Type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("path", ["/mutate", "/%6dutate", "/mutate?timeout=10s", "/mutate?"])
def test_mutate_path(daemon, path):
    answer = daemon.mutate(review(), path)
    assert answer["response"]["allowed"] is True
    assert answer["response"]["uid"] == review()["request"]["uid"]


@pytest.mark.parametrize("path, method, allow", [
    ("/mutate", "GET", "POST"), ("/mutate", "HEAD", "POST"), ("/mutate", "PUT", "POST"),
    ("/mutate", "OPTIONS", "POST"), ("/mutate", "PATCH", "POST"), ("/mutate", "post", "POST"),
    ("/mutate", "BREW", "POST"), ("/health/ready", "DELETE", "GET, HEAD, POST"),
    ("/metrics", "POST", "GET, HEAD")])
def test_wrong_method(daemon, path, method, allow):
    status, headers, text = daemon.request(method, path, headers=JSON)
    assert status == 405
    assert headers["Allow"] == allow
    assert text == (b"" if method == "HEAD" else f"the method must be one of {allow}\n".encode())


def test_encoded_nul_does_not_shorten_the_path(daemon):
    status, _, text = daemon.request("POST", "/mutate%00x", "{}", JSON)
    assert (status, text) == (400, b"the path holds a NUL\n")


@pytest.mark.parametrize("value", ["application/json", "Application/JSON",
                                   "application/json; charset=utf-8", "application/json;v=1"])
def test_json_media_types(daemon, value):
    status, _, _ = daemon.request("POST", "/mutate", json.dumps(review()), {"Content-Type": value})
    assert status == 200


@pytest.mark.parametrize("value, shown", [("text/plain", "text/plain"), (None, ""), ("", ""),
                                          ("application/yaml", "application/yaml"),
                                          ("a" * 300, "a" * 61 + "...")])
def test_other_media_types(daemon, value, shown):
    headers = {} if value is None else {"Content-Type": value}
    status, _, text = daemon.request("POST", "/mutate", json.dumps(review()), headers)
    assert status == 400
    assert text.startswith(b'Invalid content-type: "')
    assert text.count(b"\n") == 1 and len(text) < 120
    if len(shown) < 60:
        assert text == f'Invalid content-type: "{shown}"\n'.encode()


def test_first_media_type_counts(daemon):
    client = daemon.client()
    for values, expected in ((["text/plain", "application/json"], 400),
                             (["application/json", "text/plain"], 200)):
        body = json.dumps(review()).encode()
        client.putrequest("POST", "/mutate")
        for value in values:
            client.putheader("Content-Type", value)
        client.putheader("Content-Length", str(len(body)))
        client.endheaders(body)
        answer = client.getresponse()
        answer.read()
        assert answer.status == expected
    client.close()


@pytest.mark.parametrize("value, expected", [("gzip", 415), ("deflate", 415), ("identity", 200),
                                             ("Identity", 200), ("identity, gzip", 415)])
def test_content_encoding(daemon, value, expected):
    status, _, _ = daemon.request("POST", "/mutate", json.dumps(review()),
                                  {**JSON, "Content-Encoding": value})
    assert status == expected


@pytest.mark.parametrize("body", ["[]", "x", "{", '"text"', "\ufeff{}", "{} {}", " ", "{}", "null"])
def test_unreadable_review(daemon, body):
    status, headers, text = daemon.request("POST", "/mutate", body.encode(), JSON)
    assert status == 400
    assert headers["Content-Type"] == "text/plain; charset=utf-8"
    assert text.startswith(b"error decoding admission request: ")
    assert text.endswith(b"\n") and text.count(b"\n") == 1


def test_metrics_only_when_asked_for(start):
    assert start().request("GET", "/metrics")[0] == 404
    other = start("-telemetry-path=/prom/here")
    assert other.request("GET", "/metrics")[0] == 404
    assert other.request("GET", "/prom/here")[0] == 200
    assert other.request("HEAD", "/prom/here")[2] == b""
