"""Reading metrics with Prometheus' own parser."""

import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from daemon import HANG_GUARD, wait_for


def plain(daemon, path, method="GET"):
    """(status, body) from the port without TLS."""
    request = urllib.request.Request(f"http://127.0.0.1:{daemon.plain_port}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=HANG_GUARD) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def families(daemon):
    status, body = plain(daemon, "/metrics")
    assert status == 200
    return {f.name: f for f in text_string_to_metric_families(body.decode())}


def samples(daemon):
    return {(s.name, tuple(sorted(s.labels.items()))): s.value
            for f in families(daemon).values() for s in f.samples}


def value(daemon, name, **labels):
    return samples(daemon).get((name, tuple(sorted(labels.items()))), 0)


def closed(daemon, limit):
    return value(daemon, "keyhook_connections_closed_total", limit=limit)


def turned_away(daemon, limit):
    return value(daemon, "keyhook_connections_refused_total", limit=limit)


def wait_for_value(daemon, expected, name, **labels):
    wait_for(lambda: value(daemon, name, **labels) == expected, f"{name}{labels} to be {expected}")


def wait_closed(daemon, limit, expected):
    """The client may see the end of its connection before it is counted."""
    wait_for_value(daemon, expected, "keyhook_connections_closed_total", limit=limit)


def wait_turned_away(daemon, limit, expected):
    wait_for_value(daemon, expected, "keyhook_connections_refused_total", limit=limit)
